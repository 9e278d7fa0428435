# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a command waits until its services are ready, and for how long. Private to the collection; pure.

It looks at the hosts meanwhile, without a lease, and repairs what has to be repaired. It does not wait for what time
does not change: a member without a fitting host, or on a host that is away, or whose image cannot be pulled.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.counts import unmet
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner

from .step import Failure

PAUSE_S = 1.0
PASSING = frozenset(
    [
        "being_removed",
        "crash_loop",
        "dependency_at_fault",
        "draining",
        "failed",
        "gate_not_completed",
        "gate_unhealthy",
        "heir_waits",
        "hook_before",
        "hook_runs",
        "kept_for_quorum",
        "mass_failure",
        "moves_wait",
        "places_wait_lease",
        "renewal_waits",
        "repair_backoff",
        "repairs_in_flight",
        "restart_waits",
        "waits_for_hook",
    ]
)
"""Codes of what is held for a time only. Everything else waits for a person, or for a host."""

_STATES = ("upgrade_state", "restart_state")
"""Codes of what is done member by member."""


class Settling:
    """The wait of one command."""

    def __init__(self, wait_s: float) -> None:
        """C(wait_s): how long to wait; 0 for not at all."""
        self._wait_s = wait_s
        self._until: float | None = None
        self._done: list[int] = []
        """How many members each upgrade or restart has done: each step of one begins the wait anew."""
        self._told: list[str] = []
        self._missing: list[Fact] = []
        self._stuck: list[Fact] = []
        """Those among them for which waiting does not help."""

    def pause_s(
        self,
        planner: Planner | None,
        now: float,
        hopeless: t.Collection[tuple[str, str]] = (),
    ) -> float:
        """Seconds until the next look; 0 if all is ready, the time is over, or the command cannot be carried out.

        C(hopeless): stack and service of what this pass cannot start.
        """
        if not self._wait_s or planner is None or planner.plan.errors:
            return 0.0
        bodies, judged = planner.asked_bodies, planner.judgements
        self._missing = unmet(planner.world, bodies, judged, service=planner.request.service)
        done = [fact.parameters["done"] for fact in self._missing if fact.code in _STATES]
        if self._until is None or done != self._done:
            self._until, self._done = now + self._wait_s, done
        self._stuck = [
            fact
            for fact in self._missing
            if (fact.stack, fact.service) in hopeless or is_stuck(fact, planner.plan.held)
        ]
        return PAUSE_S if len(self._stuck) < len(self._missing) and now < self._until else 0.0

    def notices(self) -> list[Fact]:
        """What is waited for, if it has changed."""
        told = [str(fact) for fact in self._missing]
        new = [fact for fact in self._missing if str(fact) not in self._told]
        self._told = told
        return new

    def failures(self) -> list[Failure]:
        """What is not ready in the end."""
        return [Failure("not_ready", fact.stack, notice=self._late(fact)) for fact in self._missing]

    def _late(self, fact: Fact) -> Fact:
        if fact.code in _STATES:
            return dataclasses.replace(fact, parameters={**fact.parameters, "wait_s": self._wait_s})
        if fact in self._stuck:
            return dataclasses.replace(fact, code="not_ready_held")
        told = {**fact.parameters, "wait_s": self._wait_s}
        return dataclasses.replace(fact, code="not_ready_in_time", parameters=told)


def is_stuck(missing: Fact, held: t.Iterable[Fact]) -> bool:
    """Whether anything that is held of a service, or of its whole stack, stays so however long one waits."""
    return any(
        fact.code not in PASSING
        and fact.stack == missing.stack
        and fact.service in ("", missing.service)
        for fact in held
    )
