# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing healthy is ever killed: not by broken networks, checkers, hosts, clocks or controllers."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from .story import Story, story, web
from .world import CUT, REJECT

SOAK = bool(os.environ.get("DROVER_SOAK"))
LONG_S = 600 if SOAK else 240


def home_of(told: Story, index: int = 1) -> str:
    """The host of a member."""
    return told.member(index)[0].name


def no_checker_runs(told: Story) -> None:
    for host, machine in told.world.machines.items():
        checker = told.world.checker(host)
        if checker is not None:
            machine.stop(checker)
    told.hidden = set(told.world.machines) - {"h1"}


def no_checker_answers(told: Story) -> None:
    told.world.mute = set(told.world.machines)


def a_checker_is_cut_off_from_all(told: Story) -> None:
    told.world.checker_faults[home_of(told)] = CUT


def a_host_is_cut_off(told: Story) -> None:
    for other in told.world.machines:
        for pair in ((home_of(told), other), (other, home_of(told))):
            told.world.overlay_faults[pair] = CUT


def all_hosts_are_cut_off(told: Story) -> None:
    for host in told.world.machines:
        for other in told.world.machines:
            told.world.overlay_faults[host, other] = CUT


def members_of_a_host_are_cut_off(told: Story) -> None:
    told.world.member_faults[home_of(told)] = CUT


def members_of_a_host_are_rejected(told: Story) -> None:
    told.world.member_faults[home_of(told)] = REJECT


def members_are_cut_off_and_their_checker_is_silent(told: Story) -> None:
    told.world.member_faults[home_of(told)] = CUT
    told.world.mute.add(home_of(told))


def members_are_cut_off_and_their_checker_too(told: Story) -> None:
    told.world.member_faults[home_of(told)] = CUT
    told.world.checker_faults[home_of(told)] = REJECT


def members_are_cut_off_and_their_checker_was_just_restarted(told: Story) -> None:
    told.world.member_faults[home_of(told)] = CUT
    told.wait(30)
    checker = told.world.checker(home_of(told))
    if checker is not None:
        told.world.machines[home_of(told)].exit(checker, 1)


def an_engine_is_restarted(told: Story) -> None:
    told.world.machines[home_of(told)].restart_engine()


def an_engine_hangs(told: Story) -> None:
    told.world.machines[home_of(told)].engine.answers = False


def a_host_is_off(told: Story) -> None:
    told.world.machines[home_of(told)].power_off()


def clocks_jump(told: Story) -> None:
    for host, machine in told.world.machines.items():
        machine.skew_s = {"h1": 600.0, "h2": -600.0}.get(host, 0.0)


def the_controller_is_away(told: Story) -> None:
    told.world.pass_time(LONG_S)


TROUBLES: list[Callable[[Story], None]] = [
    no_checker_runs,
    no_checker_answers,
    a_checker_is_cut_off_from_all,
    a_host_is_cut_off,
    all_hosts_are_cut_off,
    members_of_a_host_are_cut_off,
    members_of_a_host_are_rejected,
    members_are_cut_off_and_their_checker_is_silent,
    members_are_cut_off_and_their_checker_too,
    members_are_cut_off_and_their_checker_was_just_restarted,
    an_engine_is_restarted,
    an_engine_hangs,
    a_host_is_off,
    clocks_jump,
    the_controller_is_away,
]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_nothing_healthy_is_killed(trouble: Callable[[Story], None]) -> None:
    with story({"web": web(4)}) as told:
        trouble(told)
        told.wait(LONG_S)
        assert told.repaired() == 0


@pytest.mark.parametrize("hosts", [1, 2])
def test_a_checker_that_reaches_nothing_kills_nothing_where_it_is_alone(hosts: int) -> None:
    with story({"web": web(2)}, hosts=hosts) as told:
        told.world.checker_faults = dict.fromkeys(told.world.machines, CUT)
        told.wait(LONG_S)
        assert told.repaired() == 0
        assert "reaches nothing else and is suspected itself" in told.noted()


def test_a_network_that_comes_and_goes_kills_nothing() -> None:
    with story({"web": web(4)}) as told:
        for seconds in range(1, 40, 4):
            a_host_is_cut_off(told)
            told.wait(seconds, period_s=2)
            told.world.overlay_faults.clear()
            told.wait(40 - seconds, period_s=2)
        assert told.repaired() == 0


def test_a_verdict_that_nobody_confirms_kills_nothing() -> None:
    """It is held by the back-off, gets well unseen, and nobody sees it when the back-off ends."""
    with story({"web": web(3)}) as told:
        told.world.place(("shop", "web", 1)).flap_s = (30.0, 30.0)
        while told.repaired(1) < 4:
            told.wait(5)
        told.world.place(("shop", "web", 1)).flap_s = None
        told.sicken(1, "")
        told.settle(within_s=60)
        told.sicken(1)
        told.wait(20)
        assert "replaced 4 times lately" in told.held()
        told.world.mute = set(told.world.machines)
        told.sicken(1, "")
        told.wait(LONG_S)
        assert told.repaired(1) == 4


