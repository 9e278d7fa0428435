# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of one command: its messages as they come, and its result as data. Private to the collection; pure.

Every driver of a pass uses it, so all say and return the same.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import current
from ansible_collections.drover.docker.plugins.plugin_utils._pass.failures import outdated
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import End, Failure, Step
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import PULL

from .assessment import Assessment, assess
from .fact_data import PLACE, fact_data
from .messages import Message, plain
from .operation_data import operations_of
from .report import (
    closing,
    errors_of,
    failure_text,
    notice_message,
    round_messages,
    sentence,
    status_messages,
)
from .status import ServiceRow
from .status_rows import rows_of, table_of

Json = dict[str, t.Any]

_NO_PLACE: Json = {"stack": "", "service": "", "index": 0, "host": ""}


class CommandReport:
    """Takes the steps of one pass. It can be stored between the tasks of a play."""

    def __init__(self, command: str) -> None:
        """Begin the report of a command."""
        self.command = command
        self.operations: list[Json] = []
        self.messages: list[Message] = []
        """All messages so far."""
        self._began = False

    def step(self, step: Step) -> list[Message]:
        """Take a step; returns its messages. Notes are told once, before anything is done."""
        told = self._first_notes(step)
        if step.done:
            told += round_messages(step.done)
            self.operations += operations_of(step.done)
        told += map(notice_message, step.notices)
        return self._told(told)

    def end(self, end: End) -> list[Message]:
        """Take the end of the pass; returns the last messages that were not told before."""
        found = closing(end, self.command)
        return self._told([message for message in found if message not in self.messages])

    def failure(self, end: End) -> str:
        """Return why the command fails, in one sentence; empty if it does not."""
        errors = errors_of(end)
        return sentence(errors) if errors else ""

    def foretold(self, plan: Plan) -> list[Message]:
        """Take the plan of check mode; returns what would be done."""
        return self._told([Message("would", line) for line in plan.lines()])

    def status(
        self, running: Pass, plan: Plan, *, system: bool
    ) -> tuple[list[Message], list[Json]]:
        """Return the table of status, and its rows as data."""
        if running.planner is None:
            return [], []
        rows = rows_of(running.planner, plan, system=system)
        lines = ["", *table_of(running.planner, rows), *status_messages(plan), ""]
        return self._told(plain(lines)), [vars(row) for row in rows]

    def check(self, running: Pass, plan: Plan) -> Assessment:
        """Return the assessment of what status shows, for monitoring."""
        seen = running.planner.world.seen if running.planner else []
        return assess(_rows(running, plan), plan, seen)

    def result(self, running: Pass, end: End) -> Json:
        """Return the result of the command as data."""
        plan = end.plan
        return {
            "changed": any(item["status"] == "done" for item in self.operations),
            "operations": self.operations,
            "held": _facts(plan.held),
            "notes": _facts(plan.notes),
            "errors": [*_facts(plan.errors), *map(_failure, end.failures)],
            "outdated": self._outdated(end),
            "kept_volumes": [{"host": host, "name": name} for host, name in plan.kept_volumes],
            "services": [vars(row) for row in _rows(running, plan)],
            "revisions": _revisions(running),
        }

    def _outdated(self, end: End) -> list[Json]:
        """Return the services whose containers have another definition than the files."""
        told = [item for item in end.failures if item.code == "outdated"]
        found = [item.notice for item in told or outdated(end.plan, self.command)]
        return [
            {
                "stack": fact.stack,
                "service": fact.parameters["name"],
                "changed": fact.parameters["changed"],
            }
            for fact in found
            if fact
        ]

    def _first_notes(self, step: Step) -> list[Message]:
        if self._began or not step.calls or step.done or step.completes:
            return []
        if (
            step.stage == PULL and not step.plan.notes
        ):  # what a person asked to pull; the plan follows
            return []
        self._began = True
        return [Message("note", str(note)) for note in step.plan.notes]

    def _told(self, found: list[Message]) -> list[Message]:
        self.messages += found
        return found


def _rows(running: Pass, plan: Plan) -> list[ServiceRow]:
    return rows_of(running.planner, plan) if running.planner else []


def _revisions(running: Pass) -> Json:
    """Return the number of each stack's current revision."""
    bodies = running.planner.asked_bodies if running.planner else {}
    found = {stack: current(body) for stack, body in sorted(bodies.items())}
    return {stack: revision["number"] for stack, revision in found.items() if revision}


def _facts(found: t.Iterable[Fact]) -> list[Json]:
    """Return facts with their places."""
    return [fact_data(fact, *PLACE) for fact in found]


def _failure(failure: Failure) -> Json:
    """Return why the command fails."""
    operation: t.Mapping[str, t.Any] = failure.operation or _NO_PLACE
    place = {key: operation[key] for key in _NO_PLACE}
    told = {"code": failure.code, "parameters": {}, **place, "text": failure_text(failure)}
    return {**told, "stack": failure.stack or place["stack"]}
