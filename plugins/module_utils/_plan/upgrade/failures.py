# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of an upgrade that have failed. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ..._model.entry import NEWCOMER
from ..._model.fact import Fact
from .home import MOST_PULLS, Home, SlotView, Stage, fault_of, no_start, stage_of
from .member_steps import MemberSteps
from .policy import Policy
from .slots import Slots


class Failures:
    """The failures of one service's upgrade."""

    def __init__(
        self, slots: Slots, steps: MemberSteps, homes: t.Sequence[Home], policy: Policy
    ) -> None:
        self._slots = slots
        self._steps = steps
        self._homes = homes
        self._policy = policy
        self._is_done = all(stage_of(home) is Stage.DONE for home in homes)

    def all(self) -> list[Fact]:
        """Why members with the new launch have failed, as far as their hosts are seen."""
        found = [self.of(home) for home in self._homes if home.is_seen]
        return [fault for fault in found if fault]

    def of(self, home: Home) -> Fact | None:
        """Why a member has failed; None if it has not."""
        slot = home.newcomer or home.serving
        if slot is not None and slot.is_target and self._is_watched(slot):
            return fault_of(slot, self._policy)
        return self._failed_pull(home)

    def _is_watched(self, slot: SlotView) -> bool:
        """Whether it may still show that the upgrade is bad: until all members are done, and for one bake after it.

        A member that was added meanwhile has its first slot, and proves nothing; nor does one that is changed in place.
        """
        still = slot.role == NEWCOMER or not self._is_done or slot.age_s <= self._policy.bake_s
        is_new = slot.role == NEWCOMER or bool(slot.member.id.slot)
        is_new = is_new and "made" not in slot.member.entry
        return is_new and still

    def _failed_pull(self, home: Home) -> Fact | None:
        coming = self._steps.coming(home)
        remembered = self._slots.remembered(coming.id, coming.entry["launch"])
        failures = remembered.get("failures", 0)
        if failures < MOST_PULLS:
            return None
        return no_start(coming, failures, remembered.get("reason", ""))
