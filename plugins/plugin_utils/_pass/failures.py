# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failures of a round, which make a command fail. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    BALANCER,
    Operation,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade.progress import has_failed

from .step import Failure
from .work import Outcomes, blocked_stacks, holders, objections, results_of, unsure_stacks


def failures_of(
    plan: Plan, recorded: Outcomes, acted: Outcomes, scope: list[str] | None
) -> list[Failure]:
    """Return all failures of a round. C(scope): stacks of the command, None for all."""
    rejected = list(_rejected(plan, recorded))
    failed = list(_failed(plan, acted, scope))
    blocked = [] if rejected or holders(recorded) else blocked_stacks(plan, recorded)
    unsure = unsure_stacks(plan, recorded, acted)
    return [*rejected, *failed, *(_blocked(stack, unsure.get(stack, [])) for stack in blocked)]


def outdated(plan: Plan, command: str) -> list[Failure]:
    """Return the services that up was to bring to their files' definition, and that keep another one."""
    kept = [note for note in plan.notes if note.code == "definition_kept"]
    found = [
        Fact("outdated", {key: note.parameters[key] for key in ("name", "changed")}, note.stack)
        for note in kept
    ]
    return [Failure("outdated", fact.stack, notice=fact) for fact in found if command == "up"]


def gone_back(upgrades: list[Fact], command: str) -> list[Failure]:
    """Return the upgrades that up asked for, and that were rolled back or paused for a fault."""
    failed = [state for state in upgrades if has_failed(state)]
    return [Failure("upgrade", state.stack, notice=state) for state in failed if command == "up"]


def unconfirmed(upgrades: list[Fact], command: str) -> list[Fact]:
    """Return the upgrades that up has done, and that a person has to confirm."""
    done = [state for state in upgrades if state.parameters["is_done"] and not has_failed(state)]
    return done if command == "up" else []


def _blocked(stack: str, kept: list[str]) -> Failure:
    """An order that failed for good, or one that a later pass may still finish."""
    if kept:
        return Failure("unsure", stack=stack, error=", ".join(kept))
    return Failure("no_majority", stack=stack)


def _rejected(plan: Plan, recorded: Outcomes) -> t.Iterator[Failure]:
    against = objections(plan, recorded)
    for item in plan.validations:
        if item["id"] in against:
            yield Failure("rejected", item["stack"], item, against[item["id"]])


def _failed(plan: Plan, acted: Outcomes, scope: list[str] | None) -> t.Iterator[Failure]:
    for operation, result in results_of(plan, acted):
        if result["status"] == "failed" and not _is_elsewhere(operation, scope):
            yield Failure("failed", operation["stack"], operation, result["error"])


def _is_elsewhere(operation: Operation, scope: list[str] | None) -> bool:
    """Whether a load balancer of another stack rejected its config. This is shown, but the command does not fail."""
    meant = scope is None or operation["stack"] in scope
    return BALANCER.names(operation) and not meant
