# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audits of several hosts as one text."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.plugin_utils._output.audit_table import (
    as_table,
    merged,
)

Json = dict[str, t.Any]


def line(second: int, host: str, **fields: t.Any) -> Json:
    common = {"run": "r1", "who": "root@c1", "by": "person", "command": "up shop"}
    place = {"time": f"2026-11-22T10:00:{second:02d}.000Z", "host": host, "stack": "shop"}
    what = {"action": "start", "container": "shop-web-1", "cause": "because", "result": "done"}
    return {**common, **place, **what, **fields}


def stored(second: int, host: str, **fields: t.Any) -> Json:
    what = {"action": "record", "container": "", "evidence": {"version": 3}, "cause": "up"}
    return line(second, host, **{**what, **fields})


def test_lines_are_in_the_order_of_their_times() -> None:
    found = merged({"h2": [line(3, "h2"), line(5, "h2")], "h1": [line(4, "h1")]})
    assert [item["host"] for item in found] == ["h2", "h1", "h2"]


def test_what_hosts_stored_alike_is_one_line() -> None:
    by_host = {host: [stored(second, host)] for second, host in enumerate(("h2", "h1", "h3"))}
    assert [item["host"] for item in merged(by_host)] == ["h1,h2,h3"]
    by_host["h3"] = [stored(2, "h3", result="refused")]
    assert [item["host"] for item in merged(by_host)] == ["h1,h2", "h3"]


def test_operations_are_never_put_together() -> None:
    assert len(merged({"h1": [line(1, "h1")], "h2": [line(1, "h2")]})) == 2


def test_each_run_has_its_heading() -> None:
    events = {"state": "exited", "exit_code": 137, "oom": True, "events": ["10:00:00Z destroy"]}
    other = {"run": "r2", "by": "timer", "command": "reconcile"}
    lines = [
        stored(1, "h1,h2"),
        line(2, "h1", seconds=0.41, evidence=events),
        line(3, "h2", result="failed", error="no such file", **other),
    ]
    assert as_table(lines) == [
        "2026-11-22 10:00:01Z  up shop  by root@c1, run r1",
        "  10:00:01.000  h1,h2  record  shop v3     done        up",
        "  10:00:02.000  h1     start   shop-web-1  done 0.4 s  because  "
        "[exited, exit code 137; out of memory; 10:00:00Z destroy]",
        "",
        "2026-11-22 10:00:03Z  reconcile  by root@c1, timer, run r2",
        "  10:00:03.000  h2  start  shop-web-1  failed  because: no such file",
    ]


def test_without_lines_there_is_no_table() -> None:
    assert as_table([]) == []
