# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the network connections of running members, or restart them: drained, and by the disruption budget. Private.

Engines cannot change a connection, so it is interrupted. If all members of a service were changed at once, none of them
could be reached. Pure: this only plans.
"""

from __future__ import annotations

import typing as t

from .._model.fact import Fact
from .._model.member import MemberId
from .balancer.drains import Drains
from .disruption import Disruption
from .operations.member import MemberOperations, WantedMember
from .operations.member_network import MemberNetwork, Move, Need
from .start_brakes import StartBrakes
from .world.world import Container


class Wish(t.NamedTuple):
    """A running member whose connections must change."""

    member: WantedMember
    container: Container
    need: Need


class Pace(t.NamedTuple):
    """How many members may be restarted at a time, and who is under way already."""

    batch_size: int = 1
    under_way: t.Collection[MemberId] = ()


ONE_BY_ONE = Pace()


class Moves:
    """The moves of one service in one round."""

    def __init__(
        self,
        operations: MemberOperations,
        network: MemberNetwork,
        *,
        drains: Drains,
        brakes: StartBrakes,
        budget: Disruption,
    ) -> None:
        self._operations = operations
        self._brakes = brakes
        self._plan = operations.plan
        self._network = network
        self._drains = drains
        self._budget = budget
        self._wishes: list[Wish] = []
        self._pace = ONE_BY_ONE

    def wish(self, member: WantedMember, container: Container, need: Need) -> None:
        """Note that a member must be moved."""
        self._wishes.append(Wish(member, container, need))

    def plan(self, replaced: t.Collection[MemberId], pace: Pace = ONE_BY_ONE) -> None:
        """Plan as many moves as the budget allows, and restarts as the pace allows.

        The C(replaced) members get new containers, which are right.
        """
        self._pace = pace
        wishes = [item for item in self._wishes if item.member.id not in replaced]
        waiting = [item for item in sorted(wishes, key=self._rank) if not self._begin(item)]
        if waiting:
            self._hold(waiting)

    def _rank(self, wish: Wish) -> tuple[bool, bool, int]:
        """Sort key: what is unavailable already, what drains already, then by index."""
        member = wish.member.id
        return not self._budget.is_unwell(member), not self._drains.is_noted(member), member.index

    def _begin(self, wish: Wish) -> bool:
        """Whether the move may begin; then its drain or the move itself is planned."""
        member, container = wish.member, wish.container
        if wish.need.move is Move.LEAVE and self._network.first_absent(member.host):
            return False
        if not self._may_take(wish):
            return False
        starts = wish.need.move in (Move.REPLACE, Move.RESTART)
        held = self._brakes.reason(member) if starts else None
        if held:
            self._plan.held.append(held)
            return True
        sick = self._budget.is_unwell(member.id)
        if not sick:
            self._budget.reserve(member.id)
        if self._drains.drain(member.host, container, wish.need.why, sick=sick):
            self._move(wish)
        return True

    def _may_take(self, wish: Wish) -> bool:
        if wish.need.move is not Move.RESTART:
            return self._budget.may_move(wish.member.id)
        batch_size, others = self._pace
        return self._budget.may_move(wish.member.id, most=batch_size, others=others)

    def _move(self, wish: Wish) -> None:
        member, cause, operations = wish.member, wish.need.why, self._operations
        if wish.need.move is Move.RESTART:
            container = wish.container
            stopped = operations.stop(member.host, container, cause, service=member.service)
            operations.start(member, cause, after=[stopped], container_id=container["id"])
            return
        if wish.need.move is not Move.REPLACE:
            self._network.meet(member, wish.container, wish.need)
            return
        gone = operations.remove(member.host, wish.container, cause)
        created = operations.create(member, after=[gone], cause=cause)
        operations.start(member, Fact("new_container"), after=[created])

    def _hold(self, waiting: list[Wish]) -> None:
        first = waiting[0]
        member = first.member.id
        if first.need.move is Move.RESTART:
            names = sorted(other.container for other in self._pace.under_way)
            held = {"holding": len(waiting), "names": names}
            self._plan.held.append(Fact("restart_waits", held, member.stack, member.service))
            return
        told = {
            "why": first.need.why.as_data,
            "moving": self._budget.moving,
            "wanted": self._budget.wanted,
            "holding": len(waiting),
            "absent": self._network.first_absent(first.member.host),
        }
        self._plan.held.append(Fact("moves_wait", told, member.stack, member.service))
