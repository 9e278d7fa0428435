# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is held is told when it begins, changes and ends, and by one host."""

from __future__ import annotations

import contextlib
import json
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._audit.held import (
    note_refusals,
    read_refusals,
)
from ansible_collections.drover.docker.plugins.module_utils._audit.log import Audit
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact, FactData

Json = dict[str, t.Any]
Note = t.Callable[[dict[str, FactData]], list[tuple[str, str, str]]]


def fact(code: str, **parameters: t.Any) -> FactData:
    return Fact(code, parameters).as_data


def late(wait_s: int) -> FactData:
    return fact("lease_waits", owner="ann", reason="up", wait_s=wait_s)


LATE = "ann acts (up); for up to {} s"
UNKNOWN = fact("stack_unknown")


@pytest.fixture
def note(tmp_path: pathlib.Path) -> Note:
    """Notes refusals; returns the new lines as member, result and cause."""
    seen = 0

    def call(refusals: dict[str, FactData]) -> list[tuple[str, str, str]]:
        nonlocal seen
        with contextlib.closing(
            Audit(str(tmp_path), clock=lambda: 1.0, common={}, syslog="")
        ) as audit:
            note_refusals(str(tmp_path), refusals, audit)
        path = tmp_path / "audit" / "audit.jsonl"
        text = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        new, seen = [json.loads(line) for line in text[seen:]], len(text)
        return [(item["member"] or item["stack"], item["result"], item["cause"]) for item in new]

    return call


def test_begin_change_and_end(note: Note) -> None:
    assert note({"shop/web/1": late(12)}) == [("web/1", "began", LATE.format(12))]
    assert note({"shop/web/1": late(3)}) == []
    damaged = fact("record_damaged", error="not JSON")
    assert note({"shop/web/1": damaged, "shop": UNKNOWN}) == [
        ("shop", "began", "no reachable host knows this stack"),
        ("web/1", "changed", "the record on this host is damaged (not JSON)"),
    ]
    assert [result for _place, result, _text in note({})] == ["ended", "ended"]
    assert note({}) == []


def test_a_line_has_the_code_too(note: Note, tmp_path: pathlib.Path) -> None:
    note({"shop": UNKNOWN})
    line = json.loads((tmp_path / "audit" / "audit.jsonl").read_text(encoding="utf-8"))
    assert (line["action"], line["code"]) == ("refusal", "stack_unknown")


def test_they_are_remembered(note: Note, tmp_path: pathlib.Path) -> None:
    note({"shop/web/1": late(3)})
    assert read_refusals(str(tmp_path)) == {"shop/web/1": late(3)}


def test_what_release_0_1_0_remembered_is_read(note: Note, tmp_path: pathlib.Path) -> None:
    """It wrote the text; its numbers make no difference."""
    (tmp_path / "audit").mkdir()
    old = json.dumps({"shop/web/1": "next try in 12 s"})
    (tmp_path / "audit" / "refusals.json").write_text(old, encoding="utf-8")
    assert note({"shop/web/1": fact("text", text="next try in 3 s")}) == []
    assert note({}) == [("web/1", "ended", "next try in 3 s")]


def test_a_code_of_a_newer_release_is_shown_as_it_is(note: Note) -> None:
    assert note({"shop": fact("of_tomorrow", hosts=2)}) == [
        ("shop", "began", "of_tomorrow: hosts 2")
    ]


@pytest.mark.parametrize("content", ["", "[]", "{", "3", '{"shop": 3}', '{"shop": {}}'])
def test_a_file_that_makes_no_sense_is_forgotten(tmp_path: pathlib.Path, content: str) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "refusals.json").write_text(content, encoding="utf-8")
    assert read_refusals(str(tmp_path)) == {}


def test_what_cannot_be_remembered_is_not_told_again_and_again(
    note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: t.Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert note({"shop": UNKNOWN}) == []
