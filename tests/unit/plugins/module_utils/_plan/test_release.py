# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two releases, or two inventories with other settings, never change checkers and configs in turns."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible_collections.drover.docker.plugins.module_utils._common.constants import RELEASE
from ansible_collections.drover.docker.plugins.module_utils._plan import record_writes, release
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer import balancers
from ansible_collections.drover.docker.tests.unit.shared.builders import body_of, service, stack
from ansible_collections.drover.docker.tests.unit.shared.front_bench import FrontBench
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK, HealthBench

NEWER = "9.0.0"


def test_the_release_is_that_of_the_collection() -> None:
    root = pathlib.Path(__file__).resolve()
    found = next(
        parent / "galaxy.yml" for parent in root.parents if (parent / "galaxy.yml").exists()
    )
    assert yaml.safe_load(found.read_text())["version"] == RELEASE


@pytest.mark.parametrize(
    ("older", "newer"), [("", "0.1.0"), ("0.1.0", "0.2.0-rc1"), ("0.9.0", "0.10.0"), ("0.2", "1")]
)
def test_the_order_of_releases(older: str, newer: str) -> None:
    assert release.order_of(older) < release.order_of(newer)


class As:
    """Makes this code act as another release."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def __call__(self, number: str) -> None:
        for module in (release, record_writes, balancers):
            self._patch.setattr(module, "RELEASE", number)


@pytest.fixture
def act_as(monkeypatch: pytest.MonkeyPatch) -> As:
    return As(monkeypatch)


def checked() -> HealthBench:
    bench = HealthBench("h1", "h2", "h3")
    bench.settled(stack({"web": service(scale=2, health_check=CHECK)}))
    return bench


def store(bench: t.Any, plan: t.Any) -> None:
    for write in plan.records:
        number = write.record["version"]["number"]
        bench.record(write.stack, body_of(write), number=number)


def test_the_older_release_leaves_the_checkers_alone(act_as: As) -> None:
    bench = checked()
    act_as(NEWER)
    plan = bench.plan()
    assert [line for line in plan.lines() if "record" in line] == [
        "h1,h2,h3  record  drover v2  release 9.0.0 makes its HAProxy configs"
    ]
    store(bench, plan)
    act_as("0.1.0")
    bench.remove("drover-checker-1")
    plan = bench.plan()
    assert plan.lines() == []
    assert "release 9.0.0 made the checkers, and this one is older" in str(plan.notes)
    act_as(NEWER)
    assert [item["kind"] for item in bench.plan().operations if item["index"] == 1]


def test_a_person_takes_over_with_the_older_release(act_as: As) -> None:
    bench = checked()
    act_as(NEWER)
    store(bench, bench.plan())
    act_as("0.1.0")
    plan = bench.plan(take_over=True)
    assert [write.stack for write in plan.records] == ["drover"]
    store(bench, plan)
    act_as(NEWER)
    assert "makes its HAProxy configs" in str(bench.plan().lines())


def test_two_releases_settle(act_as: As) -> None:
    """However they take turns: each writes at most once."""
    bench = checked()
    for number in (NEWER, "0.1.0", NEWER, "0.1.0"):
        act_as(number)
        store(bench, bench.plan())
    assert bench["h1"]["records"]["drover"]["version"]["number"] == 2


def test_the_older_release_leaves_configs_of_load_balancers_alone(act_as: As) -> None:
    bench = FrontBench("h1", "h2")
    bench.start()
    act_as(NEWER)
    store(bench, bench.plan())
    act_as("0.1.0")
    bench.report(
        next(h for h in ("h1", "h2") if bench[h].get("balancers")), {**bench.model, "retry": False}
    )
    plan = bench.plan()
    assert [item["kind"] for item in plan.operations if item["kind"] == "balancer"] == []
    assert "release 9.0.0 makes it, and this is release 0.1.0" in str(plan.held)
    act_as(NEWER)
    assert [item["kind"] for item in bench.plan().operations] == ["balancer"]


def test_two_inventories_do_not_alternate() -> None:
    bench = checked()
    mine: dict[str, t.Any] = {"checker_image": "mine/haproxy:1", "check_own_host": True}
    for settings in (mine, {}, mine):
        bench.settings = settings
        plan = bench.plan()
        assert [write for write in plan.records if write.stack == "drover"] == []
    told = "(drover_health_check_own_host: False, drover_checker_image: haproxy:3.0)"
    assert told in str(plan.notes)
    store(bench, bench.plan(take_over=True))
    assert "keep the settings" not in str(bench.plan().notes)