def test_one_good_word_is_enough() -> None:
    with story({"web": web(4)}, hosts=4) as told:
        home = home_of(told)
        told.world.bad_to = set(sorted(set(told.world.machines) - {home})[1:])
        told.wait(LONG_S)
        assert told.repaired(1) == 0
        assert told.verdict(1) == "healthy"


@pytest.mark.parametrize(
    ("interval_ms", "way", "lasts_s"), [(500, CUT, 3.0), (3000, REJECT, 4.0), (3000, REJECT, 30.0)]
)
def test_a_checker_that_does_not_see_a_host_has_no_say_and_neither_soon_after(
    interval_ms: int, way: str, lasts_s: float
) -> None:
    """The member's own host is no help here: its checker sees the others, and not the members beside it."""
    with story({"web": web(4, interval_ms=interval_ms, unhealthy_threshold=1)}) as told:
        home = home_of(told)
        told.world.local_faults[home] = REJECT
        told.wait(30)
        for _cut in range(6):
            for other in set(told.world.machines) - {home}:
                told.world.overlay_faults[other, home] = way
            told.wait(lasts_s, period_s=0.5)
            told.world.overlay_faults.clear()
            told.wait(12, period_s=0.5)
        assert told.repaired() == 0


def test_who_says_nothing_changes_no_verdict() -> None:
    with story({"web": web(3)}) as told:
        no_checker_answers(told)
        told.wait(60)
        assert [told.verdict(index) for index in (1, 2, 3)] == ["healthy"] * 3


def test_after_restarts_a_clock_that_is_set_back_does_not_leave_a_member_unjudged() -> None:
    with story({"web": web(2)}) as told:
        for _restart in range(3):
            machine, container = told.member(1)
            machine.exit(container, 1)
        machine.skew_s = -600
        told.settle(within_s=90)


def test_many_configs_kill_nothing_and_keep_what_is_known() -> None:
    with story({"web": web(3)}) as told:
        for count in range(100 if SOAK else 30):
            machine, container = told.member(1 + count % 3)
            machine.exit(container, 1)  # another life: every checker is told of it
            told.wait(10)
        assert told.repaired() == 0


def test_a_short_failure_is_no_sickness() -> None:
    with story({"web": web(3, unhealthy_threshold=3, interval_ms=2000)}) as told:
        for _spell in range(20):
            told.sicken(1)
            told.wait(3, period_s=1)
            told.sicken(1, "")
            told.wait(17)
        assert told.repaired() == 0


def test_after_a_restart_the_state_before_it_is_not_inherited() -> None:
    with story({"web": web(2)}) as told:
        machine, container = told.member(1)
        told.world.place(("shop", "web", 1)).warm_up_s = 50
        for _restart in range(3):
            machine.exit(container, 1)
            told.wait(45, period_s=1)
            assert told.verdict(1) == "healthy"  # of the life before; nothing is said of this one
            assert told.repaired() == 0
            told.settle(within_s=60)


def test_a_slow_start_within_its_time_is_waited_for() -> None:
    with story({"web": web(2)}) as told:
        told.world.place(("shop", "web", 1)).warm_up_s = 55
        told.sicken(1)
        told.settle(within_s=120)
        assert told.repaired() == 1


@pytest.mark.parametrize(("warm_up_s", "repairs"), [(110, 1), (130, 2)])
def test_each_attempt_gets_twice_the_time(warm_up_s: float, repairs: int) -> None:
    """The first replacement has 120 s, as one attempt was made before it."""
    with story({"web": web(2)}) as told:
        told.world.place(("shop", "web", 1)).warm_up_s = warm_up_s
        told.sicken(1)
        told.settle(within_s=400)
        assert told.repaired() == repairs


def test_a_plan_that_waited_too_long_replaces_nobody_who_got_well() -> None:
    """The host was locked between plan and act, and the member recovered meanwhile."""
    with story({"web": web(3)}) as told:
        told.sicken(1)
        told.world.pass_time(9)

        def get_well() -> None:
            told.sicken(1, "")
            told.world.pass_time(20)

        told.meanwhile = get_well
        told.reconcile()  # the story itself watches that nobody healthy is removed


@pytest.mark.parametrize("seconds", [1, 2, 3])
def test_one_failed_check_of_restarted_checkers_replaces_nobody(seconds: int) -> None:
    with story({"web": web(3)}) as told:
        told.sicken(1)
        for host, machine in told.world.machines.items():
            checker = told.world.checker(host)
            if checker is not None:
                machine.exit(checker, 1)  # the engine starts it again
        told.world.pass_time(seconds)
        told.reconcile()
        assert told.repaired(1) == 0
