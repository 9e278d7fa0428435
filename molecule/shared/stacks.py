# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks for tests, from a few lines in the test itself."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import yaml

from .control import Control
from .runs import Run

TESTAPP = "registry.lab:5000/drover-lab/testapp:1"
QUICK = {"image": TESTAPP, "stop_grace_period": "1s"}


class Stack:
    """A folder with a stack file, and the commands that need it."""

    def __init__(self, folder: pathlib.Path, control: Control, name: str) -> None:
        self.folder = folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.control = control
        self.name = name
        self.begun: list[Run] = []

    def define(self, *, volumes: dict[str, t.Any] | None = None, **services: t.Any) -> Stack:
        """Write the stack file. Services are those of the lab's test application unless they say otherwise."""
        named = {name.replace("_", "-"): {**QUICK, **keys} for name, keys in services.items()}
        text = yaml.safe_dump({"services": named, "volumes": volumes or {}})
        (self.folder / "compose.yaml").write_text(text)
        return self

    def up(self, **extra: t.Any) -> Run:
        """Bring it up."""
        return self.control.run("up", stack_dir=self.folder, **extra)

    def up_by_playbook(self, *options: str, **extra: t.Any) -> Run:
        """Bring it up with the playbook."""
        return self.control.playbook("up", *options, stack_dir=self.folder, **extra)

    @contextlib.contextmanager
    def lasting(self) -> t.Iterator[Stack]:
        """Bring it up, and down in the end, whatever happens. What the command told is in ``begun``."""
        try:
            self.begun.append(self.up())
            yield self
        finally:
            self.down()

    def reconcile(self, **extra: t.Any) -> Run:
        """Put it right."""
        return self.control.run("reconcile", stack=self.name, **extra)

    def scale(self, service: str, number: int, **extra: t.Any) -> Run:
        """Change the scale of a service."""
        return self.control.run("scale", service=f"{self.name}/{service}", scale=number, **extra)

    def check_scale(self, service: str, number: int) -> Run:
        """What the playbook in check mode says of a new scale."""
        extra: dict[str, t.Any] = {"service": f"{self.name}/{service}", "scale": number}
        return self.control.playbook("scale", "--check", "--diff", **extra)

    def down(self, **extra: t.Any) -> Run:
        """Take it down."""
        return self.control.run("down", stack=self.name, **extra)
