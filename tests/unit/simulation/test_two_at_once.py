# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two commands for one stack at once, call by call: the one that is overtaken plans anew, and none fails."""

from __future__ import annotations

import random

import pytest

from .controller import Controller, Report
from .play import play, simulated
from .steps import Fault, Order, Run
from .world import SimulatedWorld

CALLS = 400
"""More than both commands make together, with all their waits."""


def interleaved(
    world: SimulatedWorld, orders: list[Order], *, seed: int
) -> tuple[list[Report], str]:
    """Carry the orders out at once, in random turns."""
    dice = random.Random(seed)
    said: list[str] = []
    reports = [Report() for _order in orders]
    runs = {
        number: Controller(world, order, hidden=set(), say=said.append).turns(reports[number])
        for number, order in enumerate(orders)
    }
    for _call in range(CALLS):
        number = dice.choice(sorted(runs))
        said.append(f"{number}:")
        if next(runs[number], "over") == "over":
            del runs[number]
        if not runs:
            break
    assert not runs
    return reports, "\n".join(said)


@pytest.mark.parametrize("seed", range(30))
def test_the_loser_of_two_ups_plans_anew(seed: int) -> None:
    with simulated(3, seed=seed) as world:
        orders = [Order("up", "a", variant=1), Order("up", "a", variant=2)]
        reports, story = interleaved(world, orders, seed=seed)
        assert [report.blocked for report in reports] == [[], []], story
        bodies = [copy["body"] for copy in world.records.copies("a").values()]
        assert [body == bodies[0] for body in bodies] == [True] * 3


@pytest.mark.parametrize("killed", range(2, 12))
def test_a_host_that_just_joined_has_its_say(killed: int) -> None:
    """The order of a run that was killed may have its majority with a new host, which the next run does not see."""
    unseen = 1
    play(
        1,
        [
            Run(Order("up", "jobs")),
            Fault("join"),
            Run(Order("up", "jobs", variant=2), kill_after=killed),
            Fault("read_error", unseen, 3),
            Run(Order("up", "jobs", variant=1)),
        ],
    )


def test_an_order_that_reaches_its_majority_while_another_run_looks_is_not_undone() -> None:
    """Hosts are seen one after the other: one was seen without the order before it was stored there."""
    play(
        3,
        [
            Run(Order("up", "a")),
            Fault("kill", 4, 7),
            Fault("fail_starts", 4, 4),
            Run(
                Order("up", "a", variant=1),
                limit=4,
                rival=Order("up", "a"),
                rival_at=3,
                rival_limit=1,
            ),
            Run(
                Order("scale", which=2, service=1, scale=1),
                rival=Order("stop", which=7, service=6, scale=3),
                rival_limit=4,
            ),
        ],
        seed=2694518,
    )
