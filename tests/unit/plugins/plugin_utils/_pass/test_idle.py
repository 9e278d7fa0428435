# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pass that finds nothing new calls no host: so it writes no record, no ledger, no audit and no lease."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.fleet import Fleet

WEB = stack({"web": service(scale=2)})


def rest(fleet: Fleet) -> list[tuple[str, str]]:
    """The calls of a pass after one that had its say."""
    fleet.begin()
    fleet.to_end()
    fleet.calls.clear()
    fleet.begin()
    fleet.to_end()
    return fleet.called()


def crash(fleet: Fleet, number: int) -> None:
    """A crash loop, looked at while it waits and while it runs."""
    phases: list[dict[str, t.Any]] = [
        {"state": "restarting", "exit_code": 3},
        {"state": "running", "exit_code": 0, "started_at": "2027-01-15T07:59:55Z"},
    ]
    container = fleet.bench.container("shop-web-1")
    container.update(phases[number % 2], restart_count=7 + number)


def test_a_stack_at_rest_costs_no_call() -> None:
    fleet = Fleet("h1", "h2")
    fleet.bench.settled(WEB)
    assert rest(fleet) == []


def test_a_crash_loop_is_written_once() -> None:
    fleet = Fleet("h1")
    fleet.bench.settled(WEB)
    crash(fleet, 0)
    fleet.begin()
    fleet.to_end()
    assert fleet.called() != []
    fleet.calls.clear()
    for number in range(1, 6):
        crash(fleet, number)
        fleet.begin()
        fleet.to_end()
    assert fleet.called() == []


def stopped_by_network(fleet: Fleet) -> None:
    for host in ("h1", "h2"):
        fleet.bench[host]["engine"]["swarm"]["error"] = "no leader"
    fleet.bench.container("shop-web-1").update(state="exited")


def name_taken(fleet: Fleet) -> None:
    container = fleet.bench.container("shop-web-1")
    home = next(host for host in ("h1", "h2") if container in fleet.bench[host]["containers"])
    fleet.bench.remove("shop-web-1")
    foreign = {"id": "f", "name": "shop-web-1", "state": "running", "ports": [], "addresses": {}}
    fleet.bench[home]["foreign"] = [{**foreign, "labelled": False}]


def being_removed(fleet: Fleet) -> None:
    fleet.bench.container("shop-web-1").update(state="removing")


@pytest.mark.parametrize("trouble", [stopped_by_network, name_taken, being_removed])
def test_what_is_held_is_written_once(trouble: t.Callable[[Fleet], None]) -> None:
    fleet = Fleet("h1", "h2")
    fleet.bench.settled(WEB)
    trouble(fleet)
    assert rest(fleet) == []


def test_a_failure_that_waits_is_written_once() -> None:
    fleet = Fleet("h1")
    fleet.bench.settled(WEB)
    fleet.bench.container("shop-web-1").update(state="exited")
    life = fleet.bench["h1"]["records"]["shop"]["life"]
    begun = {"seq": 1, "failures": 3, "last_failure": fleet.bench["h1"]["now"], "reason": "no"}
    life["web/1"] = {**begun, "config_hash": fleet.bench.container("shop-web-1")["config_hash"]}
    for seconds in (1, 5, 5):
        fleet.bench["h1"]["now"] += seconds
        assert rest(fleet) == []
