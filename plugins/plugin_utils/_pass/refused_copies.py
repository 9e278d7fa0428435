# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that cannot store their copy of a record, as on a full disk. Private to the collection; pure.

A pass asks each of them once. If it asked in every round, all its rounds would go by, and the pulls and repairs of the
other hosts would never have their turn.
"""

from __future__ import annotations

import dataclasses

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    RecordWrite,
)

from .step import Failure
from .work import Outcome, Outcomes


class RefusedCopies:
    """The copies that hosts refused in this pass."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], str] = {}
        """By host and stack."""

    def take(self, plan: Plan, acted: Outcomes) -> None:
        """Note what hosts refused. A copy that was overtaken is planned anew, and is none."""
        for write in _copies(plan):
            for host in write.hosts:
                reason = _refusal(acted.get(host), write.stack)
                if reason:
                    self._reasons[host, write.stack] = reason

    def without(self, plan: Plan) -> Plan:
        """The plan without these copies, and without what their hosts would skip for the same reason."""
        if not self._reasons:
            return plan
        operations = [
            item for item in plan.operations if (item["host"], item["stack"]) not in self._reasons
        ]
        writes = [self._left(write) if not write.required else write for write in plan.records]
        records = [write for write in writes if write.hosts]
        return dataclasses.replace(plan, records=records, operations=operations)

    def _left(self, write: RecordWrite) -> RecordWrite:
        hosts = [host for host in write.hosts if (host, write.stack) not in self._reasons]
        return dataclasses.replace(write, hosts=hosts)

    def failures(self, plan: Plan) -> list[Failure]:
        """Those that a plan still has."""
        return [
            Failure("copy_refused", write.stack, notice=self._fact(host, write.stack))
            for write in _copies(plan)
            for host in write.hosts
            if (host, write.stack) in self._reasons
        ]

    def _fact(self, host: str, stack: str) -> Fact:
        return Fact("copy_refused", {"host": host, "reason": self._reasons[host, stack]}, stack)


def _copies(plan: Plan) -> list[RecordWrite]:
    return [write for write in plan.records if not write.required]


def _refusal(outcome: Outcome | None, stack: str) -> str:
    """Why a host refused a record; empty if it did not."""
    if outcome is None or stack in outcome.overtaken:
        return ""
    return outcome.refused.get(stack, "")
