# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One stage of a pass on one host: records first, then the operations that they allow."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act.stage import CallContext, act
from ansible_collections.drover.docker.plugins.module_utils._lock.caller_gone import CallerGone
from ansible_collections.drover.docker.plugins.module_utils._lock.host_lock import (
    HostBusy,
    host_lock,
)
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim, standing
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import read_records
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image, Registry
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine

Json = dict[str, t.Any]
HELD = {"code": "stack_unknown", "parameters": {}}


def record(stack: str, number: int) -> Json:
    return make_record(stack, {"hosts": ["h1"], "members": {}}, number=number, token="t")


def pull(number: int, stack: str) -> Json:
    """An operation that always succeeds."""
    return {
        "id": number,
        "kind": "pull",
        "stack": stack,
        "service": "web",
        "index": 1,
        "container": "",
        "container_id": "",
        "cause": Fact("image_missing").as_data,
        "after": [],
        "args": {"image": "app:1"},
    }


@pytest.fixture
def run(tmp_path: pathlib.Path) -> t.Callable[..., Json]:
    engine = FakeEngine("h1", clock=Clock(), registry=Registry([Image("app:1")]))

    def call(**given: t.Any) -> Json:
        arguments: Json = {
            "records": [],
            "operations": [],
            "term": CallContext(lock_wait_s=0.1, syslog=""),
            **given,
        }
        return dict(act(engine, host="h1", state_dir=str(tmp_path), clock=lambda: 1.0, **arguments))

    return call


