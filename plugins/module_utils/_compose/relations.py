# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conflicts between the services of one stack. Private to the collection."""

from __future__ import annotations

import typing as t

from .._model.problems import Place, quoted

# Canonical services by name, each with its place.
Services = t.Mapping[str, t.Tuple[t.Mapping[str, t.Any], Place]]


def check_names(places: t.Mapping[str, Place]) -> None:
    """Note services whose names differ only in case."""
    taken: dict[str, str] = {}
    for name, place in places.items():
        other = taken.setdefault(name.lower(), name)
        if other != name:
            place.problem(f"the name differs from {quoted(other)} in upper and lower case only")


def check_cycles(services: Services) -> None:
    """Note services that wait for each other; each cycle once."""
    done: set[str] = set()
    for name in services:
        cycle = find_cycle(name, services, done)
        if cycle:
            place = services[cycle[0]][1]
            place.at("depends_on").problem("a circle: " + " -> ".join(quoted(one) for one in cycle))


def find_cycle(start: str, services: Services, done: set[str]) -> list[str]:
    """The first cycle reachable from a service, as names in order; visited services are added to C(done)."""
    path: list[str] = []
    pending: list[tuple[str, bool]] = [(start, False)]
    while pending:
        name, leaving = pending.pop()
        if leaving:
            done.add(path.pop())
        elif name in path:
            done.update(path)
            return [*path[path.index(name) :], name]
        elif name not in done and name in services:
            path.append(name)
            pending.append((name, True))
            pending += [(other, False) for other in services[name][0]["depends_on"]]
    return []
