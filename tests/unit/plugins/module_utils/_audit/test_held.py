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

Note = t.Callable[[dict[str, str]], list[tuple[str, str, str]]]


@pytest.fixture
def note(tmp_path: pathlib.Path) -> Note:
    """Notes refusals; returns the new lines as member, result and cause."""
    seen = 0

    def call(refusals: dict[str, str]) -> list[tuple[str, str, str]]:
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
    assert note({"shop/web/1": "next try in 12 s"}) == [("web/1", "began", "next try in 12 s")]
    assert note({"shop/web/1": "next try in 3 s"}) == []
    assert note({"shop/web/1": "given up", "shop": "a conflict"}) == [
        ("shop", "began", "a conflict"),
        ("web/1", "changed", "given up"),
    ]
    assert note({}) == [("shop", "ended", "a conflict"), ("web/1", "ended", "given up")]
    assert note({}) == []


def test_they_are_remembered(note: Note, tmp_path: pathlib.Path) -> None:
    note({"shop/web/1": "given up"})
    assert read_refusals(str(tmp_path)) == {"shop/web/1": "given up"}


@pytest.mark.parametrize("content", ["", "[]", "{", "3"])
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
    assert note({"shop": "held"}) == []
