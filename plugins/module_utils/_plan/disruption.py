# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disruption budget of a service: how many of its members may be taken away now. Private to the collection; pure.

Health repairs, changes of network connections and the renewal of our own services ask it before they take a member
away.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from .._model.fact import Fact
from .._model.member import MemberId
from .world.world import Settings

ONE_AT_A_TIME = 1


class Cause(enum.Enum):
    """Why a member is unavailable."""

    UNHEALTHY = "its checkers find it down"
    OVERDUE = "it did not get healthy in time"
    IN_FLIGHT = "we took it away, and it is not healthy again"
    GIVEN_UP = "nobody goes on with it: its replacement cannot start, or it was repaired too often"
    DOWN = "its container does not run"
    STARTING = "it was started and may get healthy"


@dataclasses.dataclass(frozen=True)
class Limits:
    """How many members may be unavailable at a time.

    Attributes:
        at_once: Members that we may have taken away.
        mass_failure_percent: If more of them fail, the cause lies elsewhere: one is replaced as a test, the rest stay.
        quorum: With fewer good members than this, unhealthy ones are kept; 0 for no limit.
    """

    at_once: int = ONE_AT_A_TIME
    mass_failure_percent: int = 100
    quorum: int = 0

    @classmethod
    def of(cls, settings: Settings, check: dict[str, t.Any] | None, wanted: int) -> Limits:
        """The limits of a service with this many wanted members; without a health check, one at a time."""
        if not check:
            return cls()
        quorum = check["quorum"] if check["strategy"] == "recreateOnQuorum" else 0
        at_once = max(ONE_AT_A_TIME, wanted * settings.repair_percent // 100)
        return cls(at_once, settings.mass_failure_percent, quorum)


class Disruption:
    """The budget of one service in one round."""

    def __init__(self, stack: str, service: str, *, wanted: int, limits: Limits) -> None:
        self.wanted = wanted
        self.good = 0
        """Members that count for the quorum."""
        self.unavailable: dict[Cause, set[MemberId]] = {cause: set() for cause in Cause}
        self._stack = stack
        self._service = service
        self._limits = limits
        self._reserved: set[MemberId] = set()

    @property
    def in_flight(self) -> set[MemberId]:
        """Members that we took away and that are not yet healthy again."""
        return self.unavailable[Cause.IN_FLIGHT]

    def note(self, cause: Cause, members: t.Iterable[MemberId]) -> None:
        """Note unavailable members."""
        self.unavailable[cause].update(members)

    def reserve(self, member: MemberId) -> None:
        """Reserve a place for a member that is about to be stopped: its drain may take several rounds."""
        self._reserved.add(member)

    def is_unwell(self, member: MemberId) -> bool:
        """Whether the member is unavailable already, so that taking it away costs nothing."""
        return member in self._unwell()

    def may_move(
        self, member: MemberId, *, most: int | None = None, others: t.Collection[MemberId] = ()
    ) -> bool:
        """Whether the connections of a member may be interrupted now.

        Those that may come back are waited for; those that were given up are not, or no other could ever be moved.
        C(most) members are away at a time, if it is not for the budget to say; C(others) count as away, too.
        """
        if self.is_unwell(member):
            return True
        waits = self._unwell() - self.unavailable[Cause.DOWN] | self.unavailable[Cause.STARTING]
        waits = (waits - self.unavailable[Cause.GIVEN_UP]) | self._reserved | set(others)
        return len(waits) < (most or self._most)

    @property
    def moving(self) -> int:
        """The number of members that this round takes away."""
        return len(self._reserved)

    def may_take(self, member: MemberId) -> Fact | None:
        """Why a member may not be taken away now; None if it may.

        A member that is already in flight needs no further place.
        """
        if self._is_kept(member):
            told = {"quorum": self._limits.quorum, "good": self.good}
            return Fact.about(member, "kept_for_quorum", told)
        if member in self.in_flight or len(self._tried | self._reserved) < self._most:
            return None
        return self.held([member])

    @property
    def _most(self) -> int:
        return ONE_AT_A_TIME if self._is_mass_failure() else self._limits.at_once

    @property
    def _tried(self) -> set[MemberId]:
        """Members whose replacement has yet to prove itself. In a mass failure any that is starting is such a test."""
        starting = self.unavailable[Cause.STARTING] if self._is_mass_failure() else set()
        return self.in_flight | starting

    def held(self, members: t.Sequence[MemberId]) -> Fact:
        """Why these members are kept, for the service as a whole."""
        told: dict[str, t.Any] = {
            "wanted": self.wanted,
            "probing": len(self._tried),
            "holding": len(members),
            "indexes": [member.index for member in members],
        }
        if self._is_mass_failure():
            told["unwell"] = len(self._unwell())
            return Fact("mass_failure", told, self._stack, self._service)
        return Fact("repairs_in_flight", told, self._stack, self._service)

    def _is_kept(self, member: MemberId) -> bool:
        """Strategy recreateOnQuorum: below the quorum of good members, unhealthy ones are kept, as in Rancher.

        This does not apply to a member that was never healthy: only its time limit counts.
        """
        return self.good < self._limits.quorum and member in self.unavailable[Cause.UNHEALTHY]

    def _is_mass_failure(self) -> bool:
        unwell = len(self._unwell())
        return unwell * 100 > self._limits.mass_failure_percent * self.wanted and self.wanted > 1

    def _unwell(self) -> set[MemberId]:
        return set().union(*self.unavailable.values())
