# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""People's data: what the programs of our containers write into volumes, and whether they find it again."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    LABEL_INDEX,
    LABEL_SERVICE,
    LABEL_STACK,
)
from ansible_collections.drover.docker.plugins.module_utils._common.labels import is_hook

from .containers import Container
from .fake_engine import FakeEngine

MARK = "mark"
Place = tuple[str, str, str, str]
"""Stack, service, index, path; or stack and volume alone: a volume of a stack is on one host."""


class Data:
    """At its first start a program marks each empty volume; later starts, and other members, find the mark."""

    def __init__(self) -> None:
        self.expected: dict[Place, str] = {}
        self.losses: list[str] = []
        self.gone: set[tuple[str, str]] = set()
        """Host and volume of what a person threw away."""
        self._marks = 0

    def started(self, engine: FakeEngine, container: Container) -> None:
        """What a program does first: look for its data, or begin anew."""
        if not container.ours or is_hook(container.labels):
            return  # a hook has the volumes of a member, whichever that is
        found = {
            posixpath.normpath(mount.target): mount for mount in container.mounts if mount.volume
        }
        for path, mount in found.items():
            if mount.anonymous:
                self.losses.append(f"{container.name}: {path} is a volume without a name")
            self._read(engine, container, path, mount.source)
        for place in self.expected:
            if place[:3] == _member(container) and place[3] not in found:
                self.losses.append(
                    f"{container.name} on {engine.name} has no volume at {place[3]} any more"
                )

    def _read(self, engine: FakeEngine, container: Container, path: str, volume: str) -> None:
        contents = engine.contents[volume]
        if MARK not in contents:
            self._marks += 1
            contents[MARK] = f"{volume} on {engine.name} ({self._marks})"
        if path.startswith("/plain"):
            return  # a plain volume name promises nothing about the host
        mark = self.expected.setdefault((*_member(container), path), contents[MARK])
        same_name = self.expected.setdefault(
            (_member(container)[0], "", "", volume), contents[MARK]
        )
        for known in {mark, same_name} - {contents[MARK]}:
            self.losses.append(
                f"{container.name} on {engine.name}: {path} has {contents[MARK]}, not {known}"
            )

    def lost(self, engine: FakeEngine, volume: str = "") -> None:
        """This volume (or all of this engine) is gone. No program may begin anew until a person says so."""
        self.gone |= {(engine.name, name) for name in engine.contents if volume in ("", name)}

    def give_up(self, engines: Iterable[FakeEngine]) -> None:
        """A person wants new, empty volumes in the place of those that are gone."""
        left = {contents.get(MARK) for engine in engines for contents in engine.contents.values()}
        self.expected = {place: mark for place, mark in self.expected.items() if mark in left}

    def forget_all(self, stacks: set[str]) -> None:
        """Nobody remembers these stacks: where their members find their data is not promised any more."""
        self.expected = {
            place: mark for place, mark in self.expected.items() if place[0] not in stacks
        }


def _member(container: Container) -> tuple[str, str, str]:
    labels = container.labels
    return labels[LABEL_STACK], labels[LABEL_SERVICE], labels[LABEL_INDEX]
