# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine still knows of why a member has to be repaired."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._audit.evidence import Evidence
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.tests.unit.shared.operations import operation as an_operation
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image, Registry
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine

Json = dict[str, t.Any]
LABELS = {
    "io.drover.managed": "stack",
    "io.drover.stack": "shop",
    "io.drover.service": "web",
    "io.drover.index": "1",
}


def operation(kind: str, container_id: str = "") -> Operation:
    return an_operation(kind, container_id=container_id)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine("h1", clock=Clock(), registry=Registry([Image("app:1")]))


@pytest.fixture
def container(engine: FakeEngine) -> str:
    engine.pull("app:1")
    made = engine.create("shop-web-1", {"Image": "app:1", "Labels": LABELS})
    engine.start(made)
    return made


def evidence(engine: FakeEngine, asked: Operation) -> Json:
    return Evidence(engine, [asked], now=engine.clock.now).of(asked)


def test_how_a_stopped_container_ended(engine: FakeEngine, container: str) -> None:
    engine.end(engine.find(container), 137)
    engine.clock.advance(5)
    found = evidence(engine, operation("start", container))
    assert found == {
        "state": "exited",
        "exit_code": 137,
        "finished_at": "2026-11-22T10:00:00.000000000Z",
        "events": ["2026-11-22T10:00:00Z die exit code 137"],
    }


def test_what_happened_to_one_that_is_gone(engine: FakeEngine, container: str) -> None:
    engine.end(engine.find(container), 0)
    engine.remove(container)
    found = evidence(engine, operation("create"))
    assert found["events"] == [
        "2026-11-22T10:00:00Z die exit code 0",
        "2026-11-22T10:00:00Z destroy",
    ]


def test_no_event_left_is_an_honest_answer(engine: FakeEngine, container: str) -> None:
    engine.remove(container)
    engine.clock.advance(4000)
    assert evidence(engine, operation("create")) == {
        "events": ["no event left of an earlier container"]
    }


def test_other_members_are_other_members(engine: FakeEngine, container: str) -> None:
    engine.remove(container)
    asked = an_operation("create", index=2)
    assert evidence(engine, asked) == {"events": ["no event left of an earlier container"]}


def test_of_what_is_about_no_member_there_is_none(engine: FakeEngine, container: str) -> None:
    engine.remove(container)
    assert evidence(engine, operation("pull")) == {}


def test_an_engine_that_says_nothing_leaves_none(
    engine: FakeEngine, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_args: t.Any) -> t.Any:
        raise EngineError("no answer")

    for name in ("events", "inspect"):
        monkeypatch.setattr(engine, name, silent)
    assert evidence(engine, operation("start", container)) == {}


def test_what_follows_a_new_container_has_none(engine: FakeEngine, container: str) -> None:
    engine.remove(container)
    assert evidence(engine, operation("start")) == {}


def test_a_verdict_on_what_runs_needs_no_events(engine: FakeEngine, container: str) -> None:
    assert evidence(engine, operation("verdict", container)) == {}


def test_a_container_that_is_there_has_only_its_own_events(
    engine: FakeEngine, container: str
) -> None:
    engine.remove(container)
    second = engine.create("shop-web-1", {"Image": "app:1", "Labels": LABELS})
    engine.start(second)
    engine.end(engine.find(second), 3)
    assert evidence(engine, operation("remove", second))["events"] == [
        "2026-11-22T10:00:00Z die exit code 3"
    ]


def test_a_replacement_has_the_evidence_with_what_it_replaces(
    engine: FakeEngine, container: str
) -> None:
    operations = [operation("remove", container), operation("create")]
    gathered = Evidence(engine, operations, now=engine.clock.now)
    assert gathered.of(operations[0])["state"] == "running"
    assert gathered.of(operations[1]) == {}
