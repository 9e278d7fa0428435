# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host itself neither starts nor makes a member that its record moves, whatever an old plan says."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.acting_host import Host


def moves(phase: str) -> dict[str, t.Any]:
    return {"move": {"to": "h2", "from": "h1", "phase": phase, "mark": "t"}}


@pytest.fixture(name="host")
def _host(tmp_path: pathlib.Path) -> Host:
    return Host(tmp_path)


def outcome(host: Host) -> list[tuple[str, str]]:
    results = host.run(host.create(1), host.start(1, after=[1]))
    return [(result["status"], result["error"]) for result in results]


def test_without_a_move_it_is_made_and_started(host: Host) -> None:
    assert [status for status, _error in outcome(host)] == ["done", "done"]


def test_where_it_leaves_it_is_not_made(host: Host) -> None:
    host.store(2, **moves("leaves"))
    assert outcome(host)[0] == ("stale", "the member leaves this host")


def test_where_it_arrives_it_is_made_and_not_started(host: Host) -> None:
    host.store(2, **moves("arrives"))
    assert [status for status, _error in outcome(host)] == ["done", "stale"]
