# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of a member with its volumes on simulated hosts: it never runs without its data, and never twice."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.entry import ARRIVES, LEAVES
from ansible_collections.drover.docker.plugins.module_utils._record.volume_moves import (
    ARRIVE,
    BACK,
    FINISH,
    LEAVE,
)

from .moving import BACK_SERVICE, WRITTEN, Mover, Stopped, moving
from .steps import Order
from .test_upgrades import codes
from .upgrading import STACK, changed_definition
from .world import ControllerKilled

ENOUGH = 100_000


def order(told: Mover, command: str, **more: Any) -> Any:
    return told.told.run(Order(command, STACK, service=BACK_SERVICE, **more))


def reasons(told: Mover, to: str, **more: Any) -> list[str]:
    """The codes of what speaks against a move. The record and the hosts stay as they are."""
    before, version = told.where, told.told.version
    with pytest.raises(Stopped) as stopped:
        told.move(to, **more)
    assert (told.where, told.told.version) == (before, version)
    errors = stopped.value.report.last.errors
    return [item["code"] for fact in errors for item in fact.parameters.get("reasons", [])]


def check_end(told: Mover, host: str) -> None:
    """It runs on this host, with all its data, and nothing else is left."""
    told.told.settle()
    assert (told.phase, told.where) == ("", {host: "running"})
    engine = told.told.world.machines[host].engine
    assert {engine.contents[name][WRITTEN] for name in told.entry["volumes"].values()} == {
        told.written
    }
    told.told.check_nothing_left()


def test_it_runs_on_the_other_host_with_its_data() -> None:
    with moving() as told:
        home, to = told.entry["host"], told.other()
        address, volumes = told.entry["address"], told.entry["volumes"]
        told.move(to)
        assert told.entry["host"] == to
        assert told.entry["address"] not in ("", address)
        assert told.entry["volumes"] == volumes
        assert told.entry["moved"] == {"from": home, "mark": next(iter(told.copies))}
        check_end(told, to)
        for name in volumes.values():  # the old data stay until a person removes them
            assert name in told.told.world.machines[home].engine.contents


def test_while_it_leaves_nobody_starts_it() -> None:
    with moving() as told:
        home, to = told.entry["host"], told.other()
        told.step(LEAVE, to)
        assert (told.phase, told.where) == (LEAVES, {home: "exited"})
        told.told.passes(5)
        order(told, "start")
        order(told, "restart")
        assert (told.phase, told.where) == (LEAVES, {home: "exited"})


def test_where_it_arrives_it_is_made_and_not_started() -> None:
    with moving() as told:
        to = told.other()
        told.step(LEAVE, to)
        told.step(ARRIVE, to)
        assert (told.phase, told.where) == (ARRIVES, {to: "created"})
        told.told.passes(5)
        order(told, "start")
        assert (told.phase, told.where) == (ARRIVES, {to: "created"})


def test_status_says_where_it_goes_and_nobody_waits_for_it() -> None:
    with moving() as told:
        home, to = told.entry["host"], told.other()
        told.step(LEAVE, to)
        report = order(told, "start")
        held = [fact for fact in report.last.held if fact.code == "is_moved"]
        assert [str(fact.text) for fact in held] == [
            f"is moved to {to} (volume_move goes on, or -e to={home} takes it back)"
        ]


@pytest.mark.parametrize("last", [LEAVE, ARRIVE])
def test_it_is_taken_back_without_a_copy(last: str) -> None:
    with moving() as told:
        home, to = told.entry["host"], told.other()
        told.step(LEAVE, to)
        if last == ARRIVE:
            told.step(ARRIVE, to)
        mark = told.mark
        told.move(home)
        assert not told.copies
        assert told.entry["moved"] == {"from": to, "mark": mark}
        check_end(told, home)


def test_there_and_back_again() -> None:
    """What was left behind is old: only with a word it is overwritten."""
    with moving() as told:
        home, to = told.entry["host"], told.other()
        told.move(to)
        told.told.settle()
        assert reasons(told, home) == ["volume_there"]
        told.move(home, force=True)
        check_end(told, home)


