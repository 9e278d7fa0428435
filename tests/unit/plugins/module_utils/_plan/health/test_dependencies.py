# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member whose dependency is away is not replaced for it."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK, HealthBench

HOSTS = ("h1", "h2", "h3")
LINK = {"stack": "shop", "service": "db", "alias": "mysql"}


class PairBench(HealthBench):
    """A stack shop: two members of web, which need db, all healthy for long."""

    def __init__(self, *, checked: bool = False, links: bool = True, **web: t.Any) -> None:
        super().__init__(*HOSTS)
        db = service(health_check=CHECK if checked else None)
        needs = {"links": [LINK] if links else [], "scale": 2, "health_check": CHECK}
        self.settled(stack({"db": db, "web": service(**{**needs, **web})}))
        self.configure()
        self.say("up")
        self.carry_out(self.plan())
        self.passes(3600)

    def sick(self, *indexes: int, since_s: int = 20) -> None:
        self.say("up", {f"web_{index}": "500" for index in indexes}, since_s=since_s)


def replaced(plan: Plan) -> list[str]:
    return [item["container"] for item in plan.operations if item["kind"] == "remove"]


def reasons(plan: Plan) -> list[str]:
    return [item.text for item in plan.held if item.code == "dependency_at_fault"]


@pytest.mark.parametrize(
    "needs",
    [{}, {"link": None, "depends_on": ["db"]}],
)
def test_a_member_is_not_replaced_in_the_pass_that_brings_its_database_back(
    needs: dict[str, t.Any],
) -> None:
    bench = PairBench(**needs)
    bench.remove("shop-db-1")
    bench.sick(2)
    plan = bench.plan()
    assert replaced(plan) == []
    assert reasons(plan) == [
        "unhealthy: 0 of 2 checkers: HTTP 500 (L7STS), 20 s; not replaced for it,"
        " as it depends on shop/db/1, which does not run"
    ]


def test_without_a_dependency_it_is_replaced() -> None:
    bench = PairBench(links=False)
    bench.remove("shop-db-1")
    bench.sick(2)
    assert replaced(bench.plan()) == ["shop-web-2"]


@pytest.mark.parametrize(("age_s", "expected"), [(5, []), (9, []), (30, ["shop-web-2"])])
def test_its_check_gets_the_time_to_notice_that_the_database_is_back(
    age_s: float, expected: list[str]
) -> None:
    bench = PairBench()
    bench.container("shop-db-1")["started_at"] = _stamp(bench["h1"]["now"] - age_s)
    bench.sick(2)
    assert replaced(bench.plan()) == expected


def test_a_database_with_a_check_is_back_when_it_is_healthy() -> None:
    bench = PairBench(checked=True)
    bench.container("shop-db-1")["id"] = "another"
    bench.configure()
    bench.passes(300)
    bench.say("up", web_2="500", db_1="ini", since_s=20)
    plan = bench.plan()
    assert (replaced(plan), len(reasons(plan))) == ([], 1)
    bench.sick(2)
    bench.carry_out(bench.plan())
    bench.passes(5)
    assert replaced(bench.plan()) == []
    bench.passes(30)
    assert replaced(bench.plan()) == ["shop-web-2"]


def test_what_fell_sick_together_is_healed_from_below() -> None:
    bench = PairBench(checked=True)
    bench.say("up", db_1="500", web_1="500", web_2="500", since_s=20)
    plan = bench.plan()
    assert replaced(plan) == ["shop-db-1"]
    assert len(reasons(plan)) == 2


def test_a_dependency_that_stays_away_excuses_nobody_for_ever() -> None:
    bench = PairBench()
    bench.remove("shop-db-1")
    bench.sick(2, since_s=601)
    assert replaced(bench.plan()) == ["shop-web-2"]


def test_a_dependency_that_was_given_up_excuses_nobody() -> None:
    bench = PairBench()
    bench.remove("shop-db-1")
    for host in HOSTS:
        life = bench[host]["records"]["shop"]["life"]
        life["db/1"] = {"seq": 1, "config_hash": "x", "failures": 8, "last_failure": 0.0}
    bench.sick(2)
    assert replaced(bench.plan()) == ["shop-web-2"]


def test_a_dependency_on_an_unseen_host_is_not_known_to_be_away() -> None:
    bench = PairBench()
    home = next(host for host in HOSTS if "shop-db-1" in str(bench[host]["containers"]))
    sick = next(
        index for index in (1, 2) if f"shop-web-{index}" not in str(bench[home]["containers"])
    )
    bench.sick(sick)
    bench.seen[home] = None
    assert reasons(bench.plan()) == []


def _stamp(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
