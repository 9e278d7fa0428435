# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the lanes: ``lanes.py [all]`` reads lines "MINOR PATH" (3.11 /usr/bin/python3.11) of this machine's Pythons.

It prints one line "CORE MINOR PATH NAME EXTRAS" for the oldest and for the newest released ansible-core that these
Pythons can run, with ``all`` for each core. NAME is oldest, newest, or with ``all`` the core's version. EXTRAS, with
commas, are the other Pythons of Docker hosts for which that lane checks compile and import: with ``all`` each that the
core serves; else the newest core takes those that it serves, the oldest the rest. What is skipped goes to stderr.
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
    preview: bool = False

    def pythons_of(self, minors: list[int]) -> list[int]:
        """Return those that its controller runs on, oldest first."""
        return [minor for minor in minors if self.controller[0] <= minor <= self.controller[1]]

    def serves(self, minor: int) -> bool:
        """Tell whether its modules run on a host with this Python."""
        return self.host[0] <= minor <= self.host[1]


# Oldest first; the versions are pinned in requirements/core-*.txt. A preview is not released yet. The ranges are those
# of ansible-core's own support matrix; ansible-test refuses any other Python.
CORES = [
    Core("2.18", controller=(11, 13), host=(8, 13)),
    Core("2.19", controller=(11, 13), host=(8, 13)),
    Core("2.20", controller=(12, 14), host=(9, 14)),
    Core("2.21", controller=(12, 14), host=(9, 14)),
    Core("2.22", controller=(13, 15), host=(9, 15), preview=True),
]

Lane = tuple[Core, int]


def ends(minors: list[int]) -> list[Lane]:
    """Return the oldest core on its oldest Python and the newest on its newest; one lane where they are the same."""
    released = [core for core in CORES if not core.preview]
    pairs = [(core, minor) for core in released for minor in core.pythons_of(sorted(minors))]
    return pairs[:1] + pairs[1:][-1:]


def every(minors: list[int]) -> list[Lane]:
    """Return one lane for each core. A newer core takes a newer Python, so that each Python has its turn."""
    found = [(core, core.pythons_of(sorted(minors))) for core in CORES]
    return [
        (core, pythons[min(place, len(pythons) - 1)])
        for place, (core, pythons) in enumerate(found)
        if pythons
    ]


def all_others(lanes: list[Lane], minors: list[int]) -> list[list[int]]:
    """Return for each lane all other Pythons that its core serves."""
    return [
        [minor for minor in sorted(minors) if core.serves(minor) and minor != own]
        for core, own in lanes
    ]


def shared(lanes: list[Lane], minors: list[int]) -> list[list[int]]:
    """Return for each lane the other Pythons that it checks; the newest that serves a Python checks it, once."""
    rest = set(minors)
    found = []
    for core, own in reversed(lanes):
        mine = {minor for minor in rest if core.serves(minor)}
        found.append(sorted(mine - {minor for _core, minor in lanes} - {own}))
        rest -= mine
    return found[::-1]


def skipped(lanes: list[Lane], wanted: list[Core]) -> list[str]:
    """Return a line for each wanted core that no Python here can run."""
    chosen = {core for core, _minor in lanes}
    return [
        f"skipped: ansible-core {core.version} needs Python 3.{core.controller[0]} to"
        f" 3.{core.controller[1]}, and none was found"
        for core in wanted
        if core not in chosen
    ]


def names_of(lanes: list[Lane], *, all_cores: bool) -> list[str]:
    """Return the name of each lane."""
    if all_cores:
        return [core.version for core, _minor in lanes]
    return ["oldest", "newest"][2 - len(lanes) :]


def main() -> int:
    """Print the lanes for the Pythons on standard input."""
    all_cores = sys.argv[1:] == ["all"]
    paths = dict(line.split(maxsplit=1) for line in sys.stdin.read().splitlines())
    minors = [int(name.removeprefix("3.")) for name in paths]
    lanes = every(minors) if all_cores else ends(minors)
    released = [core for core in CORES if not core.preview]
    others_of = (all_others if all_cores else shared)(lanes, minors)
    for (core, minor), name, others in zip(
        lanes, names_of(lanes, all_cores=all_cores), others_of, strict=True
    ):
        extra = ",".join(f"3.{other}" for other in others)
        print(core.version, f"3.{minor}", paths[f"3.{minor}"], name, extra)
    for line in skipped(lanes, CORES if all_cores else [released[0], released[-1]]):
        print(line, file=sys.stderr)
    return 0 if lanes else 1


if __name__ == "__main__":
    sys.exit(main())
