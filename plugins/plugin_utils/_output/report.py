# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run prints: results, what is held and why, and the last word. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Message,
    Plan,
    operation_line,
    record_line,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.rounds import Outcome, objections
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request


def validations(plan: Plan, outcomes: dict[str, Outcome | None]) -> tuple[list[str], list[str]]:
    """One line for each config that HAProxy was asked about, and why nothing else was done."""
    against = objections(plan, outcomes)
    lines, failures = [], []
    for item in plan.validations:
        why = against.get(item["id"], "")
        status, told = ("failed", f": {why}") if why else ("done ", "")
        lines.append(f"{status}  {operation_line(item)}{told}")
        if why:
            text = f"{why}; nothing was recorded, nothing was changed"
            failures.append(str(Message(text, item["stack"], item["service"])))
    return lines, failures


def results(
    plan: Plan, outcomes: dict[str, Outcome | None], *, stacks: list[str] | None = None
) -> tuple[list[str], list[str]]:
    """One line for each operation with its result, and what failed.

    C(stacks): those that the command is about, None for all. A load balancer of another one that does not take its
    config is shown and is no failure of the command.
    """
    by_id = {item["id"]: item for item in plan.operations}
    lines, failures = [], []
    for _host, outcome in sorted(outcomes.items()):
        for result in outcome.results if outcome else []:
            line = operation_line(by_id[result["id"]])
            took = f"  ({result['seconds']:.1f} s)" if result["status"] == "done" else ""
            why = f": {result['error']}" if result["error"] else ""
            lines.append(f"{result['status']:<5}  {line}{took}{why}")
            if result["status"] == "failed" and not _is_elsewhere(by_id[result["id"]], stacks):
                failures.append(f"{line}{why}")
    return lines, failures


def _is_elsewhere(operation: dict[str, t.Any], stacks: list[str] | None) -> bool:
    meant = stacks is None or operation["stack"] in stacks
    return operation["kind"] == "balancer" and not meant


def records(
    plan: Plan, recorded: dict[str, Outcome | None], acted: dict[str, Outcome | None]
) -> list[str]:
    """One line for each record with the hosts that took it, and one for each refusal."""
    lines = []
    for write in plan.records:
        outcomes = recorded if write.required else acted
        told = {host: outcomes.get(host) for host in write.hosts}
        answered = {
            host: outcome for host, outcome in told.items() if outcome and not outcome.lease
        }
        took = [host for host, outcome in answered.items() if write.stack not in outcome.refused]
        if took:
            lines.append(f"done   {record_line(dataclasses.replace(write, hosts=took))}")
        for host, outcome in answered.items():
            if write.stack in outcome.refused:
                line = record_line(dataclasses.replace(write, hosts=[host]))
                lines.append(f"refused  {line}: {outcome.refused[write.stack]}")
    return lines


def closing(request: Request, plan: Plan, failures: list[str]) -> tuple[list[str], list[str]]:
    """The last lines of a run, and the errors for which it fails."""
    errors = [str(message) for message in plan.errors] + failures
    lines = [f"error  {message}" for message in map(str, plan.errors)]
    lines += [f"held   {message}" for message in plan.held]
    lines += [f"note   {message}" for message in plan.notes]
    if request.command in ("scale", "down") and plan.kept_volumes:
        lines += kept(plan)
    if not lines and not failures and not plan.has_work:
        lines = ["all is as it should be"]
    return lines, errors


def kept(plan: Plan) -> list[str]:
    """The volumes that stay, and how they would be removed."""
    names = sorted({name for _host, name in plan.kept_volumes})
    lines = [f"kept   volume {name} on {host}" for host, name in sorted(plan.kept_volumes)]
    return [*lines, f"       to remove them: -e remove_volumes={','.join(names)}"]


def status_messages(plan: Plan) -> list[str]:
    """What is not about one service: hosts, conflicts, volumes."""
    messages = [item for item in plan.errors + plan.held + plan.notes if not item.service]
    return [str(message) for message in dict.fromkeys(map(str, messages))]


def sentence(errors: list[str]) -> str:
    """Errors as the message of a failed task."""
    return errors[0] if len(errors) == 1 else f"{len(errors)} errors; first: {errors[0]}"