def test_records_are_stored_in_the_name_of_the_host(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    assert run(records=[record("a", 1), record("b", 1)]) == {
        "changed": True,
        "results": [],
        "refused": [],
        "lease": None,
    }
    stored, damaged, _newer = read_records(str(tmp_path))
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


def test_nothing_is_stored_where_a_validation_does_not_pass(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    validation = {**pull(1, "a"), "kind": "validate", "args": {"model": {"frontends": 1}}}
    outcome = run(records=[record("a", 1), record("b", 1)], operations=[validation, pull(2, "a")])
    assert [(item["id"], item["status"]) for item in outcome["results"]] == [(1, "failed")]
    assert [item["stack"] for item in outcome["refused"]] == ["a", "b"]
    assert (outcome["changed"], read_records(str(tmp_path))) == (False, ({}, {}, {}))


def test_records_too_are_written_under_the_lock(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    with host_lock(str(tmp_path), owner="other"), pytest.raises(HostBusy):
        run(records=[record("a", 1)])
    assert read_records(str(tmp_path)) == ({}, {}, {})


def claim(token: str, **given: t.Any) -> Claim:
    fields: Json = {"owner": f"root@{token}", "reason": "up shop", "unattended": False, **given}
    return Claim(token=token, ticket=0.5, duration_s=30.0, **fields)


def term(token: str, *, prepare: bool = False, **given: t.Any) -> CallContext:
    return CallContext(claim(token), prepare, lambda: 1000.0, syslog="", lock_wait_s=0.1, **given)


def audit_lines(folder: pathlib.Path) -> list[Json]:
    text = (folder / "audit" / "audit.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_without_the_lease_nothing_is_done(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    run(term=term("a", prepare=True))
    outcome = run(records=[record("x", 1)], operations=[pull(1, "x")], term=term("b"))
    assert (outcome["results"], outcome["refused"], outcome["changed"]) == ([], [], False)
    assert outcome["lease"]["owner"] == "root@a"
    assert read_records(str(tmp_path)) == ({}, {}, {})


def test_a_host_whose_lock_hangs_can_do_nothing(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    """A stale lease names a run that ended; nobody is told to wait for that."""
    run(operations=[pull(1, "x")], term=term("a", alone=True))
    with host_lock(str(tmp_path), owner="somebody"):
        outcome = run(operations=[pull(1, "x")], term=term("b", alone=True))
    assert (outcome["lease"], outcome["results"]) == (None, [])
    assert "somebody, process" in outcome["unable"]


@pytest.mark.parametrize("code", [errno.EROFS, errno.EIO, errno.ENOSPC])
def test_a_host_that_refuses_to_write_can_do_nothing(
    run: t.Callable[..., Json], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def broken(*_args: t.Any, **_named: t.Any) -> int:
        raise OSError(code, os.strerror(code))

    run(term=term("a", prepare=True))
    monkeypatch.setattr("os.open", broken)
    outcome = run(operations=[pull(1, "x")], term=term("b", alone=True))
    assert (outcome["lease"], os.strerror(code) in outcome["unable"]) == (None, True)


@pytest.mark.parametrize("last", [True, False])
def test_the_lease_is_given_back_where_nothing_follows(
    run: t.Callable[..., Json], tmp_path: pathlib.Path, *, last: bool
) -> None:
    run(records=[record("x", 1)], term=term("a", prepare=True, last=last))
    found = standing(str(tmp_path), clock=lambda: 1000.0)
    assert found
    assert found["finished"] is last


def test_while_somebody_acts_it_is_told_who(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    run(term=term("a", prepare=True))
    with host_lock(str(tmp_path), owner="a"):
        outcome = run(operations=[pull(1, "x")], term=term("b"))
    assert (outcome["lease"]["owner"], outcome["lease"]["busy"]) == ("root@a", True)


def test_a_call_that_acted_is_finished_and_one_that_prepared_is_not(
    run: t.Callable[..., Json],
) -> None:
    asks = {"operations": [pull(2, "x")], "term": term("b")}
    run(term=term("a", prepare=True))
    assert not run(**asks)["lease"]["finished"]
    run(operations=[pull(1, "x")], term=term("a"))
    assert run(**asks)["lease"]["finished"]


def test_whose_controller_is_gone_stops_before_the_next_operation(
    run: t.Callable[..., Json],
) -> None:
    answers = iter(["", "", "the controller is gone"])
    operations = [pull(1, "x"), {**pull(2, "x"), "after": [1]}]
    run(term=term("a", prepare=True))
    outcome = run(operations=operations, term=term("a", abandoned=lambda: next(answers)), workers=1)
    assert [(item["status"], item["error"]) for item in outcome["results"]] == [
        ("done", ""),
        ("stale", "the controller is gone"),
    ]


def test_whose_controller_left_before_the_lock_was_free_does_nothing(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    late = term("a", prepare=True, abandoned=lambda: "the controller is gone")
    with pytest.raises(CallerGone, match="the controller is gone"):
        run(records=[record("x", 1)], term=late)
    assert not (tmp_path / "lease").exists()
    assert not (tmp_path / "stacks").exists()


def test_each_operation_and_record_is_in_the_audit(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    cause = Fact("revision", {"note": "up"}).as_data
    run(records=[{**record("x", 1), "cause": cause}], term=term("a", prepare=True))
    run(records=[{**record("x", 1), "token": "t"}], operations=[pull(1, "x")], term=term("a"))
    stored, pulled = audit_lines(tmp_path)
    common = {"run": "a", "who": "root@a", "by": "person", "command": "up shop", "host": "h1"}
    assert common.items() <= stored.items()
    assert common.items() <= pulled.items()
    assert (stored["action"], stored["stack"], stored["cause"]) == ("record", "x", "up")
    assert (stored["code"], stored["parameters"]) == ("revision", {"note": "up"})
    assert (pulled["action"], pulled["member"]) == ("pull", "web/1")
    assert (pulled["cause"], pulled["code"]) == ("image not present", "image_missing")
    assert pulled["parameters"] == {}
    assert (pulled["result"], pulled["error"]) == ("done", "")
    assert pulled["seconds"] >= 0


def test_a_refused_record_is_in_the_audit(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    run(records=[record("a", 5)])
    run(records=[record("a", 4)])
    assert [item["result"] for item in audit_lines(tmp_path)] == ["done", "refused"]
    assert "this host has version 5" in audit_lines(tmp_path)[1]["error"]


def test_a_stage_without_anything_to_do_leaves_no_line(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    run(term=term("a", prepare=True))
    assert not (tmp_path / "audit").exists()


def test_what_is_held_is_remembered_and_told(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    run(refusals={"shop/web/1": HELD}, term=term("a", prepare=True))
    (line,) = audit_lines(tmp_path)
    assert (line["action"], line["member"], line["result"]) == ("refusal", "web/1", "began")


def test_to_remember_what_is_held_needs_no_lease(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    run(term=term("a", prepare=True))
    assert run(refusals={"shop": HELD}, term=term("b"))["lease"] is None
    assert [item["run"] for item in audit_lines(tmp_path)] == ["b"]
    assert run(operations=[pull(1, "x")], term=term("b"))["lease"]["owner"] == "root@a"


def test_the_lock_says_who_acts(run: t.Callable[..., Json], tmp_path: pathlib.Path) -> None:
    run(term=term("a", prepare=True))
    assert json.loads((tmp_path / "lock").read_text(encoding="utf-8"))["owner"] == "root@a"


def test_long_texts_in_a_cause_are_truncated_in_the_audit(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    why = Fact("start_failed", {"error": "x" * 9999}).as_data
    run(records=[{**record("x", 1), "cause": Fact("created_only", {"why": why}).as_data}])
    (stored,) = audit_lines(tmp_path)
    assert len(stored["cause"]) == len(stored["parameters"]["why"]["parameters"]["error"]) == 500
