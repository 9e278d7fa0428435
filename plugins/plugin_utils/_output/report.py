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
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    holders,
    objections,
    results_of,
)

from .messages import ADVICE, PLAIN, Message
from .told_records import told_records

WAITING = (
    "lease_waits",
    "lease_late",
    "overtaken",
    "pulling",
    "draining",
    "not_ready",
    "upgrade_state",
    "restart_state",
)


def notice_message(notice: Fact) -> Message:
    """Format a notice about the lease."""
    told = str(notice) if notice.host or notice.stack else notice.text
    return Message("wait" if notice.code in WAITING else "held", told)


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
    if failure.code in ("copy_refused", "not_ready", "outdated", "upgrade"):
        return str(failure.notice)
    if failure.code == "unsettled":
        return str(Fact("unsettled", {"rounds": failure.rounds}))
    return failure.notice.text if failure.notice else failure.code


def round_messages(done: Round) -> list[Message]:
    """Format a round: one message for each config validated, record stored and operation done."""
    told = _validations(done)
    if not objections(done.plan, done.recorded):
        told += _records(done)
    return told + _results(done)


def _validations(done: Round) -> list[Message]:
    """Return the configs that HAProxy takes. One that it rejects is an error of the command, told at its end."""
    asked = {done.plan.validator: done.recorded.get(done.plan.validator)}
    if holders(asked):
        return []
    against = objections(done.plan, done.recorded)
    good = [item for item in done.plan.validations if item["id"] not in against]
    return [Message("done", operation_line(item)) for item in good]


def _results(done: Round) -> list[Message]:
    found = []
    for operation, result in results_of(done.plan, done.acted):
        took = f"  ({result['seconds']:.1f} s)" if result["status"] == "done" else ""
        why = f": {result['error']}" if result["error"] else ""
        found.append(Message(result["status"], f"{operation_line(operation)}{took}{why}"))
    return found


def _records(done: Round) -> list[Message]:
    """Return one message for each record with the hosts that stored it, and one for each refusal."""
    found = []
    told = told_records(done)
    for write in done.plan.records:
        answers = [(host, why) for item, host, why in told if item is write]
        if took := [host for host, why in answers if not why]:
            found.append(Message("done", record_line(dataclasses.replace(write, hosts=took))))
        for host, why in answers:
            if why:
                line = record_line(dataclasses.replace(write, hosts=[host]))
                found.append(Message("refused", f"{line}: {why}"))
    return found


def closing(end: End, command: str) -> list[Message]:
    """Return the last messages of a run."""
    plan = end.plan
    # What failed was told with the operation's result.
    untold = [failure_text(item) for item in end.failures if item.code != "failed"]
    found = [Message("error", text) for text in [*map(str, plan.errors), *untold]]
    found += [notice_message(end.notice)] if end.notice else []
    held = [fact for fact in plan.held if not _is_own(fact, command)]
    found += [Message("held", str(fact)) for fact in held]
    found += [Message("note", str(message)) for message in plan.notes]
    if command in ("scale", "down") and plan.kept_volumes:
        found += kept(plan)
    is_step = command == "volume_move"
    if not (found or is_step or end.failures or plan.has_work):
        found = [Message(PLAIN, "all is as it should be")]
    return found


def _is_own(fact: Fact, command: str) -> bool:
    """Whether it is the command itself that holds a member: it goes on with it."""
    return command == "volume_move" and fact.code == "is_moved"


def errors_of(end: End) -> list[str]:
    """Return why a command fails; nothing if it does not."""
    return [*map(str, end.plan.errors), *map(failure_text, end.failures)]


def kept(plan: Plan) -> list[Message]:
    """List the volumes that stay, and how to remove them."""
    names = sorted({name for _host, name in plan.kept_volumes})
    found = [
        Message("kept", f"volume {name} on {host}") for host, name in sorted(plan.kept_volumes)
    ]
    return [*found, Message(ADVICE, f"to remove them: -e remove_volumes={','.join(names)}")]


def status_messages(plan: Plan) -> list[str]:
    """Return the messages that concern no single service: hosts, conflicts, volumes."""
    messages = [item for item in plan.errors + plan.held + plan.notes if not item.service]
    return [str(message) for message in dict.fromkeys(map(str, messages))]


def sentence(errors: list[str]) -> str:
    """Format errors as the message of a failed task."""
    return errors[0] if len(errors) == 1 else f"{len(errors)} errors; first: {errors[0]}"