# --- killed


@functools.cache
def boundaries() -> int:
    with moving() as told:
        told.told.world.life_left = ENOUGH
        told.move(told.other())
        return ENOUGH - told.told.world.life_left


def test_there_are_boundaries() -> None:
    assert boundaries() > 20


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("part", range(4))
def test_it_goes_on_or_back_wherever_the_controller_dies(part: int, *, back: bool) -> None:
    """Each change of a host and each write of a record is a boundary. Passes in between do no harm."""
    for at in range(part, boundaries(), 4):
        with moving() as told:
            home, to = told.entry["host"], told.other()
            told.told.world.life_left = at
            with contextlib.suppress(ControllerKilled):
                told.move(to)
            told.told.told.append(f"== the controller is killed before change {at}")
            told.told.world.life_left = -1
            told.told.passes(2)
            target = home if back and told.phase else to
            if told.phase or told.entry["host"] != target:
                told.move(target)
            check_end(told, target)


# --- other orders in the middle


def at_phase(told: Mover, last: str) -> tuple[str, str]:
    home, to = told.entry["host"], told.other()
    told.step(LEAVE, to)
    if last == ARRIVE:
        told.step(ARRIVE, to)
    return home, to


@pytest.mark.parametrize("last", [LEAVE, ARRIVE])
def test_a_member_that_is_retired_comes_back_where_its_data_are(last: str) -> None:
    with moving() as told:
        home, _to = at_phase(told, last)
        order(told, "scale", scale=0)
        told.told.settle()
        assert told.where == {}
        order(told, "scale", scale=2)
        check_end(told, home)


@pytest.mark.parametrize("last", [LEAVE, ARRIVE])
def test_a_stack_that_goes_down_comes_back_where_its_data_are(last: str) -> None:
    with moving() as told:
        home, _to = at_phase(told, last)
        told.told.order("down")
        told.told.settle()
        assert told.where == {}
        told.told.up()
        check_end(told, home)


def test_after_the_move_the_new_host_is_the_one_with_the_data() -> None:
    with moving() as told:
        to = told.other()
        told.move(to)
        order(told, "scale", scale=0)
        told.told.settle()
        order(told, "scale", scale=2)
        check_end(told, to)


@pytest.mark.parametrize("last", [LEAVE, ARRIVE])
def test_a_service_that_is_stopped_meanwhile(last: str) -> None:
    with moving() as told:
        _home, to = at_phase(told, last)
        order(told, "stop")
        told.told.passes(2)
        if last == LEAVE:
            told._copy()
        else:
            told.copies[told.mark] = _copied(told)
        told.move(to)
        assert told.where == {to: "created"}
        order(told, "start")
        check_end(told, to)


def _copied(told: Mover) -> dict[str, dict[str, str]]:
    engine = told.told.world.machines[told.entry["move"]["from"]].engine
    return {name: dict(engine.contents[name]) for name in told.entry["volumes"].values()}


@pytest.mark.parametrize("last", [LEAVE, ARRIVE])
def test_an_upgrade_waits_for_the_end_of_it(last: str) -> None:
    """A newcomer would write to the volumes that are copied."""
    with moving() as told:
        home, _to = at_phase(told, last)
        changed = changed_definition(STACK, "back")
        report = told.told.up(definition=changed)
        assert [fact.code for fact in report.last.errors] == ["service_moves"]
        told.move(home)
        told.told.up(definition=changed, policy={"monitor_ms": 5000})
        check_end(told, home)


def test_no_move_while_an_upgrade_is_not_confirmed() -> None:
    with moving() as told:
        told.told.up(definition=changed_definition(STACK, "back"), policy={"monitor_ms": 5000})
        told.told.settle()
        assert "upgrade_open" in reasons(told, told.other())
        assert codes(told.told, "confirm_upgrade") == []
        told.told.settle()
        to = told.other()
        told.move(to)
        check_end(told, to)


# --- hosts that are away


