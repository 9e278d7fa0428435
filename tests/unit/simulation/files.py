# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record files of all hosts: looking at them, and what happens to files."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.states import (
    State,
    states_of,
    with_version,
    without_versions,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.signatures import signature_of

from .machine import Machine

Json = dict[str, Any]


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> Json:
    """The same few texts are looked at again and again; nobody changes what is returned."""
    return dict(json.loads(text))


class RecordFiles:
    """Record files under the state directories of the simulated hosts."""

    def __init__(self, machines: dict[str, Machine]) -> None:
        self._machines = machines
        self._earlier: dict[tuple[str, str], list[str]] = {}
        self.key = ""
        """The key of all control nodes; empty if records are not signed."""

    def path(self, machine: Machine, stack: str) -> Path:
        return machine.state_dir / "stacks" / f"{stack}.json"

    def stacks(self, machine: Machine) -> list[str]:
        """Stacks of which a host has a file."""
        return sorted(path.stem for path in (machine.state_dir / "stacks").glob("*.json"))

    def all_stacks(self) -> list[str]:
        return sorted(
            {stack for machine in self._machines.values() for stack in self.stacks(machine)}
        )

    def copies(self, stack: str) -> dict[str, Json]:
        """The readable copies by host, of hosts that are down too."""
        found = {}
        for name, machine in self._machines.items():
            copy = self._read(machine, stack)
            if copy is not None:
                found[name] = self._without_forgeries(stack, copy)
        return found

    def states(self, stack: str) -> list[State]:
        """All versions in the readable copies, proposals too."""
        return [
            state for host, copy in self.copies(stack).items() for state in states_of(host, copy)
        ]

    def _read(self, machine: Machine, stack: str) -> Json | None:
        try:
            return _parsed(self.path(machine, stack).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    def _without_forgeries(self, stack: str, copy: Json) -> Json:
        """The versions in a copy that a control node signed; all of them where there is no key."""
        wrong = [
            state.version
            for state in (states_of("", copy) if self.key else [])
            if state.version.get("signature") != signature_of(self.key, stack, state.version)
        ]
        return without_versions(copy, wrong)

    def newest_format(self) -> int:
        """The newest format of all readable copies; 0 if there is none."""
        found = [self.copies(stack) for stack in self.all_stacks()]
        return max((copy["format"] for copies in found for copy in copies.values()), default=0)

    def texts(self) -> dict[tuple[str, str], str]:
        """All files as they are, to see whether anything was written."""
        return {
            (name, stack): self.path(machine, stack).read_text(encoding="utf-8")
            for name, machine in self._machines.items()
            for stack in self.stacks(machine)
        }

    def remember(self) -> None:
        """Keep what the files say now, so that a backup of them can be put back later."""
        for key, text in self.texts().items():
            versions = self._earlier.setdefault(key, [])
            if not versions or versions[-1] != text:
                versions.append(text)

    def lose(self, machine: Machine, stack: str) -> None:
        self.path(machine, stack).unlink(missing_ok=True)

    def damage(self, machine: Machine, stack: str) -> None:
        """Half of it is gone."""
        path = self.path(machine, stack)
        if path.exists():
            text = path.read_text(encoding="utf-8")
            path.write_text(text[: len(text) // 2], encoding="utf-8")

    def forge(
        self, machine: Machine, stack: str, body: Json, *, number: int, as_proposal: bool
    ) -> None:
        """Root on a host writes what no control node ordered, with the signature that it finds there."""
        path = self.path(machine, stack)
        found = json.loads(path.read_text(encoding="utf-8"))
        forged = {**make_record(stack, body, number=number, token="forged"), "host": found["host"]}
        signature = found["version"].get("signature")
        forged["version"].update({"signature": signature} if signature else {})
        known = {"version": found["version"], "is_known": True}
        asked = list(self._machines) if as_proposal else None
        new = with_version(found, forged, asked, known)
        path.write_text(json.dumps(new), encoding="utf-8")

    def put_back_old(self, machine: Machine, stack: str) -> None:
        """Somebody restores the file from a backup."""
        versions = self._earlier.get((machine.name, stack))
        if versions:
            self.path(machine, stack).write_text(versions[0], encoding="utf-8")
