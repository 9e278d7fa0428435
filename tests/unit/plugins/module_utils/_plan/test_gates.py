# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service waits for before a member is started: another one's health, or its end. What runs is left alone."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK

HOSTS = ("h1", "h2", "h3")


def gated(condition: str, **db: t.Any) -> dict[str, t.Any]:
    web = service(scale=2, depends_on=["db"], gates={"db": condition})
    return stack({"web": web, "db": service(**db)})


def up(condition: str, **db: t.Any) -> Bench:
    """A stack whose first service is there; the other one waits for it."""
    bench = Bench(*HOSTS)
    bench.settled(gated(condition, **db))
    names = [item["name"] for host in HOSTS for item in bench[host]["containers"]]
    assert [name for name in names if name.startswith("shop-")] == ["shop-db-1"]
    return bench


def made(plan: Plan) -> list[str]:
    return sorted(item["container"] for item in plan.operations if item["kind"] == "start")


def codes(plan: Plan) -> set[str]:
    return {fact.code for fact in plan.held}


def test_the_first_members_wait() -> None:
    plan = Bench(*HOSTS).up(gated("healthy"))
    assert made(plan) == ["shop-db-1"]
    assert codes(plan) == {"gate_unhealthy"}


@pytest.mark.parametrize(
    ("health", "code"), [("starting", "gate_unhealthy"), ("unhealthy", "gate_unhealthy")]
)
def test_members_wait_for_the_engines_check(health: str, code: str) -> None:
    bench = up("healthy")
    bench.container("shop-db-1")["health"] = health
    plan = bench.plan()
    assert (made(plan), codes(plan)) == ([], {code})
    bench.container("shop-db-1")["health"] = "healthy"
    assert made(bench.plan()) == ["shop-web-1", "shop-web-2"]


def test_a_service_without_any_check_is_told() -> None:
    """Its image might have had one."""
    plan = up("healthy").plan()
    assert (made(plan), codes(plan)) == ([], {"gate_unchecked"})


def test_a_stopped_member_is_not_healthy_whatever_its_last_word_was() -> None:
    bench = up("healthy")
    bench.container("shop-db-1").update(health="healthy", state="exited", exit_code=1)
    plan = bench.plan()
    assert (made(plan), codes(plan)) == (["shop-db-1"], {"gate_unhealthy"})


def test_our_own_check_counts_where_there_is_one() -> None:
    bench = up("healthy", health_check=CHECK)
    bench.container("shop-db-1")["health"] = "healthy"
    plan = bench.plan()
    assert codes(plan) == {"gate_unhealthy"}


def test_what_runs_is_left_alone() -> None:
    bench = up("healthy")
    bench.container("shop-db-1")["health"] = "healthy"
    for item in bench.plan().operations:
        if item["kind"] == "create":
            bench.run(item)
    bench.container("shop-db-1")["health"] = "unhealthy"
    plan = bench.plan()
    assert (plan.lines(), plan.held) == ([], [])


def test_a_host_that_is_away_holds_nobody() -> None:
    bench = up("healthy")
    home = next(name for name in HOSTS if bench[name]["containers"])
    bench.seen[home] = None
    plan = bench.plan()
    assert "gate_unhealthy" not in codes(plan)
    assert made(plan)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "gate_not_completed"),
        ({"state": "exited", "exit_code": 3}, "gate_failed"),
        ({"state": "created", "started_at": "0001-01-01T00:00:00Z"}, "gate_not_completed"),
    ],
)
def test_members_wait_for_the_end(change: dict[str, t.Any], code: str) -> None:
    bench = up("completed", start_once=True)
    bench.container("shop-db-1").update(change)
    plan = bench.plan()
    assert "shop-web-1" not in made(plan)
    assert codes(plan) == {code}


def test_members_start_after_a_good_end() -> None:
    bench = up("completed", start_once=True)
    bench.container("shop-db-1").update(state="exited", exit_code=0)
    assert made(bench.plan()) == ["shop-web-1", "shop-web-2"]


def test_a_person_who_tries_again_waits_too() -> None:
    plan = up("healthy").plan("start", stacks=["shop"])
    assert (made(plan), codes(plan)) == ([], {"gate_unchecked"})
