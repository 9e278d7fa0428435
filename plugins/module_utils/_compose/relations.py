# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conflicts between the services of one stack. Private to the collection."""

from __future__ import annotations

import typing as t

from .._common.names import alike
from .._model.gates import COMPLETED, HEALTHY
from .._model.problems import Place, quoted

# Canonical services by name, each with its place.
Services = t.Mapping[str, t.Tuple[t.Mapping[str, t.Any], Place]]


def check_names(places: t.Mapping[str, Place]) -> None:
    """Note services whose names are too much alike: the inventory has groups of their names, and DNS knows no case."""
    taken: dict[str, str] = {}
    for name, place in places.items():
        other = taken.setdefault(alike(name), name)
        if other != name:
            place.problem(
                f"the name differs from {quoted(other)} only in upper and lower case, or in - _ and ."
            )


def link_dotted(services: Services, stack: str) -> None:
    """Link each service to those with a dot in a name. Others are found by the search domains.

    A name with a dot is asked for as it is first, and would be that of another stack's service: C(web.db) is the
    service web of the stack db. A link comes before that.
    """
    dotted = [
        (name, alias)
        for name, (service, _place) in services.items()
        if has_members(service)
        for alias in dict.fromkeys([name, *service.get("aliases", [])])
        if "." in alias
    ]
    for name, (service, _place) in services.items():
        if not has_members(service) or service["balancer"]:
            continue
        taken = {link["alias"].lower() for link in service["links"]}
        for other, alias in dotted:
            if other != name and alias.lower() not in taken:
                taken.add(alias.lower())
                service["links"].append({"stack": stack, "service": other, "alias": alias})


def end_once(services: Services) -> None:
    """Let a service run once that others wait for the end of: members that end are started again otherwise."""
    for name, (service, _place) in services.items():
        for other, condition in service.get("gates", {}).items():
            found = services.get(other)
            if condition != COMPLETED or found is None or found[0]["start_once"]:
                continue
            target, place = found
            if target["kind"] != "container" or target["balancer"] or target.get("health_check"):
                place.problem(f"never ends, and {quoted(name)} waits for its end")
                continue
            t.cast("t.Dict[str, t.Any]", target)["start_once"] = True
            place.warn(f"runs once, as {quoted(name)} waits for its end")


def check_gates(services: Services) -> None:
    """Note what waits for the health of a service that can never be healthy."""
    for service, place in services.values():
        for other, condition in service.get("gates", {}).items():
            found = services.get(other)
            if condition == HEALTHY and found and found[0]["kind"] != "container":
                here = place.at("depends_on").at(other).at("condition")
                here.problem(f"{quoted(other)} has no containers; write service_started")


def has_members(service: t.Mapping[str, t.Any]) -> bool:
    """Whether a service has members on the managed network."""
    return bool(service["kind"] == "container" and service["network"] == "managed")


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
