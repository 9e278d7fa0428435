# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of one host: its lines, its rotation, and that it never stands in the way."""

from __future__ import annotations

import contextlib
import json
import pathlib
import socket
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._audit import log as audit_log
from ansible_collections.drover.docker.plugins.module_utils._audit.log import Audit

Json = dict[str, t.Any]
COMMON = {"run": "r1", "who": "root@control", "host": "h1"}


def lines(folder: pathlib.Path, name: str = "audit.jsonl") -> list[Json]:
    text = (folder / "audit" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def new(folder: pathlib.Path, **given: t.Any) -> Audit:
    fields: Json = {"clock": lambda: 1795341600.25, "common": COMMON, "syslog": "", **given}
    return Audit(str(folder), **fields)


def test_a_line_has_its_time_and_what_is_common(tmp_path: pathlib.Path) -> None:
    with contextlib.closing(new(tmp_path)) as audit:
        audit.write(action="start", error="x" * 900)
    assert lines(tmp_path) == [
        {"time": "2026-11-22T10:00:00.250Z", **COMMON, "action": "start", "error": "x" * 500}
    ]


def test_only_root_reads_it(tmp_path: pathlib.Path) -> None:
    with contextlib.closing(new(tmp_path)) as audit:
        audit.write(action="start")
    assert (tmp_path / "audit").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "audit" / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_nothing_is_made_before_the_first_line(tmp_path: pathlib.Path) -> None:
    new(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_it_is_rotated(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "MAX_BYTES", 1000)
    with contextlib.closing(new(tmp_path)) as audit:
        for number in range(100):
            audit.write(number=number)
    files = sorted(path.name for path in (tmp_path / "audit").iterdir())
    assert files == ["audit.jsonl", *(f"audit.jsonl.{n}" for n in range(1, 5))]
    assert all(path.stat().st_size <= 1000 for path in (tmp_path / "audit").iterdir())
    assert lines(tmp_path)[-1]["number"] == 99


@pytest.mark.parametrize("fault", ["folder", "stream"])
def test_a_disk_that_refuses_is_no_failure(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def full(*_args: t.Any, **_named: t.Any) -> None:
        raise OSError(28, "No space left on device")

    if fault == "folder":
        monkeypatch.setattr("os.makedirs", full)
    else:
        monkeypatch.setattr(audit_log._File, "shouldRollover", full)
    with contextlib.closing(new(tmp_path)) as audit:
        audit.write(action="start")


def test_each_line_goes_to_syslog_too(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind(path)
        syslog.settimeout(5)
        with contextlib.closing(new(tmp_path, syslog=path)) as audit:
            audit.write(action="start")
        told = syslog.recv(4096).rstrip(b"\0").decode("utf-8")
    assert told.startswith("<30>drover: {")
    assert json.loads(told.partition(": ")[2])["action"] == "start"


def test_without_a_syslog_the_file_is_written(tmp_path: pathlib.Path) -> None:
    with contextlib.closing(new(tmp_path, syslog=str(tmp_path / "none"))) as audit:
        audit.write(action="start")
    assert len(lines(tmp_path)) == 1
