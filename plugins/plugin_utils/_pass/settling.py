# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a command waits until its services are ready, and for how long. Private to the collection; pure.

It looks at the hosts meanwhile, without a lease, and repairs what has to be repaired.
"""

from __future__ import annotations

import dataclasses

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.counts import unmet
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner

from .step import Failure

PAUSE_S = 1.0


class Settling:
    """The wait of one command."""

    def __init__(self, wait_s: float) -> None:
        """C(wait_s): how long to wait; 0 for not at all."""
        self._wait_s = wait_s
        self._until: float | None = None
        self._told: list[str] = []
        self._missing: list[Fact] = []

    def pause_s(self, planner: Planner | None, now: float) -> float:
        """Seconds until the next look; 0 if all is ready, the time is over, or the command cannot be carried out."""
        if not self._wait_s or planner is None or planner.plan.errors:
            return 0.0
        self._until = now + self._wait_s if self._until is None else self._until
        bodies, judged = planner.asked_bodies, planner.judgements
        self._missing = unmet(planner.world, bodies, judged, service=planner.request.service)
        return PAUSE_S if self._missing and now < self._until else 0.0

    def notices(self) -> list[Fact]:
        """What is waited for, if it has changed."""
        told = [str(fact) for fact in self._missing]
        new = [fact for fact in self._missing if str(fact) not in self._told]
        self._told = told
        return new

    def failures(self) -> list[Failure]:
        """What was not ready in time."""
        return [Failure("not_ready", fact.stack, notice=self._late(fact)) for fact in self._missing]

    def _late(self, fact: Fact) -> Fact:
        told = {**fact.parameters, "wait_s": self._wait_s}
        return dataclasses.replace(fact, code="not_ready_in_time", parameters=told)
