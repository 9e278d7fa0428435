# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of a run: results, what is held and why, and the closing lines. Private to the collection."""

from __future__ import annotations

import dataclasses

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    operation_line,
    record_line,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import (
    End,
    Failure,
    Round,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import holders, objections

WAITING = ("lease_waits", "lease_late", "overtaken", "pulling", "draining")


def notice_text(notice: Fact) -> str:
    """Format a notice about the lease."""
    told = str(notice) if notice.host or notice.stack else notice.text
    return f"{'wait ' if notice.code in WAITING else 'held '}  {told}"


def failure_text(failure: Failure) -> str:
    """Format the reason why a command fails."""
    operation = failure.operation
    if operation and failure.code == "rejected":
        told = {"error": failure.error}
        return str(Fact("config_rejected", told, failure.stack, operation["service"]))
    if operation and failure.code == "failed":
        why = f": {failure.error}" if failure.error else ""
        return f"{operation_line(operation)}{why}"
    if failure.code == "no_majority":
        return str(Fact("record_blocked", {}, failure.stack))
    if failure.code == "unsure":
        return str(Fact("record_unsure", {"hosts": failure.error}, failure.stack))
    if failure.code == "unsettled":
        return str(Fact("unsettled", {"rounds": failure.rounds}))
    return failure.notice.text if failure.notice else failure.code


def round_lines(done: Round) -> list[str]:
    """Format a round: one line for each config validated, record stored and operation done."""
    lines = _validations(done)
    if not objections(done.plan, done.recorded):
        lines += _records(done)
    return lines + _results(done)


def _validations(done: Round) -> list[str]:
    asked = {done.plan.validator: done.recorded.get(done.plan.validator)}
    against = objections(done.plan, done.recorded)
    lines = []
    for item in done.plan.validations if not holders(asked) else []:
        why = against.get(item["id"], "")
        status, told = ("failed", f": {why}") if why else ("done ", "")
        lines.append(f"{status}  {operation_line(item)}{told}")
    return lines


def _results(done: Round) -> list[str]:
    by_id = {item["id"]: item for item in done.plan.operations}
    lines = []
    for _host, outcome in sorted(done.acted.items()):
        for result in outcome.results if outcome else []:
            line = operation_line(by_id[result["id"]])
            took = f"  ({result['seconds']:.1f} s)" if result["status"] == "done" else ""
            why = f": {result['error']}" if result["error"] else ""
            lines.append(f"{result['status']:<5}  {line}{took}{why}")
    return lines


def _records(done: Round) -> list[str]:
    """Return one line for each record with the hosts that stored it, and one for each refusal."""
    lines = []
    for write in done.plan.records:
        outcomes = done.recorded if write.required else done.acted
        told = {host: outcomes.get(host) for host in write.hosts}
        answered = {
            host: outcome
            for host, outcome in told.items()
            if outcome and not outcome.lease and not outcome.unable
        }
        took = [host for host, outcome in answered.items() if write.stack not in outcome.refused]
        if took:
            lines.append(f"done   {record_line(dataclasses.replace(write, hosts=took))}")
        for host, outcome in answered.items():
            if write.stack in outcome.refused:
                line = record_line(dataclasses.replace(write, hosts=[host]))
                lines.append(f"refused  {line}: {outcome.refused[write.stack]}")
    return lines


def closing(end: End, command: str) -> tuple[list[str], list[str]]:
    """Return the last lines of a run, and its errors."""
    plan, failures = end.plan, list(map(failure_text, end.failures))
    errors = [str(message) for message in plan.errors] + failures
    lines = [f"error  {message}" for message in map(str, plan.errors)]
    lines += [notice_text(end.notice)] if end.notice else []
    lines += [f"held   {message}" for message in plan.held]
    lines += [f"note   {message}" for message in plan.notes]
    if command in ("scale", "down") and plan.kept_volumes:
        lines += kept(plan)
    if not lines and not failures and not plan.has_work:
        lines = ["all is as it should be"]
    return lines, errors


def kept(plan: Plan) -> list[str]:
    """List the volumes that stay, and how to remove them."""
    names = sorted({name for _host, name in plan.kept_volumes})
    lines = [f"kept   volume {name} on {host}" for host, name in sorted(plan.kept_volumes)]
    return [*lines, f"       to remove them: -e remove_volumes={','.join(names)}"]


def status_messages(plan: Plan) -> list[str]:
    """Return the messages that concern no single service: hosts, conflicts, volumes."""
    messages = [item for item in plan.errors + plan.held + plan.notes if not item.service]
    return [str(message) for message in dict.fromkeys(map(str, messages))]


def sentence(errors: list[str]) -> str:
    """Format errors as the message of a failed task."""
    return errors[0] if len(errors) == 1 else f"{len(errors)} errors; first: {errors[0]}"
