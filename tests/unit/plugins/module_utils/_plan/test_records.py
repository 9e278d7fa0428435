# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stack of which nobody knows what is wanted is left alone, and so is what serves it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.copies import view_records
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER, rule
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK

THREE = ("h1", "h2", "h3")


def checked() -> Bench:
    bench = Bench(*THREE)
    bench.settled(stack({"web": service(scale=2, health_check=CHECK)}))
    return bench


def lose(bench: Bench, hosts: t.Iterable[str], kind: str = "damaged_records") -> None:
    for host in hosts:
        bench[host]["records"].pop("shop", None)
        bench[host][kind]["shop"] = "not JSON"


def test_damaged_everywhere_is_not_nothing_wanted() -> None:
    bench = checked()
    assert "drover" in bench["h1"]["records"]
    lose(bench, THREE)
    plan = bench.plan()
    assert plan.lines() == []
    assert [fact.code for fact in plan.errors] == ["record_lost"]
    assert "system_left_alone" in [fact.code for fact in plan.notes]
    assert "no_record" not in [fact.code for fact in plan.notes]


def test_up_makes_a_lost_record_anew_and_touches_no_member() -> None:
    bench = checked()
    lose(bench, THREE)
    plan = bench.up(stack({"web": service(scale=2, health_check=CHECK)}))
    assert [write.stack for write in plan.records] == ["shop"]
    assert plan.operations == []


def test_a_damaged_file_on_one_host_alone_is_no_lost_stack() -> None:
    bench = Bench(*THREE)
    lose(bench, ["h2"])
    assert bench.plan().errors == []


def test_a_damaged_file_is_a_lost_stack_if_the_others_are_not_seen() -> None:
    bench = Bench(*THREE)
    lose(bench, ["h2"])
    bench.seen["h1"] = bench.seen["h3"] = None
    assert [fact.code for fact in bench.plan().errors] == ["record_lost"]


@pytest.mark.parametrize("command", ["reconcile", "up", "down", "scale"])
def test_a_newer_record_on_any_host_keeps_this_release_away(command: str) -> None:
    bench = checked()
    bench.remove("shop-web-1")
    lose(bench, ["h2"], "newer_records")
    fields: dict[str, t.Any] = {"stacks": ["shop"], "service": "web", "scale": 1}
    if command == "up":
        fields["definition"] = stack({"web": service(image="app:2")})
    plan = bench.plan(command, **fields)
    assert plan.lines() == []
    assert [fact.code for fact in plan.errors] == ["record_newer"]
    assert "a newer release wrote its record on h2; left alone" in plan.errors[0].text


def test_a_timer_of_an_older_release_does_not_fail_for_it() -> None:
    bench = checked()
    lose(bench, ["h2"], "newer_records")
    plan = bench.plan()
    assert (plan.lines(), plan.errors) == ([], [])
    assert [fact.code for fact in plan.held] == ["record_newer"]


def test_checkers_of_a_newer_release_are_left_alone() -> None:
    bench = checked()
    bench.settings["checker_image"] = "haproxy:other"
    bench["h1"]["records"].pop("drover")
    bench["h1"]["newer_records"]["drover"] = "format 9"
    plan = bench.plan()
    assert [item for item in plan.lines() if "drover" in item] == []


FRONT = stack({"lb": service(balancer={**BALANCER, "rules": [rule()]})}, name="front")


def test_a_load_balancer_keeps_the_targets_of_a_stack_that_is_unknown() -> None:
    bench = Bench(*THREE)
    bench.settled(stack({"web": service(scale=2)}))
    bench.settled(FRONT)
    assert [item["stack"] for item in bench.plan().operations if item["kind"] == "balancer"]
    lose(bench, THREE)
    plan = bench.plan()
    assert [item["stack"] for item in plan.operations if item["kind"] == "balancer"] == []
    assert "its config is left as it is: it is unknown what shop wants" in str(plan.held)


def test_what_is_remembered_of_a_member_is_what_its_recorded_host_says() -> None:
    """A member that moved begins anew; the many verdicts of its former host do not count any more."""
    bench = checked()
    home = bench["h1"]["records"]["shop"]["body"]["members"]["web/1"]["host"]
    other = next(host for host in THREE if host != home)
    failed = {"config_hash": "c", "failures": 1, "last_failure": 1.0, "reason": "port taken"}
    bench[home]["records"]["shop"]["life"] = {"web/1": {**failed, "seq": 2}}
    bench[other]["records"]["shop"]["life"] = {"web/1": {**failed, "seq": 300, "failures": 8}}
    view = view_records("shop", {host: bench[host]["records"]["shop"] for host in THREE})
    assert view.ledger["web/1"]["seq"] == 2
