# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old reports: with few forks and many hosts a sick member is found all the same, and blindness is said."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import make_plan
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    World,
    settings_for,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.tests.unit.shared.health_bench import HealthBench

HOSTS = ("h1", "h2", "h3")


def plan(bench: HealthBench, **ages: float) -> Plan:
    """A plan at second 1000, with hosts that were looked at so many seconds before."""
    seen = {host: {**look, "taken_at": 1000.0 - ages[host]} for host, look in bench.seen.items()}
    world = World(seen, settings=settings_for(HOSTS), host_labels={}, now_s=1000.0)  # type: ignore[arg-type]
    return make_plan(world, Request("reconcile", token="t", inventory=list(HOSTS)))


def sick() -> HealthBench:
    bench = HealthBench(*HOSTS)
    bench.checked(3)
    bench.say("up", web_1="500")
    return bench


@pytest.mark.parametrize("age", [1, 9, 11, 40, 119])
def test_the_length_of_the_first_look_blinds_nobody(age: float) -> None:
    result = plan(sick(), h1=age, h2=age, h3=age)
    assert [item["container"] for item in result.operations if item["kind"] == "create"] == [
        "shop-web-1"
    ]
    assert result.notes == []


def test_the_host_of_the_member_learns_how_old_the_votes_are() -> None:
    result = plan(sick(), h1=40, h2=40, h3=40)
    verdict = next(item for item in result.operations if item["kind"] == "verdict")
    look = verdict["args"]["look"]
    assert (look["backend"], look["age_s"]) == ("shop.web.1", 40)


def test_reports_that_are_too_old_are_said() -> None:
    result = plan(sick(), h1=121, h2=300, h3=121)
    assert result.operations == []
    assert [str(item) for item in result.notes if item.code == "reports_too_old"] == [
        "drover: reports of h1, h2, h3 are too old to count (300 s): a pass looks at all hosts faster with more forks"
    ]


def test_the_reports_of_the_other_hosts_count() -> None:
    bench = sick()
    chosen = [
        host for host in HOSTS if bench.container("shop-web-1") not in bench[host]["containers"]
    ]
    old = dict.fromkeys(HOSTS, 1.0) | {chosen[0]: 200.0}
    result = plan(bench, **old)
    assert [item["container"] for item in result.operations if item["kind"] == "create"] == [
        "shop-web-1"
    ]
