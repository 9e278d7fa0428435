# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One stage of a pass on one host: records first, then the operations that they allow."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils.act import act
from ansible_collections.drover.docker.plugins.module_utils.hostlock import HostBusy, host_lock
from ansible_collections.drover.docker.plugins.module_utils.record import make_record
from ansible_collections.drover.docker.plugins.module_utils.store import read_records
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image, Registry
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine

Json = dict[str, t.Any]


def record(stack: str, number: int) -> Json:
    return make_record(stack, {"hosts": ["h1"], "members": {}}, number=number, token="t")


def pull(number: int, stack: str) -> Json:
    """An operation that always succeeds."""
    return {
        "id": number,
        "kind": "pull",
        "stack": stack,
        "container": "",
        "after": [],
        "args": {"image": "app:1"},
    }


@pytest.fixture
def run(tmp_path: pathlib.Path) -> t.Callable[..., Json]:
    engine = FakeEngine("h1", clock=Clock(), registry=Registry([Image("app:1")]))

    def call(**given: t.Any) -> Json:
        arguments: Json = {"records": [], "operations": [], "lock_wait_s": 0.1, **given}
        return act(engine, host="h1", state_dir=str(tmp_path), clock=lambda: 1.0, **arguments)

    return call


def test_records_are_stored_in_the_name_of_the_host(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    assert run(records=[record("a", 1), record("b", 1)]) == {
        "changed": True,
        "results": [],
        "refused": [],
    }
    stored, damaged = read_records(str(tmp_path))
    assert (set(stored), damaged) == ({"a", "b"}, {})
    assert {item["host"] for item in stored.values()} == {"h1"}


def test_the_same_again_is_no_change(run: t.Callable[..., Json]) -> None:
    run(records=[record("a", 1)])
    assert not run(records=[record("a", 1)])["changed"]
    assert not run()["changed"]


def test_operations_of_a_stack_whose_record_is_refused_are_not_run(
    run: t.Callable[..., Json],
) -> None:
    run(records=[record("a", 5)])
    outcome = run(records=[record("a", 4), record("b", 1)], operations=[pull(1, "a"), pull(2, "b")])
    assert [item["stack"] for item in outcome["refused"]] == ["a"]
    assert "this host has version 5" in outcome["refused"][0]["reason"]
    assert [(item["id"], item["status"]) for item in outcome["results"]] == [
        (1, "skipped"),
        (2, "done"),
    ]
    assert outcome["changed"]


def test_records_too_are_written_under_the_lock(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    with host_lock(str(tmp_path), owner="other"), pytest.raises(HostBusy):
        run(records=[record("a", 1)])
    assert read_records(str(tmp_path)) == ({}, {})
