# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the merged audit: as a table, as JSON, and with hosts that did not answer."""

from __future__ import annotations

import json
import types
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.utils.display import Display
from ansible_collections.drover.docker.plugins.action import internal_audit
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import read_messages
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files
from ansible_collections.drover.docker.tests.unit.plugins.action.play import refuse_to_print

Json = dict[str, t.Any]
LINE = {"time": "2026-11-22T10:00:00.000Z", "host": "h1", "run": "r", "who": "a@c", "command": "up"}


def play(monkeypatch: pytest.MonkeyPatch, **args: t.Any) -> tuple[Json, list[str]]:
    monkeypatch.setattr(Display, "display", refuse_to_print)
    task = types.SimpleNamespace(args=args, action="audit", async_val=0, check_mode=False)
    connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir="/nowhere"))
    templar = types.SimpleNamespace(template=lambda value: value)
    action = internal_audit.ActionModule(task, connection, None, None, templar, None)
    result = action.run(task_vars={})
    return result, [message.line for message in read_messages(result["messages"])]


def test_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    result, printed = play(monkeypatch, results={"h1": {"lines": [LINE]}, "h2": {"lines": []}})
    assert printed[1] == "2026-11-22 10:00:00Z  up  by a@c, run r"
    assert (result["missing"], len(result["lines"])) == ([], 1)


def test_json(monkeypatch: pytest.MonkeyPatch) -> None:
    _result, printed = play(monkeypatch, results={"h1": {"lines": [LINE]}}, format="json")
    assert [json.loads(text) for text in printed] == [LINE]


def test_hosts_that_did_not_answer_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    result, printed = play(monkeypatch, results={"h1": {"lines": []}, "h2": {"unreachable": True}})
    assert (result["missing"], printed) == (
        ["h2"],
        ["", "nothing is recorded", "", "h2: not read"],
    )


@pytest.mark.parametrize(
    ("second", "failure"),
    [({"lines": []}, ""), ({"unreachable": True}, "no Docker host could be looked at")],
)
def test_it_fails_only_where_no_host_answered(
    monkeypatch: pytest.MonkeyPatch, second: Json, failure: str
) -> None:
    play(monkeypatch, results={"h1": {"unreachable": True}, "h2": second})
    assert run_files.take("shown")["failure"] == failure


def test_the_newest_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{**LINE, "time": f"2026-11-22T10:00:0{n}.000Z"} for n in range(5)]
    result, _printed = play(monkeypatch, results={"h1": {"lines": lines}}, limit=2)
    assert [item["time"][17:19] for item in result["lines"]] == ["03", "04"]


def test_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleError, match="format"):
        play(monkeypatch, results={}, format="xml")


HOSTILE = "x\x1b]0;T\x07\r\nall is as it should be\u202e"


def test_control_characters_of_a_host_are_shown_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {**LINE, "who": HOSTILE, "action": "stop", "container": HOSTILE, "cause": HOSTILE}
    for style in ("table", "json"):
        _result, printed = play(monkeypatch, results={"h1": {"lines": [bad]}}, format=style)
        assert all(text.isprintable() for text in printed)
        assert "\\x1b" in "".join(printed) or "\\u001b" in "".join(printed)


def test_a_line_counts_for_the_host_that_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _printed = play(monkeypatch, results={"h1": {"lines": [{**LINE, "host": "h3"}]}})
    assert [item["host"] for item in result["lines"]] == ["h1"]


@pytest.mark.parametrize(
    "line",
    [
        "text",
        {},
        {**LINE, "time": 5},
        {**LINE, "time": "9999"},
        {**LINE, "who": ["a"]},
        {**LINE, "seconds": "long"},
        {**LINE, "evidence": 5},
        {**LINE, "evidence": {"events": 5}},
        {**LINE, "evidence": {"exit_code": 1}},
    ],
)
def test_what_is_no_line_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch, line: t.Any) -> None:
    """One host's malformed line must not hide the audit of all others."""
    own = {**LINE, "host": "h2"}
    result, printed = play(monkeypatch, results={"h1": {"lines": [line]}, "h2": {"lines": [own]}})
    assert result["lines"] == [own]
    assert printed[-1] == "h1: 1 of its lines are no audit lines, and are left out"


def test_an_answer_that_is_no_list_is_no_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _printed = play(monkeypatch, results={"h1": {"lines": {"a": 1}}})
    assert result["lines"] == []


def test_a_line_without_its_host_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    line = {key: value for key, value in LINE.items() if key != "host"}
    result, _printed = play(monkeypatch, results={"h1": {"lines": [line]}})
    assert result["lines"] == [LINE]
