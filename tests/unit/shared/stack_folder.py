# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks written for one test: a folder of files, loaded."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Problem,
    StackError,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack

STACK = "shop"
COMPOSE = "docker-compose.yml"

Files = t.Mapping[str, str | bytes]


def write(folder: pathlib.Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def load(
    folder: pathlib.Path,
    compose: str | Files,
    *,
    stack: str | None = STACK,
    variables: t.Mapping[str, str] | None = None,
    environ: t.Mapping[str, str] | None = None,
    profiles: t.Sequence[str] | None = None,
) -> tuple[dict[str, t.Any], list[str]]:
    """The definition and the warnings of a compose file, or of several files by name."""
    write(folder, {COMPOSE: compose} if isinstance(compose, str) else compose)
    return load_stack(
        str(folder),
        stack=stack,
        variables=variables or {},
        environ=environ or {},
        profiles=profiles,
    )


def refused(folder: pathlib.Path, compose: str | Files, **options: t.Any) -> list[Problem]:
    """What is wrong with a stack that must not load."""
    with pytest.raises(StackError) as caught:
        load(folder, compose, **options)
    return caught.value.problems


def service(folder: pathlib.Path, keys: str, **options: t.Any) -> dict[str, t.Any]:
    """The canonical service "web" with the given keys beside its image, each line of them at the margin."""
    definition, _warnings = load(folder, with_keys(keys), **options)
    return t.cast("dict[str, t.Any]", definition["services"]["web"])


def with_keys(keys: str) -> str:
    """A compose file of one service "web" with an image and the given keys."""
    lines = [
        "services:",
        "  web:",
        "    image: nginx:1",
        *(f"    {line}" for line in keys.splitlines()),
    ]
    return "\n".join(lines) + "\n"
