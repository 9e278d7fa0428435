# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random stories: any numbers stand for a service, faults and waits; at the end all heals and peace must return."""

from __future__ import annotations

import random
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._plan.world.crash_loop import (
    CRASH_LOOP_WINDOW_S,
)

from .balancers import SERVICE
from .faults import APPLICATIONS, THEMES, Faults
from .story import Story, front, story, web
from .watch import Broken, detection_s

Json = dict[str, Any]
QUIET_PASSES = 3
BALANCED = 0.5
"""How many stories have load balancers."""
TRUSTING = 0.3
"""How many of these do not see that a member is sick."""


def service_of(number: int) -> Json:
    """The service that a number stands for."""
    dice = random.Random(number)
    check: Json = {
        "interval_ms": dice.choice([0, 500, 1000, 2000, 2000, 5000]),
        "response_timeout_ms": dice.choice([0, 1000, 2000, 2000, 4000]),
        "healthy_threshold": dice.choice([0, 1, 2, 2, 5]),
        "unhealthy_threshold": dice.choice([0, 1, 2, 3, 3]),
        "initializing_timeout_ms": dice.choice([0, 20000, 60000]),
        "reinitializing_timeout_ms": dice.choice([0, 20000, 60000]),
        "strategy": dice.choice(["recreate"] * 4 + ["none", "recreateOnQuorum"]),
        "quorum": dice.choice([1, 2]),
    }
    if dice.random() < 0.25:
        check["request"] = None
    return web(dice.choice([1, 2, 3, 4, 5, 8]), **check)


def peace_s(check: Json) -> float:
    """Seconds within which all is well after the last fault has ended."""
    interval_s = (check["interval_ms"] or 2000) / 1000
    rise_s = (check["healthy_threshold"] or 2) * interval_s
    return rise_s + detection_s(check) + CRASH_LOOP_WINDOW_S + 60


def play(hosts: int, about: int, steps: list[int]) -> None:
    """One random story from its beginning to its end."""
    dice = random.Random(about)
    found = service_of(about)
    services = {"web": found, **({SERVICE: front()} if dice.random() < BALANCED else {})}
    with story(services, hosts=hosts, seed=about) as told:
        told.say(f"{hosts} hosts, {', '.join(services)}: {found['health_check']}, {found['scale']}")
        balancers = told.world.balancers
        balancers.session_s = dice.choice([0.0, 3.0, 30.0])
        balancers.trusting = {host for host in told.world.machines if dice.random() < TRUSTING}
        if dice.random() < 0.3:
            told.world.needs_database.add("web")
        for machine in told.world.machines.values():
            machine.skew_s = dice.choice([0.0, 0.0, -600.0, 600.0, dice.uniform(-600, 600)])
        faults, theme = Faults(told), dice.choice(THEMES)
        for number in steps:
            _step(told, faults, theme, number)
        _end(told, faults, peace_s(found["health_check"]))


def _step(told: Story, faults: Faults, theme: list[str], number: int) -> None:
    dice = random.Random(number)
    faults.inflict(number, dice.choice([theme, theme, theme, APPLICATIONS]))
    if dice.random() < 0.7:
        told.wait(dice.choice([1.0, 5.0, 10.0, 30.0, 30.0, 90.0, 200.0]))


def _end(told: Story, faults: Faults, within_s: float) -> None:
    told.say(f"{told.now:.1f} ---- the end: {faults.heal_all()}")
    told.settle(within_s=within_s)
    before = [item.snapshot() for _machine, item in told.world.checked()]
    for _pass in range(QUIET_PASSES):
        told.world.pass_time(60)
        report = told.reconcile()
        if report is None or report.plans[0].has_work:
            raise Broken(f"a pass that should rest plans {report and report.plans[0].lines()}")
    if before != [item.snapshot() for _machine, item in told.world.checked()]:
        raise Broken("a container was changed in peace")
