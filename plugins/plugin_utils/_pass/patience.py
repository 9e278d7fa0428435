# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a pass looks at drains before it leaves them to the next pass. Private to the collection; pure.

It waits between looks, without a lease, so other runs and repairs go on meanwhile.
"""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan

PATIENCE_S = {False: 60.0, True: 15.0}
"""What a person's run waits for all drains together, and a timer's (True)."""
PAUSE_S = 2.0


class Patience:
    """The waits for drains of one pass."""

    def __init__(self, *, unattended: bool) -> None:
        self._left_s = PATIENCE_S[unattended]
        self._told: set[str] = set()

    def pause_s(self, plan: Plan) -> float:
        """Seconds until the next look; 0 if this pass waits for none of the plan's drains."""
        lefts = [float(fact.parameters["left_s"]) for fact in _drains(plan)]
        soon = min((left_s for left_s in lefts if left_s <= self._left_s), default=None)
        if soon is None:
            return 0.0
        pause_s = min(PAUSE_S, max(soon, 0.1))
        self._left_s -= pause_s
        return pause_s

    def notices(self, plan: Plan) -> list[Fact]:
        """The drains that were not told before."""
        new = [fact for fact in _drains(plan) if fact.place not in self._told]
        self._told |= {fact.place for fact in new}
        return new


def _drains(plan: Plan) -> list[Fact]:
    return [fact for fact in plan.held if fact.code == "draining"]
