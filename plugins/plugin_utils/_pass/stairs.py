# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command of several orders, each of which waits until the one before has its effect. Private; pure.

That is C(upgrade), by which one service takes over from another. It begins with a wait as well: a run before this one
may have been killed after an order.
"""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import (
    Request,
    RequestError,
    handover_in,
)

COMMAND = "upgrade"
INTERVAL_MS = 2000
"""Rancher's default."""


class Stairs:
    """Where a command stands. Of any other command than C(upgrade), only the first round is an order."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._has_steps = request.command == COMMAND
        self._climbs = False
        """Whether the next round takes a step."""
        self._began = False

    @property
    def pause_s(self) -> float:
        """The pause before an order; none before the first."""
        interval_ms = self._request.policy.get("interval_ms", INTERVAL_MS)
        return float(interval_ms) / 1000 if self._began else 0.0

    def orders(self, rounds: int) -> bool:
        """Whether the present round (its number) asks for something new."""
        return self._climbs if self._has_steps else rounds <= 1

    def climb(self) -> None:
        """Take the next step in the next round."""
        self._climbs = True

    def took(self) -> None:
        """A round has ended."""
        self._began |= self._climbs
        self._climbs = False

    def go_on(self, planner: Planner | None, *, is_ready: bool) -> bool:
        """Whether a step is to follow. C(is_ready): whether all that was wanted so far is there."""
        if not self._has_steps or self._climbs or planner is None or planner.plan.errors:
            return False
        if is_ready and not self._is_over(planner):
            self.climb()
        return self._climbs

    def _is_over(self, planner: Planner) -> bool:
        """Whether no step is left. What cannot be is left to the order: it says why."""
        try:
            return all(
                handover_in(body, self._request).is_over for body in planner.asked_bodies.values()
            ) and bool(planner.asked_bodies)
        except RequestError:
            return False

    def notes(self, planner: Planner | None) -> list[Fact]:
        """In the end: what still names the service that went."""
        if not self._has_steps or planner is None or not self._is_over(planner):
            return []
        told = {"old": self._request.takes_over, "new": self._request.service}
        return [
            Fact("handover_left", {**told, "named": named}, stack)
            for stack in planner.asked_bodies
            for named in [planner.named_alone(stack)]
            if named
        ]
