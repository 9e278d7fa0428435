# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change elsewhere in the fleet does not postpone the verdict on a sick member."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.tests.unit.simulation.histories import SEED
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .story import PERIOD_S, STACK, Story, story, web
from .watch import detection_s

Json = dict[str, Any]
Churn = Callable[[Story, int], None]
OTHERS = 8
PASS_S = 5.0
"""What a pass with work may take: the first results of new servers are waited for, a drain, the engine's calls."""


def restarted(told: Story, turn: int) -> None:
    """A member of another service dies and is started anew: another generation for its checkers."""
    machine, container = told.member(1 + turn % OTHERS, "api")
    machine.exit(container, 1)


def scaled_up(told: Story, turn: int) -> None:
    """Another service gets one member more."""
    scale = told.definition["services"]["api"]["scale"] = OTHERS + turn + 1
    told.command(Request("scale", [STACK], service="api", scale=scale))


def another_check(told: Story, turn: int) -> None:
    """Another service is asked more often: other servers in the configs, though all containers stay."""
    told.definition["services"]["api"]["health_check"]["interval_ms"] = 2000 + turn
    told.command(Request("up", [STACK], definition=copy.deepcopy(told.definition)))


CHURNS = {"restarted": restarted, "scaled up": scaled_up, "another check": another_check}


@dataclasses.dataclass
class Time:
    """How long it took until a sick member was replaced, and what its checkers had to do meanwhile."""

    seconds: float
    changes: int
    reloads: int


def time_to_repair(told: Story, churn: Churn | None, *, within_s: float) -> Time:
    """Something else changes before every pass, and each pass brings it to the checkers."""
    told.sicken(1)
    began, turn = told.now, 0
    before = {host: item.revision for host, item in told.world.checkers.items()}
    changes, reloads = 0, _reloads(told)
    while not told.repaired(1) and told.now - began < within_s:
        if churn:
            churn(told, turn)
        told.world.pass_time(PERIOD_S)
        told.reconcile()
        after = {host: item.revision for host, item in told.world.checkers.items()}
        changes, before, turn = changes + (after != before), after, turn + 1
    return Time(told.now - began, changes, _reloads(told) - reloads)


def _reloads(told: Story) -> int:
    return sum(item.reloads for item in told.world.checkers.values())


def services(**check: Any) -> Json:
    return {"web": web(2, **check), "api": web(OTHERS)}


def limit_s(check: Json) -> float:
    """As with nothing else to do, and a pass with work or two on top."""
    return detection_s(check) + 2 * (PERIOD_S + PASS_S)


SLOW: Json = {"interval_ms": 5000, "response_timeout_ms": 2000, "unhealthy_threshold": 5}


@pytest.mark.parametrize("churn", CHURNS)
def test_a_change_elsewhere_does_not_postpone_a_verdict(churn: str) -> None:
    """Five checks of five seconds, and something changes every five seconds."""
    with story(services(**SLOW)) as told:
        limit = limit_s(told.definition["services"]["web"]["health_check"])
        found = time_to_repair(told, CHURNS[churn], within_s=2 * limit)
        assert found.seconds <= limit
        assert found.changes >= 3
        assert found.reloads == 0


@pytest.mark.parametrize("churn", CHURNS)
def test_it_did_when_each_change_was_a_reload(churn: str) -> None:
    """The same story told to checkers that are reloaded, so that the one above is known to find it."""
    with story(services(**SLOW)) as told:
        told.world.always_reloads = True
        limit = limit_s(told.definition["services"]["web"]["health_check"])
        found = time_to_repair(told, CHURNS[churn], within_s=2 * limit)
        assert told.repaired(1) == 0
        assert found.reloads >= 8


@settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    interval_ms=st.sampled_from([0, 500, 2000, 5000, 10000]),
    fall=st.integers(1, 6),
    hosts=st.integers(1, 4),
    names=st.lists(st.sampled_from(sorted(CHURNS)), min_size=1, max_size=4),
    number=st.integers(0, 2**32 - 1),
)
def test_whatever_changes(
    interval_ms: int, fall: int, hosts: int, names: list[str], number: int
) -> None:
    check = {"interval_ms": interval_ms, "unhealthy_threshold": fall}
    with story(services(**check), hosts=hosts, seed=number + SEED) as told:
        limit = limit_s(told.definition["services"]["web"]["health_check"])

        def churn(told: Story, turn: int) -> None:
            CHURNS[names[turn % len(names)]](told, turn)

        assert time_to_repair(told, churn, within_s=2 * limit).seconds <= limit
