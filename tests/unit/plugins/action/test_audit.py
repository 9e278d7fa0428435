# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Printing the merged audit: as a table, as JSON, and with hosts that did not answer."""

from __future__ import annotations

import json
import types
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.utils.display import Display
from ansible_collections.drover.docker.plugins.action import audit

Json = dict[str, t.Any]
LINE = {"time": "2026-11-22T10:00:00.000Z", "host": "h1", "run": "r", "who": "a@c", "command": "up"}


def play(monkeypatch: pytest.MonkeyPatch, **args: t.Any) -> tuple[Json, list[str]]:
    printed: list[str] = []
    monkeypatch.setattr(Display, "display", lambda _self, text, *_a, **_n: printed.append(text))
    task = types.SimpleNamespace(args=args, action="audit", async_val=0, check_mode=False)
    connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir="/nowhere"))
    templar = types.SimpleNamespace(template=lambda value: value)
    action = audit.ActionModule(task, connection, None, None, templar, None)
    return action.run(task_vars={}), printed


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


def test_the_newest_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{**LINE, "time": f"2026-11-22T10:00:0{n}.000Z"} for n in range(5)]
    result, _printed = play(monkeypatch, results={"h1": {"lines": lines}}, limit=2)
    assert [item["time"][17:19] for item in result["lines"]] == ["03", "04"]


def test_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleError, match="format"):
        play(monkeypatch, results={}, format="xml")
