# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pulls of a pass: a stage of its own, which needs no lease. Private to the collection; pure.

What does not wait for a pull is done first. So a slow or failed pull holds up the members that need its image, and
nothing else.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    PULL,
    RUNNING,
    Operation,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan

from .step import Failure
from .work import Outcomes, results_of

Place = tuple[str, str]
"""Host and image."""


class Pulls:
    """What this pass knows of its pulls."""

    def __init__(self) -> None:
        self._failed: set[Place] = set()
        self._done: set[Place] = set()
        self._running: dict[Place, str] = {}
        """How far those are that go on."""
        self._left: set[Place] = set()
        """Those that this pass no longer waits for."""
        self.failed_services: set[tuple[str, str]] = set()
        """Stack and service of what cannot start in this pass: no failed pull is tried twice in one."""

    def due(self, plan: Plan) -> dict[str, list[Operation]]:
        """The pulls of a plan that this pass still has to make or to wait for, by host."""
        over = self._failed | self._done | self._left
        found: dict[str, list[Operation]] = {}
        for item in plan.operations:
            if PULL.names(item) and _place(item) not in over:
                found.setdefault(item["host"], []).append(item)
        return found

    def without(self, plan: Plan) -> Plan:
        """The plan without its pulls and without all that waits for those that are not done."""
        pulls = {item["id"]: _place(item) for item in plan.operations if PULL.names(item)}
        missing = {number for number, place in pulls.items() if place not in self._done}
        kept = []
        for item in _in_order(plan.operations):
            if missing & set(item["after"]):
                missing.add(item["id"])
            elif item["id"] not in pulls:
                after = [number for number in item["after"] if number not in pulls]
                kept.append(t.cast("Operation", {**item, "after": after}))
        kept.sort(key=lambda item: item["id"])
        return dataclasses.replace(plan, operations=kept)

    def take(self, plan: Plan, outcomes: Outcomes) -> list[Failure]:
        """Note the hosts' results. Return the failures; a host that did not answer is unknown, which is none."""
        self._running = {}
        failures = []
        for operation, result in results_of(plan, outcomes):
            self._note(_place(operation), result["status"], result["error"])
            if result["status"] not in (RUNNING, "done"):
                error = result["error"]
                failures.append(Failure("failed", operation["stack"], operation, error))
                self.failed_services |= _waiting_for(plan, operation)
        self._left |= {
            _place(item)
            for host, outcome in outcomes.items()
            for item in self.due(plan).get(host, [])
            if outcome is None or outcome.unable
        }
        return failures

    def _note(self, place: Place, status: str, error: str) -> None:
        if status == RUNNING:
            self._running[place] = error
        else:
            (self._done if status == "done" else self._failed).add(place)

    def leave(self) -> None:
        """Wait no longer for those that go on. The next pass finds them where they are then."""
        self._left |= set(self._running)

    def progress(self) -> list[Fact]:
        """How far those are that go on."""
        return [
            Fact("pulling", {"image": image, "progress": how}, host=host)
            for (host, image), how in sorted(self._running.items())
        ]

    def held(self, plan: Plan) -> list[Fact]:
        """What a plan's members wait for."""
        found = []
        for item in plan.operations:
            how = self._running.get(_place(item)) if PULL.names(item) else None
            if how is not None:
                told = {"image": _place(item)[1], "progress": how}
                found.append(Fact.about(MemberId.of(item), "pulling", told, host=item["host"]))
        return found


def _waiting_for(plan: Plan, pull: Operation) -> set[tuple[str, str]]:
    """Stack and service of a pull, and of all that comes right after it."""
    after = [item for item in plan.operations if pull["id"] in item["after"]]
    return {(item["stack"], item["service"]) for item in [pull, *after]}


def _place(operation: Operation) -> Place:
    args = PULL.args_of(operation)
    return operation["host"], args["image"] if args else ""


def _in_order(operations: list[Operation]) -> list[Operation]:
    """The operations, each after those that it comes after: an id does not say that."""
    done: set[int] = set()
    ordered: list[Operation] = []
    waiting = list(operations)
    known = {item["id"] for item in operations}
    while waiting:
        ready = [item for item in waiting if not (set(item["after"]) & known) - done]
        if not ready:
            return ordered + waiting
        ordered += ready
        done |= {item["id"] for item in ready}
        waiting = [item for item in waiting if item["id"] not in done]
    return ordered