def test_a_host_that_is_away_is_no_way_to_move() -> None:
    with moving() as told:
        home, to = told.entry["host"], told.other()
        assert reasons(told, to, hidden={to}) == ["unfit"]
        assert "unfit" in reasons(told, to, hidden={home})
        assert reasons(told, "nowhere") == ["unfit"]


def test_what_it_comes_from_must_know_that_it_leaves() -> None:
    """A control node that sees this host alone would start it there."""
    with moving() as told:
        home, to = told.entry["host"], told.other()
        told.step(LEAVE, to)
        assert reasons_of(told, ARRIVE, to, {home}) == ["unfit"]
        told.told.passes(2, hidden=set(told.told.world.machines) - {home})
        assert told.where == {home: "exited"}
        told._copy()
        told.step(ARRIVE, to)
        told.told.passes(2, hidden=set(told.told.world.machines) - {home})
        assert told.where == {to: "created"}
        told._fill()
        told.step(FINISH, to, hidden={home})
        told.told.passes(2, hidden=set(told.told.world.machines) - {home})
        check_end(told, to)


def reasons_of(told: Mover, step: str, to: str, hidden: set[str]) -> list[str]:
    with pytest.raises(Stopped) as stopped:
        told.step(step, to, hidden=hidden)
    errors = stopped.value.report.last.errors
    return [item["code"] for fact in errors for item in fact.parameters.get("reasons", [])]


@pytest.mark.parametrize("step", [LEAVE, ARRIVE, FINISH, BACK])
def test_an_order_of_a_minority_has_no_effect(step: str) -> None:
    with moving() as told:
        to = told.other()
        for done in (LEAVE, ARRIVE):
            if step in (ARRIVE, FINISH, BACK) and (done == LEAVE or step != ARRIVE):
                told.step(done, to)
        before, phase = told.where, told.phase
        others = sorted(set(told.told.world.machines) - {told.entry["host"]})
        with pytest.raises(Stopped):
            told.step(step, to, hidden=set(others))
        told.told.settle()
        assert (told.where, told.phase) == (before, phase)


def test_the_old_host_is_away_when_it_arrives() -> None:
    """It lost the member; when it is back, its container goes, and its volume stays."""
    with moving() as told:
        home, to = told.entry["host"], told.other()
        told.step(LEAVE, to)
        told._copy()
        told.told.world.life_left = 8
        with contextlib.suppress(ControllerKilled):
            told.step(ARRIVE, to)
        told.told.world.life_left = -1
        told.told.passes(2, hidden={home})
        assert (told.phase, told.where) == (ARRIVES, {home: "exited", to: "created"})
        told._fill()
        told.step(FINISH, to, hidden={home})
        assert told.where == {home: "exited", to: "running"}
        check_end(told, to)


# --- steps that do not follow


def test_only_what_follows() -> None:
    with moving() as told:
        home, to = told.entry["host"], told.other()
        third = next(iter(set(told.told.world.machines) - {home, to}))
        for step in (ARRIVE, FINISH, BACK):
            with pytest.raises(Stopped, match="no_move"):
                told.step(step, to)
        told.step(LEAVE, to)
        with pytest.raises(Stopped, match="moves_on"):
            told.step(FINISH, to)
        with pytest.raises(Stopped, match="moves_on"):
            told.step(LEAVE, home)
        told.step(LEAVE, third)  # another aim, as nothing has arrived
        told.step(ARRIVE, third)
        for step in (LEAVE, ARRIVE, FINISH):
            with pytest.raises(Stopped, match="moves_on"):
                told.step(step, to)
        told.move(home)
        check_end(told, home)


def test_a_restart_does_not_wait_for_it() -> None:
    """Its life was to end, and has ended; the others have theirs to come."""
    with moving() as told:
        before = {key: item.started_at for key, item in told.told.containers("back").items()}
        order(told, "restart")
        told.step(LEAVE, told.other())
        told.told.passes(5)
        after = {key: item.started_at for key, item in told.told.containers("back").items()}
        assert [key.index for key in before if before[key] != after[key]] == [1, 2]
