# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many members of a service are wanted, run and are healthy. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._model.entry import slots_that_count
from .._model.fact import Fact
from .._model.member import MemberId
from .._record.revisions import current, is_live
from .health.judgement import Judgement
from .health.verdict import HEALTHY
from .restarts import progress_of_restarts
from .upgrade.progress import is_under_way, progress_of
from .world.world import Container, World

Json = t.Dict[str, t.Any]
Members = t.Dict[MemberId, t.Tuple[str, t.List[Container]]]
"""Each member's recorded host and its containers."""


@dataclasses.dataclass(frozen=True)
class Count:
    """The members of one service. C(healthy) is None without a health check."""

    wanted: int
    running: int
    healthy: int | None

    @property
    def working(self) -> int:
        """How many run and, where they are checked, are healthy."""
        return self.running if self.healthy is None else min(self.running, self.healthy)

    @property
    def is_met(self) -> bool:
        """Whether all wanted members work."""
        return self.working >= self.wanted


def members_of(world: World, stack: str, name: str, body: Json) -> Members:
    """The members of a service that are not retired: of those in an upgrade, the slot that counts."""
    claims, entries = world.claims(stack), body["members"]
    return {
        member: (entries[member.key]["host"], [item for _host, item in claims.get(member, [])])
        for member in slots_that_count(stack, entries, name)
    }


def count_of(
    name: str, body: Json, members: Members, judgements: t.Mapping[str, Judgement]
) -> Count:
    """The count of a service."""
    revision = current(body) or {}
    service, desire = revision["definition"]["services"][name], revision["services"][name]
    wanted = len(members) if service["global"] else desire["scale"]
    running = sum(is_up(item, service) for _host, found in members.values() for item in found)
    healthy = None
    if service.get("health_check"):
        judged = [judgements[member.key] for member in members if member.key in judgements]
        healthy = sum(item.verdict == HEALTHY for item in judged)
    return Count(0 if desire["state"] == "stopped" else wanted, running, healthy)


def is_up(container: Container, service: Json) -> bool:
    """Whether it runs, or is a start_once container that ended successfully."""
    done = service["start_once"] and container["state"] == "exited"
    return bool(container["state"] == "running" or done)


def unmet(
    world: World,
    bodies: t.Mapping[str, Json],
    judgements: t.Mapping[str, t.Mapping[str, Judgement]],
    *,
    service: str = "",
) -> list[Fact]:
    """Services whose wanted members do not all run, or are not all healthy: one fact for each.

    C(service): only services of this name.
    """
    found = []
    for stack, body in sorted(bodies.items()):
        services = (current(body) or {"services": {}})["services"] if is_live(body) else {}
        for name in sorted(services):
            if services[name]["state"] != "active" or (service and name != service):
                continue
            members = members_of(world, stack, name, body)
            count = count_of(name, body, members, judgements.get(stack, {}))
            if not count.is_met:
                found.append(Fact("not_ready", dataclasses.asdict(count), stack, name))
        found += _under_way(world, stack, body, service)
    return found


def _under_way(world: World, stack: str, body: Json, service: str) -> list[Fact]:
    """The upgrades and restarts that go on by themselves. Those of a stopped service wait for its start."""
    states = (current(body) or {"services": {}})["services"]
    upgrades = progress_of(world, stack, body).items()
    found = [
        *((name, state) for name, state in upgrades if is_under_way(state)),
        *progress_of_restarts(world, stack, body).items(),
    ]
    return [
        state
        for name, state in found
        if service in ("", name) and states[name]["state"] == "active"
    ]
