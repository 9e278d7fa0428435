# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the lanes: ``lanes.py`` reads lines "MINOR PATH" (3.11 /usr/bin/python3.11) of the Pythons of this machine.

It prints one line "CORE MINOR PATH ROLE EXTRAS" for the oldest and for the newest ansible-core that these Pythons can
run; ROLE is oldest or newest. EXTRAS, with commas, are the other Pythons of Docker hosts for which that lane checks
compile and import: the newest core takes those that it serves, the oldest the rest. What is skipped goes to stderr.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Core:
    """One ansible-core and the minor numbers of its Pythons, first and last: 10 is 3.10."""

    version: str
    controller: tuple[int, int]
    host: tuple[int, int]

    def pythons_of(self, minors: list[int]) -> list[int]:
        """Return those that its controller runs on, oldest first."""
        return [minor for minor in minors if self.controller[0] <= minor <= self.controller[1]]

    def serves(self, minor: int) -> bool:
        """Tell whether its modules run on a host with this Python."""
        return self.host[0] <= minor <= self.host[1]


# Oldest first; the versions are pinned in requirements/core-*.txt.
CORES = [
    Core("2.17", controller=(10, 12), host=(8, 12)),
    Core("2.19", controller=(11, 13), host=(8, 13)),
    Core("2.21", controller=(12, 14), host=(9, 14)),
]


def choose(minors: list[int]) -> list[tuple[Core, int]]:
    """Return the oldest core on its oldest Python and the newest on its newest; one lane where they are the same."""
    pairs = [(core, minor) for core in CORES for minor in core.pythons_of(sorted(minors))]
    return pairs[:1] + pairs[1:][-1:]


def extras(lanes: list[tuple[Core, int]], minors: list[int]) -> list[list[int]]:
    """Return for each lane the other Pythons that it checks; each Python is checked once."""
    rest = set(minors)
    found = []
    for core, own in reversed(lanes):
        mine = {minor for minor in rest if core.serves(minor)}
        found.append(sorted(mine - {minor for _core, minor in lanes} - {own}))
        rest -= mine
    return found[::-1]


def skipped(lanes: list[tuple[Core, int]]) -> list[str]:
    """Return a line for the oldest and for the newest core that no Python here can run."""
    chosen = {core for core, _minor in lanes}
    return [
        f"skipped: ansible-core {core.version} needs Python 3.{core.controller[0]} to"
        f" 3.{core.controller[1]}, and none was found"
        for core in (CORES[0], CORES[-1])
        if core not in chosen
    ]


def main() -> int:
    """Print the lanes for the Pythons on standard input."""
    paths = dict(line.split(maxsplit=1) for line in sys.stdin.read().splitlines())
    minors = [int(name.removeprefix("3.")) for name in paths]
    lanes = choose(minors)
    roles = ["oldest", "newest"][2 - len(lanes) :]
    for (core, minor), role, others in zip(lanes, roles, extras(lanes, minors), strict=True):
        names = ",".join(f"3.{other}" for other in others)
        print(core.version, f"3.{minor}", paths[f"3.{minor}"], role, names)
    for line in skipped(lanes):
        print(line, file=sys.stderr)
    return 0 if lanes else 1


if __name__ == "__main__":
    sys.exit(main())
