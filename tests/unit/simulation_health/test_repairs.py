# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is truly sick is replaced in time, with the brakes on, and not for ever."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.health.votes import MATURE_S
from ansible_collections.drover.docker.tests.unit.simulation.controller import LEASE_S

from .story import PERIOD_S, Story, story, web
from .watch import GIVE_UP_AFTER, detection_s

WORK_S = 8.0
"""A pass with a repair: the calls of the engine, and the checkers' first results of the new container."""
TINY = {"interval_ms": 500, "response_timeout_ms": 1000, "unhealthy_threshold": 2}
SLOW = {"interval_ms": 5000, "response_timeout_ms": 2000, "unhealthy_threshold": 3}


# --- property 2: in time


@pytest.mark.parametrize("ill", ["500", "refuse", "hang"])
@pytest.mark.parametrize("check", [{}, TINY, SLOW, {"interval_ms": 0, "response_timeout_ms": 0}])
@pytest.mark.parametrize("hosts", [1, 2, 3])
def test_the_sick_is_replaced_in_time(ill: str, check: dict[str, int], hosts: int) -> None:
    """Fall x interval, a running check's time, the age that "not reached" must have, and a pass."""
    services = {"web": web(2, **check)}
    with story(services, hosts=hosts) as told:
        told.sicken(1, ill)
        full = services["web"]["health_check"]
        timeout_s = (full["response_timeout_ms"] or full["interval_ms"] or 2000) / 1000
        hanging_s = timeout_s * (full["unhealthy_threshold"]) if ill == "hang" else 0
        mature_s = 0 if ill == "500" else MATURE_S
        told.wait(detection_s(full) + hanging_s + mature_s + PERIOD_S + 1)
        assert told.repaired(1) == 1
        assert told.settle(within_s=30) <= 30
        assert told.repaired(2) == 0


def test_who_answers_too_slowly_is_replaced() -> None:
    with story({"web": web(2)}) as told:
        told.world.place(("shop", "web", 1)).answer_s = 100
        told.wait(30)
        assert told.repaired(1) == 1


def test_who_never_starts_is_replaced_after_its_time() -> None:
    with story({"web": web(2, initializing_timeout_ms=20000)}) as told:
        told.sicken(1)
        told.world.place(("shop", "web", 1)).ill = "refuse"
        told.wait(20 + 40 + 3 * PERIOD_S + 2 * WORK_S)
        assert told.repaired(1) == 2


def test_a_brake_that_holds_a_sick_one_says_so_in_each_plan() -> None:
    with story({"web": web(4)}) as told:
        told.world.place(("shop", "web", 1)).ill = "500"
        told.wait(20)  # the first is being replaced, and will not become well
        told.sicken(2)
        told.wait(20)
        for _pass in range(10):
            told.wait(PERIOD_S)
            assert told.repaired(2) == 0
            assert "1 of 4 being replaced already: holding 1 until healthy (2)" in told.held()


def test_the_word_of_one_checker_is_enough_while_the_others_are_gone() -> None:
    with story({"web": web(2)}) as told:
        home = told.member(1)[0].name
        gone = next(host for host in told.world.machines if host != home)
        told.world.mute.add(gone)
        told.sicken(1)
        told.wait(20)
        assert told.repaired(1) == 1


# --- property 3: brakes


def lose_database(told: Story) -> None:
    told.world.needs_database.add("web")
    told.world.database_up = False


@pytest.mark.parametrize("scale", [2, 5, 12])
def test_when_all_fail_at_once_one_is_probed_and_the_held_are_not_touched(scale: int) -> None:
    with story({"web": web(scale)}) as told:
        lose_database(told)
        told.wait(600)
        probed = {item.member for item in told.watch.repairs}
        assert len(probed) == 1
        assert f"{scale} of {scale} unhealthy at once: probing 1" in told.held()
        told.world.database_up = True
        told.settle(within_s=30)
        assert {item.member for item in told.watch.repairs} == probed


def test_when_all_restart_and_none_gets_healthy_one_is_probed() -> None:
    with story({"web": web(12)}) as told:
        lose_database(told)
        for machine, container in told.world.checked():
            machine.exit(container, 1)
        told.wait(300)
        probed = {item.member for item in told.watch.repairs}
        assert len(probed) == 1
        told.world.database_up = True
        told.settle(within_s=30)
        assert {item.member for item in told.watch.repairs} == probed


def test_of_many_a_quarter_is_replaced_at_once_and_then_the_next() -> None:
    with story({"web": web(8)}) as told:
        for index in (1, 2, 3, 4):
            told.sicken(index)
        told.settle(within_s=120)
        assert {item.member[2]: told.repaired(item.member[2]) for item in told.watch.repairs} == {
            1: 1,
            2: 1,
            3: 1,
            4: 1,
        }


