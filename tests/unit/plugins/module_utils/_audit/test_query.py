# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the audit back: filters, ages, rotated and damaged files."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._audit import log as audit_log
from ansible_collections.drover.docker.plugins.module_utils._audit.log import Audit
from ansible_collections.drover.docker.plugins.module_utils._audit.query import (
    read_audit,
    since_time,
)

NOW = 1795341600.0


def write(folder: pathlib.Path, count: int, **fields: t.Any) -> None:
    times = iter(range(count))
    with contextlib.closing(
        Audit(str(folder), clock=lambda: NOW + next(times), common={"host": "h1"}, syslog="")
    ) as audit:
        for number in range(count):
            audit.write(number=number, **fields)


def numbers(folder: pathlib.Path, **given: t.Any) -> list[int]:
    arguments: dict[str, t.Any] = {"wanted": {}, **given}
    return [line["number"] for line in read_audit(str(folder), **arguments)]


def test_nothing_written_is_nothing_read(tmp_path: pathlib.Path) -> None:
    assert numbers(tmp_path) == []


def test_the_newest_lines_oldest_first(tmp_path: pathlib.Path) -> None:
    write(tmp_path, 5)
    assert numbers(tmp_path) == [0, 1, 2, 3, 4]
    assert numbers(tmp_path, limit=2) == [3, 4]


def test_rotated_files_are_read_too(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "MAX_BYTES", 250)
    write(tmp_path, 12)
    assert len(list((tmp_path / "audit").iterdir())) > 2
    assert numbers(tmp_path) == list(range(12))
    assert numbers(tmp_path, limit=9) == list(range(3, 12))


def test_all_filters_must_fit(tmp_path: pathlib.Path) -> None:
    write(tmp_path, 1, stack="shop", action="start")
    write(tmp_path, 2, stack="shop", action="stop")
    assert numbers(tmp_path, wanted={"stack": "shop", "action": "stop"}) == [0, 1]
    assert numbers(tmp_path, wanted={"stack": "shop", "action": ""}) == [0, 0, 1]
    assert numbers(tmp_path, wanted={"stack": "other"}) == []


def test_since(tmp_path: pathlib.Path) -> None:
    write(tmp_path, 10)
    assert numbers(tmp_path, since=since_time("3s", now=NOW + 10)) == [7, 8, 9]
    assert numbers(tmp_path, since=since_time("2026-11-22T10:00:08Z", now=NOW)) == [8, 9]
    assert len(numbers(tmp_path, since=since_time("2026-11-22", now=NOW))) == 10


@pytest.mark.parametrize("text", ["yesterday", "2", "2 weeks", "22.11.2026", "-1h"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be an age such as 45s, 30min, 2h or 7d"):
        since_time(text, now=NOW)


def test_damaged_lines_are_left_out(tmp_path: pathlib.Path) -> None:
    write(tmp_path, 2)
    path = tmp_path / "audit" / "audit.jsonl"
    with path.open("ab") as stream:
        stream.write(b'{"time": "2026-11\n[]\n\xff\xfe\n\n{"no": "time"}\n')
    assert numbers(tmp_path) == [0, 1]
