# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the members of a service and replace unhealthy ones, within the limits. Private to the collection; pure.

docs/schema.md section 10. Only the checkers' verdict leads to a repair. The engine's own HEALTHCHECK is shown
beside it and has no effect.
"""

from __future__ import annotations

import functools
import typing as t

from ..._common.backoff import delay_s
from ..._common.constants import GIVE_UP_AFTER, STABLE_S
from ..._common.names import digest
from ..._common.times import parse_time
from ..._model.fact import Fact
from ..._model.ledger import Health, Ledger, health_of
from ..._model.member import MemberId
from ..._model.operation import VERDICT, VerdictArgs
from ..balancer.drains import Drains
from ..disruption import Cause, Disruption
from ..operations.member import MemberOperations, WantedMember
from ..start_brakes import StartBrakes
from ..world.world import Container
from .checkers import Checkers
from .dependencies import Dependencies
from .examiner import examine
from .judgement import Judgement, sickness
from .verdict import HEALTHY, INITIALIZING, STARTING, UNHEALTHY


class Healer:
    """Judges and repairs the services of one stack."""

    def __init__(
        self,
        operations: MemberOperations,
        *,
        ledger: Ledger,
        checkers: Checkers,
        drains: Drains,
        brakes: StartBrakes,
        dependencies: Dependencies,
    ) -> None:
        self._operations = operations
        self._world = operations.world
        self._plan = operations.plan
        self._ledger = ledger
        self._checkers = checkers
        self._drains = drains
        self._brakes = brakes
        self._dependencies = dependencies
        self.judgements: dict[str, Judgement] = {}

    def service(
        self,
        members: list[WantedMember],
        running: list[tuple[WantedMember, Container]],
        budget: Disruption,
    ) -> list[MemberId]:
        """Judge all members of a service and plan repairs; returns the members that are replaced.

        Args:
            members: All of its wanted members.
            running: Its running members, with their containers.
            budget: How many may be taken away.
        """
        judgements = [self._examine(member, container) for member, container in running]
        self.judgements.update({item.key: item for item in judgements})
        for judgement in judgements:
            repairs = functools.partial(self._repairs, judgement)
            judgement.sick = sickness(judgement, repairs=repairs)
        sick = [item for item in judgements if item.sick]
        replaced: list[Judgement] = []
        self._note_unavailable(members, judgements, budget)
        if sick and members[0].service["health_check"]["strategy"] != "none":
            replaced = self._repair(sick, budget)
        for judgement in judgements:
            if judgement not in replaced:
                self._forget_given_up(judgement)
                self._note_verdict(judgement)
                self._tell(judgement)
        return [item.member.id for item in replaced]

    # --- judging ---

    def _examine(self, member: WantedMember, container: Container) -> Judgement:
        before = health_of(self._ledger, member.id.key)
        return examine(self._checkers, member, container, before)

    def _note_verdict(self, judgement: Judgement) -> None:
        """Store a new verdict. A member that is still starting has none to store."""
        if not self._is_news(judgement):
            return
        before = judgement.before
        healthy = judgement.verdict == HEALTHY
        entry = Health(
            generation=judgement.generation,
            verdict=judgement.verdict,
            since=self._now(judgement),
            cause=judgement.says.as_data,
            repairs=self._repairs(judgement),
            last_repair=before["last_repair"] if before else 0.0,
            repairing=bool(before and before["repairing"]) and not healthy,
            basis=self._basis(judgement.member),
        )
        told = {"verdict": judgement.verdict, "why": judgement.says.as_data}
        self._write(judgement, entry, Fact("judged", told))

    def _is_news(self, judgement: Judgement) -> bool:
        before = judgement.before
        known = (before["verdict"], before["generation"]) if before else None
        new = (judgement.verdict, judgement.generation)
        return judgement.verdict not in STARTING and known != new

    def _forget_given_up(self, judgement: Judgement) -> None:
        """Store a person's request to try a given-up member again, so that it outlasts the brakes on the member."""
        before = judgement.before
        if (
            before
            and self._brakes.is_retry(judgement.member)
            and before["repairs"] >= GIVE_UP_AFTER
        ):
            fresh = Health(**{**before, "repairs": 0, "last_repair": 0.0, "repairing": False})
            judgement.before = fresh
            if not self._is_news(judgement):
                self._write(judgement, fresh, Fact("retried"))

    def _tell(self, judgement: Judgement) -> None:
        """Report every member that is not, or may not be, healthy."""
        if judgement.verdict != HEALTHY or judgement.doubt:
            self._plan.notes.append(judgement.told)

    # --- repairing ---

    def _note_unavailable(
        self, members: list[WantedMember], judgements: list[Judgement], budget: Disruption
    ) -> None:
        """Tell the budget which members are unavailable, and why."""
        unhealthy = [item for item in judgements if item.verdict == UNHEALTHY]
        overdue = [item for item in judgements if item.sick and item not in unhealthy]
        budget.good = sum(item.verdict not in (UNHEALTHY, INITIALIZING) for item in judgements)
        budget.note(Cause.UNHEALTHY, [item.member.id for item in unhealthy])
        budget.note(Cause.OVERDUE, [item.member.id for item in overdue])
        if members[0].service["health_check"]["strategy"] == "none":
            budget.note(Cause.GIVEN_UP, [item.member.id for item in (*unhealthy, *overdue)])
        budget.note(Cause.STARTING, [item.member.id for item in judgements if self._is_new(item)])
        for member in members:
            cause = self._replaced(member)
            if cause:
                budget.note(cause, [member.id])

    def _is_new(self, judgement: Judgement) -> bool:
        """Whether it was started a short time ago, and may still get healthy."""
        if judgement.sick or judgement.verdict not in STARTING:
            return False
        age_s = self._now(judgement) - parse_time(judgement.container["started_at"])
        return 0 <= age_s <= judgement.timeout_s(self._repairs(judgement))

    def _replaced(self, member: WantedMember) -> Cause | None:
        """The state of a member's replacement; None if none is under way.

        Members that were given up, for their health or because they cannot start, block no other repair. On a person's
        request such a member is tried again like any other.
        """
        judgement = self.judgements.get(member.id.key)
        health = health_of(self._ledger, member.id.key)
        healthy = judgement is not None and judgement.verdict == HEALTHY
        if healthy or not health or not health["repairing"]:
            return None
        if health["repairs"] >= GIVE_UP_AFTER:
            return Cause.GIVEN_UP
        return Cause.GIVEN_UP if self._brakes.is_given_up(member) else Cause.IN_FLIGHT

    def _repair(self, sick: list[Judgement], budget: Disruption) -> list[Judgement]:
        """Replace as many as the budget allows, members with the fewest repairs first."""
        replaced: list[Judgement] = []
        held: list[MemberId] = []
        for judgement in sorted(sick, key=lambda item: (self._repairs(item), item.member.id.index)):
            excuse = self._dependencies.excuse(judgement)
            refusal = budget.may_take(judgement.member.id)
            if excuse:
                self._hold(judgement, excuse.code, **excuse.parameters)
            elif refusal and refusal.index:
                self._hold(judgement, refusal.code, **refusal.parameters)
            elif refusal:
                held.append(judgement.member.id)
            elif self._may_begin(judgement):
                budget.reserve(judgement.member.id)
                if self._drain(judgement):
                    self._replace(judgement)
                    budget.note(Cause.IN_FLIGHT, [judgement.member.id])
                    replaced.append(judgement)
        if held:
            self._plan.held.append(budget.held(held))
        return replaced

    def _may_begin(self, judgement: Judgement) -> bool:
        """Whether neither recent repairs nor the brakes of any start hold the repair."""
        if self._waits(judgement):
            return False
        reason = self._brakes.reason(judgement.member)
        if reason:
            self._plan.held.append(reason)
        return reason is None

    def _drain(self, judgement: Judgement) -> bool:
        host, cause = judgement.member.host, judgement.cause
        return self._drains.drain(host, judgement.container, cause, sick=True)

    def _waits(self, judgement: Judgement) -> bool:
        """Report whether the back-off holds the repair: the last one was too recent, or too many have failed."""
        repairs, health = self._repairs(judgement), judgement.before
        if repairs >= GIVE_UP_AFTER:
            service = f"{judgement.member.id.stack}/{judgement.member.id.service}"
            self._hold(judgement, "repairs_given_up", repairs=repairs, service=service)
            return True
        passed = self._now(judgement) - (health["last_repair"] if health else 0.0)
        wait = delay_s(repairs) - passed if repairs else 0.0
        if passed < 0 or wait <= 0:
            return False
        self._hold(judgement, "repair_backoff", repairs=repairs, wait_s=wait)
        return True

    def _hold(self, judgement: Judgement, code: str, **parameters: t.Any) -> None:
        """Report what holds a repair, and why it is needed."""
        sick = judgement.sick.as_data if judgement.sick else None
        self._operations.hold(judgement.member, code, **parameters, sick=sick)

    def _repairs(self, judgement: Judgement) -> int:
        """Repairs in a row: a new definition, a person's request or lasting health resets the count."""
        member, health = judgement.member, judgement.before
        if not health or health["basis"] != self._basis(member) or self._brakes.is_retry(member):
            return 0
        stable_s = self._world.now(member.host) - health["since"]
        lasting = health["verdict"] == HEALTHY and stable_s >= STABLE_S
        return 0 if lasting else health["repairs"]

    def _replace(self, judgement: Judgement) -> None:
        """Replace the container; the member keeps its name, address and volumes."""
        cause = judgement.cause
        entry = Health(
            generation=judgement.generation,
            verdict=judgement.verdict,
            since=self._now(judgement),
            cause=cause.as_data,
            repairs=self._repairs(judgement) + 1,
            last_repair=self._now(judgement),
            repairing=True,
            basis=self._basis(judgement.member),
        )
        args = VerdictArgs(entry=entry, look=judgement.look)
        told = Fact("to_replace", {"why": cause.as_data})
        noted = self._note(judgement, args, told)
        operations, member = self._operations, judgement.member
        gone = operations.remove(member.host, judgement.container, cause, after=[noted])
        created = operations.create(member, after=[gone], cause=cause)
        operations.start(member, Fact("new_container"), after=[created])

    def _write(self, judgement: Judgement, entry: Health, cause: Fact) -> int:
        return self._note(judgement, VerdictArgs(entry=entry), cause)

    def _note(self, judgement: Judgement, args: VerdictArgs, cause: Fact) -> int:
        where = (judgement.member.host, judgement.container)
        return self._operations.on(VERDICT, args, *where, cause=cause)

    def _basis(self, member: WantedMember) -> str:
        """The basis of the repair count: this definition with this check, since the member was last created."""
        counted = [
            self._operations.hash(member),
            member.service["health_check"],
            member.entry["create_index"],
        ]
        return digest(counted)[:16]

    def _now(self, judgement: Judgement) -> float:
        return self._world.now(judgement.member.host)
