# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan what each member of a stack needs to match its record. Private to the collection.

For each member, determine its situation (situation.py) and plan the step for it (steps.py).
Pure: this only adds operations to the plan.
"""

from __future__ import annotations

import functools
import typing as t

from .._common.constants import STATE_STOPPED, SYSTEM_STACK
from .._model.entry import KEPT, MemberEntry, wanted_slots
from .._model.fact import Fact
from .._model.generation import generation_of
from .._model.ledger import Ledger, health_of
from .._model.member import MemberId
from .._record.hooks import holds_members
from .._record.revisions import Request, current, is_live
from .._record.upgrades import service_at, volumes_at
from .balancer.drains import Drains
from .balancer.succession import Succession
from .disruption import Disruption, Limits
from .gates import Gates
from .health.checkers import Checkers
from .health.dependencies import Dependencies
from .health.repairs import Healer
from .hook_steps import HookSteps
from .leftovers import Leftovers
from .lost_volumes import LostVolumes
from .moves import Pace
from .operations.member import MemberOperations, WantedMember
from .restarts import Restarts
from .schedule.hosts import labels_match
from .situation import MemberView
from .start_brakes import StartBrakes
from .steps import Steps
from .volume_moves import state_in_move
from .world.crash_loop import is_crash_loop
from .world.ownership import Claims, Located, takes_from
from .world.world import Container, World


class Converger:
    """Plans the operations of one stack."""

    def __init__(
        self,
        stack: str,
        body: dict[str, t.Any],
        *,
        operations: MemberOperations,
        claims: Claims,
        ledger: Ledger,
        request: Request,
        checkers: Checkers,
        is_decided: bool,
        lost_volumes: LostVolumes,
        dependencies: Dependencies,
        unseen: t.Callable[[MemberId], int],
    ) -> None:
        """C(is_decided): whether a majority of the stack's hosts has this body, or gets it in this round.

        C(unseen): how many load balancers on unseen hosts have a member as a server.
        """
        self.stack = stack
        self.body = body
        self.operations = operations
        self.world: World = operations.world
        self.claims = claims
        self.ledger = ledger
        self._is_decided = is_decided
        self.drains = Drains(operations, ledger, stack=stack, live=is_live(body), unseen=unseen)
        self.brakes = StartBrakes(
            operations,
            ledger=ledger,
            request=request,
            lost_volumes=lost_volumes,
            waits_for_hook=functools.partial(holds_members, body),
            gate=self._gate,
        )
        self.hooks = HookSteps(operations, body, ledger=ledger, brakes=self.brakes)
        self.healer = Healer(
            operations,
            ledger=ledger,
            checkers=checkers,
            drains=self.drains,
            brakes=self.brakes,
            dependencies=dependencies,
        )
        self.gates = Gates(self.world, stack, body, self.healer.judgements)
        self.restarts = Restarts(self.world, body)
        self.succession = Succession(self.world, stack, body["members"])
        self.leftovers = Leftovers(
            operations,
            body,
            drains=self.drains,
            succession=self.succession,
            is_decided=is_decided,
        )

    def _gate(self, member: WantedMember) -> Fact | None:
        """What a member waits for: looked up when it is asked, as the judgements are not there before."""
        return self.gates.reason(member)

    def run(self) -> None:
        """Plan for every member, dependencies first; then for containers that are not wanted."""
        revision = self.operations.revision
        services = revision["definition"]["services"] if is_live(self.body) else {}
        for name in creation_order(services):
            self._service(name, services[name], revision["services"][name]["state"])
        self.hooks.run(self.claims)
        self.leftovers.rest(self.claims, self.world.strangers(self.stack))
        self.drains.undo_rest(self.claims)

    def _service(self, name: str, service: dict[str, t.Any], state: str) -> None:
        """Plan for all members of a service; then judge their health together."""
        members = self._wanted(name, service, state)
        check = service.get("health_check")
        wanted = len({member.id.home for member in members})
        limits = Limits.of(self.world.settings, check, wanted)
        budget = Disruption(self.stack, name, wanted=wanted, limits=limits)
        steps = Steps(
            self.operations,
            drains=self.drains,
            brakes=self.brakes,
            budget=budget,
            succession=self.succession,
            restarts=self.restarts,
        )
        for member in members:
            steps.take(member, self._look(member))
        replaced: list[MemberId] = []
        if steps.running and check:
            replaced = self.healer.service(members, steps.running, budget)
        judgements = self.healer.judgements
        under_way = self.restarts.under_way(members, steps.running, judgements)
        steps.moves.plan(replaced, Pace(self.restarts.batch_size(name), under_way))

    def _wanted(self, name: str, service: dict[str, t.Any], state: str) -> list[WantedMember]:
        entries = self.body["members"]
        return [
            self._member(member, entries[member.key], service, state)
            for member in wanted_slots(self.stack, entries, name)
        ]

    def _member(
        self, member: MemberId, entry: MemberEntry, service: dict[str, t.Any], state: str
    ) -> WantedMember:
        """A slot of a member at its own launch. What is kept for the way back is stopped."""
        launch = self.operations.revision["services"][member.service]["launch"]
        declared = None
        if entry["launch"] and entry["launch"] != launch:
            service = service_at(self.body, member.service, entry["launch"])
            declared = volumes_at(self.body, member.service, entry["launch"])
        wanted = STATE_STOPPED if entry.get("role") == KEPT else state_in_move(entry, state)
        return WantedMember(member, entry, service, wanted, declared)

    def _look(self, member: WantedMember) -> MemberView:
        """The view of a member. If its host is not seen, nothing else is known."""
        located = self.leftovers.own_of(member.id, self.claims)
        if not self.world.is_seen(member.host):
            return MemberView(host=member.host, located=located, is_seen=False)
        impostor, taken = self._impostor(member)
        placement = member.service["placement"]
        return MemberView(
            wanted=member.state,
            start_once=member.service["start_once"],
            host=member.host,
            located=located,
            is_decided=self._is_decided,
            is_system=self.stack == SYSTEM_STACK,
            labels_match=labels_match(self.world.labels(member.host), placement),
            holder=self.world.names(member.host).get(member.id.container, ""),
            impostor=impostor,
            taken=taken,
            **self._look_at(member, located),
        )

    def _look_at(self, member: WantedMember, located: list[Located]) -> dict[str, bool]:
        """The facts about its container."""
        if len(located) != 1:
            return {}
        container, launch = located[0][1], self.operations.hash(member)
        return {
            "is_current": container["config_hash"] in (launch, *member.entry.get("made", [])),
            "is_updated": self.world.applied(member.id, container) == launch,
            "is_crash_loop": is_crash_loop(container, self.world.now(member.host)),
            "is_half_repaired": self._is_half_repaired(member, container),
        }

    def _impostor(self, member: WantedMember) -> tuple[str, Fact | None]:
        """The name of a stranger that uses a volume or the address of the member, and which of them it uses."""
        for stranger in self.world.strangers_of(member.id):
            taken = takes_from(stranger, member.entry)
            if taken:
                return stranger.container["name"], taken
        return "", None

    def _is_half_repaired(self, member: WantedMember, container: Container) -> bool:
        """Whether its repair has begun and not finished: a mere start would leave it as unhealthy as before."""
        health = health_of(self.ledger, member.id.key)
        generation = generation_of(container["id"], container["started_at"])
        return bool(health and health["repairing"] and health["generation"] == generation)


def revision_of(body: dict[str, t.Any]) -> dict[str, t.Any]:
    """The current revision, or an empty one."""
    empty = {"number": 0, "definition": {"services": {}, "volumes": {}}, "services": {}}
    return current(body) or empty


def creation_order(services: dict[str, t.Any]) -> list[str]:
    """Service names, dependencies first, else by name. Cycles were refused at load."""
    done: list[str] = []

    def visit(name: str) -> None:
        if name not in done and name in services:
            for dependency in sorted(services[name]["depends_on"]):
                visit(dependency)
            done.append(name)

    for name in sorted(services):
        visit(name)
    return done
