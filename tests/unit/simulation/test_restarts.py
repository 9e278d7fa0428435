# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling restarts on simulated hosts (Rancher's behaviour 36): the same containers, and never too many at once."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import pytest

from .steps import Order
from .test_upgrades import codes
from .upgrading import STACK, Story, changed_definition, story
from .world import ControllerKilled

SERVICES = ("front", "back")
ENOUGH = 100_000


def restart(told: Story, **policy: Any) -> None:
    told.run(Order("restart", STACK, service=99), policy=policy)


def starts(told: Story, service: str = "") -> dict[str, tuple[str, int]]:
    """Id of each member's container, and how often it was started."""
    found = told.containers(service)
    return {member.home.key: (item.id, item.starts) for member, item in found.items() if item.live}


def more(before: dict[str, tuple[str, int]], times: int = 1) -> dict[str, tuple[str, int]]:
    return {key: (mark, number + times) for key, (mark, number) in before.items()}


def test_every_member_is_restarted_once_and_one_at_a_time() -> None:
    with story() as told:
        before, wanted = starts(told), len(told.serving("front"))
        restart(told)
        told.settle()
        assert starts(told) == more(before)
        assert told.least["front"] == wanted - 1
        told.check_nothing_left()


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_so_many_at_a_time(batch_size: int) -> None:
    """Those under way have an hour before the next one is taken."""
    with story() as told:
        before = starts(told, "front")
        restart(told, batch_size=batch_size, interval_ms=3_600_000)
        told.passes(10)
        now = starts(told, "front")
        assert sum(now[key] != before[key] for key in before) == batch_size
        told.world.pass_time(3600)
        told.passes(2)
        now = starts(told, "front")
        assert sum(now[key] != before[key] for key in before) == min(2 * batch_size, len(before))


def test_a_second_order_restarts_all_again() -> None:
    with story() as told:
        before = starts(told, "front")
        for _order in range(2):
            restart(told)
            told.settle()
        assert starts(told, "front") == more(before, 2)


def test_one_that_does_not_come_back_keeps_the_others() -> None:
    """A restart must not take a service down that does not bear one."""
    with story() as told:
        before = starts(told, "front")
        for item in told.containers("front").values():
            item.broken = True  # from its next start on
        restart(told)
        told.passes(20)
        now = starts(told, "front")
        assert sum(now.get(key) == mark for key, mark in before.items()) == len(before) - 1


@functools.cache
def boundaries() -> int:
    with story() as told:
        told.world.life_left = ENOUGH
        restart(told)
        told.settle()
        return ENOUGH - told.world.life_left


def test_there_are_boundaries() -> None:
    assert boundaries() > len(SERVICES) * 3


@pytest.mark.parametrize("part", range(4))
def test_later_passes_end_it_wherever_the_controller_dies(part: int) -> None:
    """Each change of a host and each write of a record is a boundary. Nobody is restarted twice."""
    for at in range(part, boundaries(), 4):
        with story() as told:
            before, wanted = starts(told), len(told.serving("front"))
            told.world.life_left = at
            with contextlib.suppress(ControllerKilled):
                restart(told)
                told.settle()
            told.told.append(f"== the controller is killed before change {at}")
            told.world.life_left = -1
            told.settle()
            assert starts(told) in (before, more(before))
            assert told.least["front"] >= wanted - 1
            told.check_nothing_left()


def test_a_host_that_is_away_is_told_and_left_out() -> None:
    with story() as told:
        before = starts(told)
        hidden = {told.body["members"]["front/1"]["host"]}
        report = told.run(Order("restart", STACK, service=99), hidden=hidden)
        assert "not_restarted" in {fact.code for fact in report.plans[0].notes}
        told.settle()
        assert starts(told)["front/1"] == before["front/1"]
        assert starts(told)["front/2"] == more(before)["front/2"]


def test_a_minority_restarts_nobody() -> None:
    """Not now and not later: an order that failed has no effect."""
    with story() as told:
        before = starts(told)
        told.run(Order("restart", STACK, service=99), hidden={"h2", "h3"})
        told.settle()
        assert starts(told) == before


def test_an_upgrade_in_the_middle_of_it() -> None:
    with story() as told:
        restart(told)
        told.up(definition=changed_definition(STACK, "front"), policy={"monitor_ms": 5000})
        told.settle()
        assert all(mark[1] == 1 for mark in starts(told, "front").values())
        told.check_nothing_left()


def test_what_does_not_run_is_not_restarted() -> None:
    with story() as told:
        told.order("stop")
        told.settle()
        assert codes(told, "restart") == ["nothing_to_restart"]
        told.order("start")
        told.settle()
        assert set(told.serving("front")) == {"front/1", "front/2", "front/3"}
