# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run prints."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Message,
    Plan,
    RecordWrite,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.rounds import Outcome
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._output import report


def plan_with_start() -> Plan:
    plan = Plan()
    plan.add("start", "h1", cause="stopped (exit code 1)", container="shop-web-1")
    return plan


def test_results_are_one_line_each() -> None:
    done = Outcome([{"id": 1, "status": "done", "error": "", "seconds": 0.41}], {}, None)
    assert report.results(plan_with_start(), {"h1": done, "h2": None}) == (
        ["done   h1  start  shop-web-1  stopped (exit code 1)  (0.4 s)"],
        [],
    )


def test_failures_say_why_and_count() -> None:
    failed = Outcome(
        [{"id": 1, "status": "failed", "error": "no such file", "seconds": 0.4}], {}, None
    )
    lines, failures = report.results(plan_with_start(), {"h1": failed})
    assert lines == ["failed  h1  start  shop-web-1  stopped (exit code 1): no such file"]
    assert failures == ["h1  start  shop-web-1  stopped (exit code 1): no such file"]


def test_stale_operations_are_shown_and_are_no_failure() -> None:
    stale = Outcome(
        [{"id": 1, "status": "stale", "error": "the container is running", "seconds": 0.0}],
        {},
        None,
    )
    lines, failures = report.results(plan_with_start(), {"h1": stale})
    assert lines[0].startswith("stale")
    assert failures == []


def test_nothing_to_say_is_said() -> None:
    assert report.closing(Request("reconcile"), Plan(), []) == (["all is as it should be"], [])


def test_held_notes_and_errors_are_told_apart_and_only_errors_fail() -> None:
    plan = Plan(
        errors=[Message("two containers", "shop", "web", 1)],
        held=[Message("not reached", "shop", "web", 2, "h3")],
        notes=[Message("unknown", host="h3")],
    )
    lines, errors = report.closing(Request("reconcile"), plan, [])
    assert lines == [
        "error  shop/web/1: two containers",
        "held   shop/web/2 on h3: not reached",
        "note   on h3: unknown",
    ]
    assert errors == ["shop/web/1: two containers"]


def test_kept_volumes_come_with_the_way_to_remove_them() -> None:
    plan = Plan(kept_volumes=[("h2", "b"), ("h1", "a")])
    lines, _errors = report.closing(Request("down"), plan, [])
    assert lines == [
        "kept   volume a on h1",
        "kept   volume b on h2",
        "       to remove them: -e remove_volumes=a,b",
    ]
    assert report.closing(Request("reconcile"), plan, [])[0] == ["all is as it should be"]


def test_records_name_the_hosts_that_took_them_and_say_why_others_did_not() -> None:
    record = make_record("shop", {"hosts": ["h1", "h2", "h3"]}, number=2, token="t")
    write = RecordWrite(
        record, ["h1", "h2", "h3"], [], [["h1", "h2", "h3"]], True, "scale web 1 -> 2"
    )
    recorded = {
        "h1": Outcome([], {}, None),
        "h2": Outcome([], {"shop": "newer there"}, None),
        "h3": None,
    }
    assert report.records(Plan(records=[write]), recorded, {}) == [
        "done   h1  record  shop v2  scale web 1 -> 2",
        "refused  h2  record  shop v2  scale web 1 -> 2: newer there",
    ]
