# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What monitoring is told: the level, and the worst first."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.plugin_utils._output.assessment import assess
from ansible_collections.drover.docker.plugins.plugin_utils._output.fact_data import fact_data
from ansible_collections.drover.docker.plugins.plugin_utils._output.status import ServiceRow

SEEN = ["h1", "h2"]


def row(name: str, wanted: int, running: int, healthy: int | None = None) -> ServiceRow:
    return ServiceRow("shop", name, "active", wanted, running, healthy, [], None, [])


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([], "OK: 0 stacks, 0 of 0 members on 2 hosts"),
        ([row("web", 2, 2, 2), row("db", 1, 1)], "OK: 1 stack, 3 of 3 members on 2 hosts"),
        ([row("web", 0, 0)], "OK: 1 stack, 0 of 0 members on 2 hosts"),
        ([row("web", 2, 1)], "WARNING: shop/web 1 of 2 run"),
        ([row("web", 2, 2, 1)], "WARNING: shop/web 2 of 2 run, 1 healthy"),
        ([row("web", 2, 2, 0)], "CRITICAL: shop/web 2 of 2 run, 0 healthy"),
        (
            [row("web", 2, 1), row("db", 1, 0)],
            "CRITICAL: shop/db 0 of 1 run; shop/web 1 of 2 run",
        ),
        (
            [row(f"s{number}", 1, 0) for number in range(7)],
            "CRITICAL: "
            + "; ".join(f"shop/s{number} 0 of 1 run" for number in range(5))
            + "; 2 more",
        ),
    ],
)
def test_services(rows: list[ServiceRow], line: str) -> None:
    assert assess(rows, Plan(), SEEN).line == line


@pytest.mark.parametrize(
    ("part", "fact", "level"),
    [
        ("notes", Fact("host_not_seen", {"reason": "no answer"}, host="h3"), "WARNING"),
        ("errors", Fact("host_unable", {"reason": "disk full"}, host="h3"), "WARNING"),
        ("errors", Fact("records_conflict", {"sides": "h1 against h2"}, "shop"), "CRITICAL"),
        ("held", Fact("places_need_key", {}, "shop"), "WARNING"),
        ("held", Fact("given_up", {"failures": 8, "error": "no"}, "shop", "web", 1), "OK"),
        ("notes", Fact("records_not_signed"), "OK"),
    ],
)
def test_what_is_beside_the_services(part: str, fact: Fact, level: str) -> None:
    """What is held of a service counts by what the service misses."""
    plan = Plan(**t.cast("dict[str, t.Any]", {part: [fact]}))
    found = assess([row("web", 1, 1)], plan, SEEN)
    assert found.level == level
    assert found.as_data["level"] == level
    assert (level == "OK") == (found.problems == [])


def test_no_host_is_critical_and_said_once() -> None:
    found = assess([], Plan(errors=[Fact("no_host")]), [])
    assert found.line == "CRITICAL: no Docker host could be looked at"


@pytest.mark.parametrize(
    ("phase", "level"),
    [("rolling", "OK"), ("paused", "WARNING"), ("rolling_back", "OK"), ("rolled_back", "WARNING")],
)
def test_an_upgrade_that_failed_waits_for_a_person(phase: str, level: str) -> None:
    told = {
        "phase": phase,
        "done": 1,
        "wanted": 2,
        "is_done": False,
        "target": 7,
        "confirmed": 6,
        "reason": "shop-web-1-r7 is unhealthy",
        "way_back": True,
    }
    found = row("web", 2, 2)
    found.facts = [fact_data(Fact("upgrade_state", told, "shop", "web"))]
    assessment = assess([found], Plan(), SEEN)
    assert assessment.level == level
    assert ("shop-web-1-r7 is unhealthy" in assessment.line) == (level != "OK")
