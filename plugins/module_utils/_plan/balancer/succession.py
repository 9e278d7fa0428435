# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether load balancers send requests to the slot that replaces another one. Private to the collection; pure.

A load balancer looks at a new server by itself, and may find it good a moment later than the checkers did. Until then
the replaced slot goes on serving: with one member there would be nobody in between.
"""

from __future__ import annotations

import typing as t

from ..._model.entry import Members
from ..._model.member import MemberId, member_ids
from ..._model.observation import TrafficReport
from ..world.world import World
from .drain_phase import is_sent_to

PATIENCE_S = 15.0
"""A load balancer that never finds the new server good must not keep the old one for ever."""


def reports_of(world: World, member: MemberId) -> list[TrafficReport]:
    """What all load balancers say of a slot."""
    return [
        item
        for host in world.seen
        for balancer in world.balancers(host).values()
        for item in balancer["reports"]
        if item["server"] == member.dotted
    ]


class Succession:
    """The replaced slots of one stack. C(lingering): those that serve on in this round."""

    def __init__(self, world: World, stack: str, members: Members) -> None:
        self.lingering: set[MemberId] = set()
        self._world = world
        self._stack = stack
        self._members = members

    def waits(self, member: MemberId) -> bool:
        """Whether a slot serves on, as a load balancer that sends it requests has nothing better yet."""
        entry = self._members.get(member.key)
        heir = self._heir(member)
        if entry is None or heir is None or not self._is_recent(member):
            return False
        waits = any(self._lacks(balancer, heir) for balancer in self._senders(member))
        if waits:
            self.lingering.add(member)
        return waits

    def _heir(self, member: MemberId) -> MemberId | None:
        """The slot that serves in its place."""
        found = [
            item
            for item in member_ids(self._stack, self._members)
            if item.home == member.home and item != member and self._serves(item)
        ]
        return found[-1] if found else None

    def _serves(self, member: MemberId) -> bool:
        entry = self._members[member.key]
        return not entry["retired"] and not entry.get("role")

    def _is_recent(self, member: MemberId) -> bool:
        entry = self._members[member.key]
        if not self._world.is_seen(entry["host"]):
            return False
        return 0 <= self._world.now(entry["host"]) - entry.get("since", 0.0) < PATIENCE_S

    def _senders(self, member: MemberId) -> t.Iterator[list[TrafficReport]]:
        """The reports of each load balancer that sends requests to a slot."""
        for host in self._world.seen:
            for balancer in self._world.balancers(host).values():
                reports = balancer["reports"]
                if any(is_sent_to(item) and item["server"] == member.dotted for item in reports):
                    yield reports

    def _lacks(self, reports: list[TrafficReport], heir: MemberId) -> bool:
        """Whether a load balancer does not send requests to the heir yet, in any backend."""
        found = [item for item in reports if item["server"] == heir.dotted]
        return not found or not all(map(is_sent_to, found))
