# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run prints."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.operation import START, StartArgs
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    RecordWrite,
    Subject,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.plugin_utils._output import report
from ansible_collections.drover.docker.plugins.plugin_utils._pass.failures import failures_of
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import End, Round
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import Outcome, Outcomes


def plan_with_start() -> Plan:
    plan = Plan()
    args = StartArgs(config_hash="")
    where = Subject("h1", container="shop-web-1")
    plan.add(START, args, where, cause=Fact("stopped", {"exit_code": 1}))
    return plan


def lines(done: Round) -> list[str]:
    """The messages of a round, as they are printed."""
    return [message.line for message in report.round_messages(done)]


def closing(end: End, command: str) -> tuple[list[str], list[str]]:
    """The last lines, and the errors."""
    return [message.line for message in report.closing(end, command)], report.errors_of(end)


def round_of(
    plan: Plan, *, recorded: Outcomes | None = None, acted: Outcomes | None = None
) -> Round:
    """A round that is over."""
    answers = (recorded or {}, acted or {})
    return Round(plan, *answers, None, failures_of(plan, *answers, None))


def result(status: str, error: str = "", seconds: float = 0.0) -> Outcome:
    return Outcome([{"id": 1, "status": status, "error": error, "seconds": seconds}], {}, None)


def test_results_are_one_line_each() -> None:
    done = round_of(plan_with_start(), acted={"h1": result("done", seconds=0.41), "h2": None})
    assert lines(done) == ["done   h1  start  shop-web-1  stopped (exit code 1)  (0.4 s)"]
    assert done.failures == []


def test_failures_say_why_and_count() -> None:
    done = round_of(plan_with_start(), acted={"h1": result("failed", "no such file", 0.4)})
    line = "h1  start  shop-web-1  stopped (exit code 1): no such file"
    assert lines(done) == [f"failed  {line}"]
    assert list(map(report.failure_text, done.failures)) == [line]


def test_stale_operations_are_shown_and_are_no_failure() -> None:
    done = round_of(plan_with_start(), acted={"h1": result("stale", "the container is running")})
    assert lines(done)[0].startswith("stale")
    assert done.failures == []


def test_nothing_to_say_is_said() -> None:
    assert closing(End(Plan()), "reconcile") == (["all is as it should be"], [])


def test_held_notes_and_errors_are_told_apart_and_only_errors_fail() -> None:
    plan = Plan(
        errors=[Fact("text", {"text": "two containers"}, "shop", "web", 1)],
        held=[Fact("not_reached", {}, "shop", "web", 2, "h3")],
        notes=[Fact("text", {"text": "unknown"}, host="h3")],
    )
    told, errors = closing(End(plan), "reconcile")
    assert told == [
        "error  shop/web/1: two containers",
        "held   shop/web/2 on h3: not reached",
        "note   on h3: unknown",
    ]
    assert errors == ["shop/web/1: two containers"]


def test_kept_volumes_come_with_the_way_to_remove_them() -> None:
    plan = Plan(kept_volumes=[("h2", "b"), ("h1", "a")])
    told, _errors = closing(End(plan), "down")
    assert told == [
        "kept   volume a on h1",
        "kept   volume b on h2",
        "       to remove them: -e remove_volumes=a,b",
    ]
    assert closing(End(plan), "reconcile")[0] == ["all is as it should be"]


def test_records_name_the_hosts_that_took_them_and_say_why_others_did_not() -> None:
    record = make_record("shop", {"hosts": ["h1", "h2", "h3"]}, number=2, token="t")
    write = RecordWrite(
        record,
        ["h1", "h2", "h3"],
        [],
        [["h1", "h2", "h3"]],
        True,
        Fact("revision", {"note": "scale web 1 -> 2"}),
    )
    recorded: Outcomes = {
        "h1": Outcome([], {}, None),
        "h2": Outcome([], {"shop": "newer there"}, None),
        "h3": None,
    }
    assert lines(round_of(Plan(records=[write]), recorded=recorded)) == [
        "done   h1  record  shop v2  scale web 1 -> 2",
        "refused  h2  record  shop v2  scale web 1 -> 2: newer there",
    ]
