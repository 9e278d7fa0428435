# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that few stories reach: what is planned, and what is said, in rare situations."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.generation import generation_of
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.drains import Drains
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    body_of,
    brief,
    service,
    stack,
)
from ansible_collections.drover.docker.tests.unit.shared.health_bench import HealthBench

HOSTS = ("h1", "h2", "h3")


def test_a_container_that_the_engine_removes_is_waited_for() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": service()}))
    bench.container("shop-web-1")["state"] = "removing"
    plan = bench.plan()
    assert (plan.lines(), [item.code for item in plan.held]) == ([], ["being_removed"])


def test_a_minoritys_order_to_stop_holds_the_member() -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service()}))
    home = next(host for host in HOSTS if bench[host]["containers"])
    stopped = body_of(bench.plan("stop", stacks=["shop"]).records[0])
    bench.record("shop", stopped, number=2, hosts=[home])
    for host in HOSTS:
        if host != home:
            bench.seen[host] = None
    plan = bench.plan()
    assert ([item["kind"] for item in plan.operations], [item.code for item in plan.held]) == (
        [],
        ["undecided"],
    )


def test_a_repair_that_was_cut_short_is_finished() -> None:
    bench = HealthBench(*HOSTS)
    bench.checked(1)
    container = bench.container("shop-web-1")
    for host in HOSTS:
        life = bench[host]["records"]["shop"]["life"]
        if "web/1" in life:
            generation = generation_of(container["id"], container["started_at"])
            health = {**life["web/1"]["health"], "generation": generation, "repairing": True}
            life["web/1"] = {**life["web/1"], "health": health}
    container.update(state="exited", exit_code=0)
    cause = "stopped to be replaced for its health, by a run that ended"
    assert brief(bench.plan())[0] == f"remove  shop-web-1  {cause}"


def test_a_member_that_is_drained_for_its_repair_takes_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = HealthBench(*HOSTS)
    bench.checked(5)
    bench.say("up", web_1="500", web_2="500")
    asked: list[str] = []

    def drain(_self: Drains, _host: str, container: t.Any, *_args: t.Any, **_more: t.Any) -> bool:
        asked.append(container["name"])
        return False

    monkeypatch.setattr(Drains, "drain", drain)
    plan = bench.plan()
    assert asked == ["shop-web-1"]
    assert [item.text for item in plan.held] == [
        "0 of 5 being replaced already: holding 1 until healthy (2)"
    ]
