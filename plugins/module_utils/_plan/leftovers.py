# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps for unwanted containers with labels of members. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._model.entry import FAILED, MemberEntry, Members
from .._model.fact import Fact
from .._model.member import MemberId, home_key
from .._record.hooks import placements
from .._record.revisions import is_live
from .._record.upgrades import upgrades_of
from .balancer.drains import Drains
from .balancer.succession import Succession
from .operations.member import MemberOperations
from .situation import ContainerView, Leftover, leftover_of
from .world.ownership import Claims, Located, Stranger
from .world.world import Container

Json = t.Dict[str, t.Any]


class Leftovers:
    """The leftovers of one stack; C(is_decided): whether a majority is known to have the record's body."""

    def __init__(
        self,
        operations: MemberOperations,
        body: Json,
        *,
        drains: Drains,
        succession: Succession,
        is_decided: bool,
    ) -> None:
        self._operations = operations
        self._plan = operations.plan
        self._body = body
        self._entries = placements(body)
        self._drains = drains
        self._succession = succession
        self._is_decided = is_decided

    def own_of(self, member: MemberId, claims: Claims) -> list[Located]:
        """The containers of a wanted member, without those of earlier lives, which are removed."""
        own = []
        for host, container in claims.get(member, []):
            if self._take(self._view(member, host, container)) is Leftover.OWN:
                own.append((host, container))
        return own

    def rest(self, claims: Claims, strangers: list[Stranger]) -> None:
        """Remove containers of retired members; report and keep those that no record proves to be ours."""
        for member, found in sorted(claims.items()):
            for host, container in found:
                entry = self._entries.get(member.key)
                if entry is None or _is_over(entry):
                    self._take(self._view(member, host, container))
        for stranger in strangers:
            self._show(stranger)

    def _view(self, member: MemberId, host: str, container: Container) -> ContainerView:
        entry = self._entries.get(member.key)
        return ContainerView(host, container, entry, is_decided=self._is_decided)

    def _take(self, view: ContainerView) -> Leftover:
        """Plan the step for a container; returns what it is."""
        leftover = leftover_of(view)
        step = STEPS.get(leftover)
        if step is not None:
            step(self, view)
        return leftover

    def tell_unrecorded(self, view: ContainerView) -> None:
        """Report it: a record on an unreachable host may name it."""
        told = {"name": view.container["name"]}
        member = MemberId.of(view.container)
        self._plan.notes.append(Fact.about(member, "unrecorded", told, host=view.host))

    def tell_misplaced(self, view: ContainerView) -> None:
        """Report it: labels prove nothing."""
        why = Fact("member_elsewhere", {"host": view.home})
        self._show(Stranger(view.host, view.container, why))

    def hold_undecided(self, view: ContainerView) -> None:
        """Hold: an order that only a minority has may never have counted."""
        self._operations.hold_container(view.host, view.container, "undecided")

    def retire(self, view: ContainerView) -> None:
        """Remove it for good, after its drain."""
        member = MemberId.of(view.container)
        if self._succession.waits(member):
            self._operations.hold_container(view.host, view.container, "heir_waits")
            return
        cause = self._cause_of_removal(member)
        if self._drains.drain(view.host, view.container, cause, leaves=True):
            failed = cause.code in TOLD and self._goes_back(member)
            leaves = not member.is_hook
            self._operations.remove(
                view.host, view.container, cause, leaves=leaves, tells_log=failed
            )

    def _goes_back(self, member: MemberId) -> bool:
        """Whether a service rolls back for a fault, or its hook failed: people want to know what they said."""
        upgrade = upgrades_of(self._body).get(member.service)
        failed = self._entries[member.key].get("state") == FAILED
        return bool(failed or (upgrade and upgrade["reason"]))

    def remove_superseded(self, view: ContainerView) -> None:
        """Remove it without a drain: no load balancer uses it, as its member has another address."""
        cause = Fact("superseded", {"host": view.home})
        self._operations.remove(view.host, view.container, cause)

    def _show(self, stranger: Stranger) -> None:
        told = {"name": stranger.container["name"], "why": stranger.why.as_data}
        member = MemberId.of(stranger.container)
        self._plan.notes.append(Fact.about(member, "stranger", told, host=stranger.host))

    def _cause_of_removal(self, member: MemberId) -> Fact:
        name = member.service
        if not is_live(self._body):
            return Fact("stack_down")
        if member.is_hook:
            return Fact("hook_over")
        if slot_is_replaced(self._body["members"], member):
            return Fact("slot_replaced")
        known = name in self._operations.revision["definition"]["services"]
        return Fact("scaled_down" if known else "service_removed")


TOLD = ("slot_replaced", "hook_over")
"""Causes of a removal that may come of a failed upgrade."""


def _is_over(entry: MemberEntry) -> bool:
    """Whether a container is no longer wanted: its member is retired, or its hook failed."""
    return entry["retired"] or entry.get("state") == FAILED


def slot_is_replaced(members: Members, slot: MemberId) -> bool:
    """Whether another slot of the same member is wanted."""
    return any(
        key != slot.key and home_key(key)[0] == slot.home.key and not entry["retired"]
        for key, entry in members.items()
    )


STEPS: dict[Leftover, t.Callable[[Leftovers, ContainerView], None]] = {
    Leftover.UNRECORDED: Leftovers.tell_unrecorded,
    Leftover.MISPLACED: Leftovers.tell_misplaced,
    Leftover.UNDECIDED: Leftovers.hold_undecided,
    Leftover.RETIRED: Leftovers.retire,
    Leftover.SUPERSEDED: Leftovers.remove_superseded,
}