def test_each_service_has_brakes_of_its_own() -> None:
    with story({"api": web(2), "web": web(2)}) as told:
        told.sicken(1, name="api")
        told.world.place(("shop", "api", 1)).ill = "500"
        told.wait(20)
        told.sicken(1)
        told.wait(20)
        assert told.repaired(1, name="web") == 1


# --- property 4: not for ever


def fail_until_given_up(told: Story, *members: int) -> None:
    """Some two hours: pauses of 10 s to 600 s, or a time limit that doubles."""
    until = told.now + 3 * 3600
    while told.now < until and any(told.repaired(index) < GIVE_UP_AFTER for index in members):
        told.wait(60, period_s=10)


@pytest.mark.parametrize("spells", [(10.0, 30.0), (30.0, 30.0), (120.0, 60.0)])
def test_flapping_ends_in_given_up_and_a_person_goes_on(spells: tuple[float, float]) -> None:
    with story({"web": web(3)}) as told:
        told.world.place(("shop", "web", 1)).flap_s = spells
        fail_until_given_up(told, 1)
        told.wait(1200, period_s=10)
        assert told.repaired() == told.repaired(1) == GIVE_UP_AFTER
        assert "given up after 8 repairs" in "".join(told.messages)
        until = told.now + 300
        while told.repaired() == GIVE_UP_AFTER and told.now < until:
            told.world.pass_time(PERIOD_S)
            told.reconcile(retry=["shop/web"])
        assert told.repaired() == GIVE_UP_AFTER + 1


def test_repairs_of_a_flapping_one_are_further_and_further_apart() -> None:
    with story({"web": web(3)}) as told:
        told.world.place(("shop", "web", 1)).flap_s = (15.0, 15.0)
        fail_until_given_up(told, 1)
        times = [item.at for item in told.watch.repairs]
        for count, (earlier, later) in enumerate(itertools.pairwise(times)):
            assert later - earlier >= min(600, 10 * 2**count)


def test_never_starting_is_given_up_after_growing_pauses() -> None:
    with story({"web": web(3, initializing_timeout_ms=20000)}) as told:
        told.sicken(1)
        told.world.place(("shop", "web", 1)).ill = "refuse"
        fail_until_given_up(told, 1)
        told.wait(3600, period_s=60)
        times = [item.at for item in told.watch.repairs]
        pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert len(times) == GIVE_UP_AFTER
        assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(pauses))
        told.world.place(("shop", "web", 1)).ill = ""
        told.settle(within_s=30)
        assert told.repaired() == GIVE_UP_AFTER


@pytest.mark.parametrize("jump_s", [-600.0, 600.0])
def test_a_clock_that_jumps_does_not_end_the_row(jump_s: float) -> None:
    with story({"web": web(3)}) as told:
        told.world.place(("shop", "web", 1)).flap_s = (30.0, 30.0)
        for jump in range(20):
            told.member(1)[0].skew_s = jump_s * (jump % 2)
            told.wait(300, period_s=15)
        assert told.repaired() == GIVE_UP_AFTER


def test_a_person_who_retries_many_does_not_lift_the_brakes() -> None:
    with story({"web": web(4, initializing_timeout_ms=1000)}) as told:
        for index in (1, 2):
            told.sicken(index)
            told.world.place(("shop", "web", index)).ill = "500"
        fail_until_given_up(told, 1, 2)
        assert told.repaired() == 2 * GIVE_UP_AFTER
        told.wait(600, period_s=60)
        told.reconcile(retry=["shop/web"])
        assert told.repaired() == 2 * GIVE_UP_AFTER + 1
        assert "1 of 4 being replaced already: holding 1 until healthy" in "".join(told.messages)


# --- property 6: strategies


def test_strategy_none_waits_for_ever() -> None:
    with story({"web": web(3, strategy="none")}) as told:
        container = told.member(1)[1]
        told.sicken(1)
        told.wait(300)
        assert told.verdict(1) == "unhealthy"
        told.sicken(1, "")
        told.settle(within_s=30)
        assert told.member(1)[1] is container


def test_quorum_met_and_not_met() -> None:
    with story({"web": web(3, strategy="recreateOnQuorum", quorum=2)}) as told:
        told.sicken(1)
        told.settle(within_s=60)
        assert told.repaired() == 1
        told.sicken(2)
        told.sicken(3)
        told.world.pass_time(15)  # the next pass finds both
        told.wait(105)
        assert told.repaired() == 1
        assert "kept: recreateOnQuorum wants 2 healthy, there are 1" in told.held()


@pytest.mark.parametrize("kill_after", range(5))
def test_a_repair_that_was_cut_short_is_finished_at_once(kill_after: int) -> None:
    """Also between stop and remove: the sick container is not started again, to be waited for in vain.

    The lease of the run that was killed may hold the next one up.
    """
    with story({"web": web(3)}) as told:
        told.sicken(1)
        told.world.pass_time(10)
        assert told.reconcile(kill_after=kill_after) is None
        assert told.settle(within_s=40 + LEASE_S)
        assert told.verdict(1) == "healthy"
