# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is held, a member is quiet, and both go on whatever happens."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import (
    Claim,
    Lease,
    LeaseHeld,
    standing,
)
from ansible_collections.drover.docker.plugins.module_utils._volumes.held import CannotHold, held
from ansible_collections.drover.docker.plugins.module_utils._volumes.quiet import NotStarted, quiet
from ansible_collections.drover.docker.plugins.module_utils._volumes.swap import swapped


class Engine:
    """One container, and what was asked for it."""

    def __init__(self, *, running: bool = True, paused: bool = False, refusals: int = 0) -> None:
        self.state = {"Running": running, "Paused": paused}
        self.refusals = refusals
        self.calls: list[str] = []

    def inspect(self, _container: str) -> dict[str, t.Any]:
        return {"State": dict(self.state), "Config": {"StopTimeout": 7}}

    def start(self, _container: str) -> None:
        self.calls.append("start")
        if self.refusals:
            self.refusals -= 1
            raise EngineError("no")
        self.state["Running"] = True

    def stop(self, _container: str, timeout_s: float) -> None:
        self.calls.append(f"stop {timeout_s:g}")
        self.state["Running"] = False

    def pause(self, _container: str) -> None:
        self.calls.append("pause")
        self.state["Paused"] = True

    def unpause(self, _container: str) -> None:
        self.calls.append("unpause")
        self.state["Paused"] = False


def claim(token: str = "a", *, unattended: bool = False) -> Claim:
    return Claim(token, f"{token}@control", "volume_backup shop/db", unattended, 1.0, 60.0)


@pytest.mark.parametrize(
    ("how", "calls"),
    [("stop", ["stop 7", "start"]), ("pause", ["pause", "unpause"]), ("none", [])],
)
def test_a_member_goes_on_after_a_failure(how: str, calls: list[str]) -> None:
    engine = Engine()
    with pytest.raises(ZeroDivisionError), quiet(engine, "c", how):
        raise ZeroDivisionError
    assert (engine.calls, engine.state) == (calls, {"Running": True, "Paused": False})


def test_a_member_that_does_not_run_is_not_started() -> None:
    engine = Engine(running=False)
    with quiet(engine, "c", "stop"):
        pass
    assert engine.calls == []


def test_a_start_is_tried_again_and_its_failure_is_said() -> None:
    engine = Engine(refusals=2)
    with quiet(engine, "c", "stop"):
        pass
    assert engine.calls == ["stop 7", "start", "start", "start"]
    with pytest.raises(NotStarted, match="next pass"), quiet(Engine(refusals=9), "c", "stop"):
        pass


def hold(folder: Path, own: Claim, wait_s: float = 0.0) -> t.ContextManager[None]:
    return held(str(folder), own, wait_s=wait_s, gone=lambda: False, pause=lambda _s: None)


def test_no_other_run_acts_meanwhile_and_knows_why(tmp_path: Path) -> None:
    with hold(tmp_path, claim()):
        found = standing(str(tmp_path))
        assert found is not None
        assert (found["reason"], found["finished"]) == ("volume_backup shop/db", False)
        with pytest.raises(LeaseHeld):
            Lease(str(tmp_path), claim("b")).take_alone()
        with pytest.raises(CannotHold, match="a@control"), hold(tmp_path, claim("b")):
            pytest.fail("the host is held by another run")


@pytest.mark.parametrize("fails", [False, True])
def test_the_next_run_need_not_wait(tmp_path: Path, fails: bool) -> None:
    with contextlib.suppress(ZeroDivisionError), hold(tmp_path, claim()):
        if fails:
            raise ZeroDivisionError
    with hold(tmp_path, claim("b")):
        pass


def test_a_timer_gives_way(tmp_path: Path) -> None:
    Lease(str(tmp_path), claim("timer", unattended=True)).take()
    with hold(tmp_path, claim()):
        pass


def test_who_waits_gets_the_host_when_it_is_free(tmp_path: Path) -> None:
    other = Lease(str(tmp_path), claim("b"))
    other.take()
    waits = threading.Event()

    def pause(_s: float) -> None:
        waits.set()
        other.finish()

    with held(str(tmp_path), claim(), wait_s=60, gone=lambda: False, pause=pause):
        assert waits.is_set()


def test_who_waits_ends_with_its_control_node(tmp_path: Path) -> None:
    Lease(str(tmp_path), dataclasses.replace(claim("b"), duration_s=600)).take()
    gone = held(str(tmp_path), claim(), wait_s=600, gone=lambda: True)
    with pytest.raises(CannotHold), gone:
        pytest.fail("another run has the lease")


def test_folders_are_exchanged_all_or_none(tmp_path: Path) -> None:
    for name in ("old1", "new1", "old2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "is").write_text(name)

    def pair(number: int) -> tuple[str, str]:
        return str(tmp_path / f"old{number}"), str(tmp_path / f"new{number}")

    with pytest.raises(FileNotFoundError):
        swapped([pair(1), pair(2)])
    assert (tmp_path / "old1" / "is").read_text() == "old1"
    assert (tmp_path / "old2" / "is").read_text() == "old2"
    swapped([pair(1)])
    assert (tmp_path / "old1" / "is").read_text() == "new1"
    assert (tmp_path / "new1" / "is").read_text() == "old1"
