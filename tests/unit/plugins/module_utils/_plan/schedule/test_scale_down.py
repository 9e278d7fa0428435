# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members a scale-down takes: those that serve worst, then the newest."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import HealthBench

HOSTS = ("h1", "h2", "h3")


def kept(bench: Bench, scale: int) -> list[int]:
    """The indexes that stay wanted after a scale-down."""
    plan = bench.plan("scale", stacks=["shop"], service="web", scale=scale)
    members = plan.records[0].record["body"]["members"]
    return sorted(
        int(key.partition("/")[2]) for key, entry in members.items() if not entry["retired"]
    )


@pytest.mark.parametrize(
    ("says", "scale", "expected"),
    [
        ({}, 2, [1, 2]),
        ({"web_1": "500", "web_2": "500"}, 2, [3, 4]),
        ({"web_1": "500", "web_2": "500"}, 3, [1, 3, 4]),
        ({"web_2": "500"}, 1, [1]),
    ],
)
def test_the_sick_go_first_then_the_newest(
    says: dict[str, str], scale: int, expected: list[int]
) -> None:
    bench = HealthBench(*HOSTS)
    bench.checked(4)
    bench.say("up", says)
    assert kept(bench, scale) == expected


def test_what_does_not_run_goes_before_what_is_sick() -> None:
    bench = HealthBench(*HOSTS)
    bench.checked(3)
    bench.say("up", {"web_1": "500"})
    bench.container("shop-web-2").update(state="exited")
    assert kept(bench, 2) == [1, 3]
    assert kept(bench, 1) == [3]


def test_without_a_health_check_what_runs_serves() -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service(scale=3)}))
    bench.container("shop-web-1").update(state="exited")
    bench.container("shop-web-2").update(state="restarting", restart_count=9)
    assert kept(bench, 1) == [3]


def test_a_member_that_is_known_to_be_healthy_stays_rather_than_one_on_an_unseen_host() -> None:
    bench = HealthBench(*HOSTS)
    body = bench.checked(3)
    first = body["members"]["web/1"]["host"]
    bench.seen[first] = None
    assert kept(bench, 2) == [2, 3]
