# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling restarts: who is to be restarted, and whom the next one waits for. Private to the collection; pure.

A restarted member has to work before the next one is stopped: it is healthy, or has run for 10 s without a health
check, its load balancers send it requests, and the interval of the order is over.
"""

from __future__ import annotations

import typing as t

from .._common.constants import STATE_ACTIVE
from .._common.times import parse_time
from .._model.check_times import BAKE_S
from .._model.entry import slots_that_count, wanted_slots
from .._model.fact import Fact
from .._model.generation import generation_of
from .._model.member import MemberId, member_ids
from .._record.restarts import Lives, restarts_of
from .._record.revisions import current, is_live
from .balancer.drain_phase import is_sent_to
from .balancer.succession import PATIENCE_S, reports_of
from .health.judgement import Judgement
from .health.verdict import HEALTHY
from .operations.member import WantedMember
from .world.world import Container, World

Body = t.Dict[str, t.Any]


def lives_of(world: World, stack: str, body: Body) -> Lives:
    """The lives of the members that run on hosts that are seen, by service. What runs once is not restarted."""
    revision = current(body) or {"definition": {"services": {}}}
    services = revision["definition"]["services"]
    return {
        name: _lives(world, stack, body, name)
        for name in sorted(services)
        if not services[name]["start_once"]
    }


def _lives(world: World, stack: str, body: Body, name: str) -> dict[str, str]:
    claims = world.claims(stack)
    return {
        member.key: _life(container)
        for member in slots_that_count(stack, body["members"], name)
        for _host, container in claims.get(member, [])
        if container["state"] == "running"
    }


def not_restarted(world: World, stack: str, body: Body, service: str) -> list[Fact]:
    """The members of a service, or of all, on hosts that are not seen: nobody knows which life they have."""
    members = body["members"]
    names = {service} if service else {member.service for member in member_ids(stack, members)}
    return [
        Fact.about(member, "not_restarted", host=members[member.key]["host"])
        for name in sorted(names)
        for member in slots_that_count(stack, members, name)
        if not world.is_seen(members[member.key]["host"])
    ]


def progress_of_restarts(world: World, stack: str, body: Body) -> dict[str, Fact]:
    """How far each restart is that goes on, by service."""
    found = {}
    for name, order in sorted(restarts_of(body).items() if is_live(body) else ()):
        now = _lives(world, stack, body, name)
        wanted = {member.key for member in wanted_slots(stack, body["members"], name)}
        listed = [key for key in order["members"] if key in wanted]
        due = [key for key in listed if now.get(key) == order["members"][key]]
        if due:
            told = {"done": len(listed) - len(due), "wanted": len(listed)}
            found[name] = Fact("restart_state", told, stack, name)
    return found


class Restarts:
    """The restarts of one stack in one round."""

    def __init__(self, world: World, body: Body) -> None:
        self._world = world
        self._orders = restarts_of(body) if is_live(body) else {}

    def is_due(self, member: MemberId, container: Container) -> bool:
        """Whether a member still has the life that is to end."""
        return self._life_to_end(member) == _life(container)

    def batch_size(self, service: str) -> int:
        """Members that may be under way at a time."""
        return int(self._orders[service]["batch_size"]) if service in self._orders else 1

    def under_way(
        self,
        members: t.Iterable[WantedMember],
        running: t.Iterable[tuple[WantedMember, Container]],
        judgements: t.Mapping[str, Judgement],
    ) -> set[MemberId]:
        """The restarted members of a service that the next one waits for.

        Args:
            members: Its wanted members.
            running: Those that run, with their containers.
            judgements: The judgements of those that are checked, by key.
        """
        if not self._orders:
            return set()
        containers = {member.id: container for member, container in running}
        return {
            member.id
            for member in members
            if member.state == STATE_ACTIVE
            and self._life_to_end(member.id)
            and not self._works(member, containers.get(member.id), judgements)
        }

    def _life_to_end(self, member: MemberId) -> str:
        order = self._orders.get(member.service)
        return str(order["members"].get(member.key, "")) if order else ""

    def _works(
        self,
        member: WantedMember,
        container: Container | None,
        judgements: t.Mapping[str, Judgement],
    ) -> bool:
        if container is None:
            return False
        if self.is_due(member.id, container):
            return True  # it has not been touched yet
        check = member.service.get("health_check")
        judged = judgements.get(member.id.key)
        if check and (judged is None or judged.verdict != HEALTHY):
            return False
        age_s = self._world.now(member.host) - parse_time(container["started_at"])
        interval_s = self._orders[member.id.service]["interval_ms"] / 1000
        if age_s < (interval_s if check else max(interval_s, BAKE_S)):
            return False
        return age_s >= PATIENCE_S or all(map(is_sent_to, reports_of(self._world, member.id)))


def _life(container: Container) -> str:
    return generation_of(container["id"], container["started_at"])
