# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load on the load balancers while members fail, return, multiply and are replaced.

Each case runs four clients (GET and POST, new connections and keep-alive) against the load balancers of all hosts and
prints how many requests were sent and how many failed. DROVER_SOAK=1: at least 20,000 requests, 100 reconfigurations.
"""

from __future__ import annotations

import contextlib
import functools
import os
import typing as t

import pytest

from ...shared.balancers import Balancer, wait_reached, wait_state
from ...shared.control import Control
from ...shared.health import break_page, passes, settled, tell
from ...shared.hosts import Container, Host, everywhere, lives, of_service
from ...shared.load import Load, Moment, in_flight, late, moment
from ...shared.runs import Run
from ...shared.stacks import Stack
from .conftest import Tell
from .kiosk import NOTICED_S, PAIR, PORT, with_rule

Hosts = dict[str, Host]
Case = t.Callable[[str], contextlib.AbstractContextManager[Load]]

SOAK = bool(os.environ.get("DROVER_SOAK"))
CHANGES = 100 if SOAK else 4
SOAK_REQUESTS = 20_000


@pytest.fixture(scope="module")
def counted() -> list[int]:
    """Requests of each case."""
    return []


@pytest.fixture
def case(hosts: Hosts, tell_line: Tell, counted: list[int]) -> Case:
    """Load as long as a test lasts; it begins with both members in use."""

    @contextlib.contextmanager
    def run(name: str) -> t.Iterator[Load]:
        wait_reached(hosts.values(), PORT, PAIR)
        with Load([item.address for item in hosts.values()], PORT) as load:
            load.flows()
            try:
                yield load
            finally:
                counted.append(load.sent)
                tell_line(load.told(name))

    return run


def web(hosts: Hosts, name: str) -> Container:
    return of_service(everywhere(hosts, "kiosk"), "web")[name]


def written(host: Host) -> str:
    """All of our files on a host with their times, without what HAProxy itself writes."""
    found = "find /var/lib/drover -type f -not -path '*/run/*' -printf '%p %T@ %s\\n'"
    return host.run(f"{found} | sort")


def lasting(host: Host, name: str) -> str:
    """The host's view of the process that a container runs."""
    return host.docker("inspect", "-f", "{{.State.Pid}}", name)


def test_failover_and_return_without_a_control_node(
    hosts: Hosts, fronts: list[Balancer], case: Case
) -> None:
    """Must show 2: nobody of ours does anything between fault and return."""
    before = {name: written(host) for name, host in hosts.items()}
    processes = [front.life for front in fronts]
    first, second = web(hosts, PAIR[0]), web(hosts, PAIR[1])
    with case("no control node: process killed, container stopped and started") as load:
        host = hosts[first.host]
        with moment() as crash:
            host.run(f"kill -9 {lasting(host, first.name)}")
        load.flows(60)
        host = hosts[second.host]
        with moment() as stop:
            host.docker("stop", "-t", "1", second.name)
        wait_state(fronts, "kiosk.web.2", "DOWN")
        load.flows()
        host.docker("start", second.name)
        wait_state(fronts, "kiosk.web.1", "UP")
        wait_state(fronts, "kiosk.web.2", "UP")
        wait_reached(hosts.values(), PORT, PAIR)
        load.flows()
    assert load.failures("GET") == []
    assert [
        item
        for item in load.failures("POST")
        if not in_flight(item, crash) and not in_flight(item, stop)
    ] == []
    assert {name: written(host) for name, host in hosts.items()} == before
    assert [front.life for front in fronts] == processes
    assert web(hosts, PAIR[0]).id == first.id


def test_member_is_killed_and_returns(hosts: Hosts, kiosk: Stack, case: Case) -> None:
    """Behaviour 57 test_lb_services_stop_start_instance."""
    item = web(hosts, PAIR[0])
    with case("killed, and started again by a pass") as load:
        with moment() as fault:
            hosts[item.host].docker("kill", item.name)
        load.flows()
        kiosk.reconcile()
        wait_reached(hosts.values(), PORT, PAIR)
        load.flows()
    assert load.failures("GET") == []
    assert not [failure for failure in load.failures("POST") if not in_flight(failure, fault)]
    assert web(hosts, PAIR[0]).id == item.id


def test_member_is_removed_and_returns(hosts: Hosts, kiosk: Stack, case: Case) -> None:
    """Behaviour 57 test_lb_services_delete_purge_instance: another container at the same address."""
    item = web(hosts, PAIR[1])
    with case("removed, and made anew by a pass") as load:
        with moment() as fault:
            hosts[item.host].docker("rm", "-fv", item.name)
        load.flows()
        kiosk.reconcile()
        wait_reached(hosts.values(), PORT, PAIR)
        load.flows()
    assert load.failures("GET") == []
    assert not [failure for failure in load.failures("POST") if not in_flight(failure, fault)]
    assert web(hosts, PAIR[1]).id != item.id


def test_member_answers_500_and_is_replaced(
    hosts: Hosts, kiosk: Stack, fronts: list[Balancer], case: Case, control: Control
) -> None:
    """GET: another member answers. POST is not sent twice, so it fails until the check has noticed."""
    item = web(hosts, PAIR[0])
    with case("answers 500, and is replaced by a pass") as load:
        with moment() as fault:
            tell(hosts[item.host], item.name, "/set?status=500&health=500")
        wait_state(fronts, "kiosk.web.1", "DOWN")
        load.flows()
        passes(control, functools.partial(is_another, hosts, item), seconds=120, stack="kiosk")
        wait_reached(hosts.values(), PORT, PAIR)
        load.flows()
    assert load.failures("GET") == []
    assert late(load.failures("POST"), fault, NOTICED_S) == []


@contextlib.contextmanager
def sick_and_well(
    hosts: Hosts, fronts: list[Balancer], load: Load, act: t.Callable[[], t.Any]
) -> t.Iterator[Moment]:
    """The fault is made; the load balancers notice; what is inside undoes it, and the member is back in use."""
    with moment() as fault:
        act()
    wait_state(fronts, "kiosk.web.2", "DOWN")
    load.flows()
    yield fault
    wait_state(fronts, "kiosk.web.2", "UP")
    wait_reached(hosts.values(), PORT, PAIR)
    load.flows()


def told_window(load: Load, fault: Moment) -> str:
    last = max((item.began - fault.ended for item in load.failures()), default=0.0)
    return f"load    last failed request began {max(last, 0.0):.1f} s after the fault; bound {NOTICED_S:.1f} s"


def test_slow_member_is_left_out_until_it_is_quick(
    hosts: Hosts, fronts: list[Balancer], case: Case, tell_line: Tell
) -> None:
    """Only what was sent to it before the checks noticed can fail: clients give up after 3 s."""
    item = web(hosts, PAIR[1])
    host = hosts[item.host]
    with (
        case("slow (5 s for each answer), and quick again") as load,
        sick_and_well(
            hosts, fronts, load, lambda: tell(host, item.name, "/set?delay_ms=5000")
        ) as fault,
    ):
        tell(host, item.name, "/set?delay_ms=0")
    tell_line(told_window(load, fault))
    assert late(load.failures(), fault, NOTICED_S) == []


def test_paused_member_is_left_out_until_it_runs(
    hosts: Hosts, fronts: list[Balancer], case: Case, tell_line: Tell
) -> None:
    """Its kernel goes on taking connections, so only the answer that does not come tells."""
    item = web(hosts, PAIR[1])
    host = hosts[item.host]
    with (
        case("paused, and unpaused") as load,
        sick_and_well(hosts, fronts, load, lambda: host.docker("pause", item.name)) as fault,
    ):
        host.docker("unpause", item.name)
    tell_line(told_window(load, fault))
    assert late(load.failures(), fault, NOTICED_S) == []


def test_reconfigured_again_and_again(
    hosts: Hosts, kiosk: Stack, fronts: list[Balancer], case: Case, tell_line: Tell
) -> None:
    """Each change of rules is a reload. Behaviour 68: no container is made anew for it."""
    containers = lives(everywhere(hosts, "kiosk"))
    workers = {front.life for front in fronts}
    with case(f"reconfigured {CHANGES} times") as load:
        for number in range(CHANGES - 1, -1, -1):
            assert any("  balancer  " in line for line in with_rule(kiosk, number).up().done)
            workers |= {front.life for front in fronts}
        load.flows()
    tell_line(f"load    {len(workers) - len(fronts)} reloads of {len(fronts)} load balancers")
    assert load.failures() == []
    assert len(workers) == len(fronts) * (CHANGES + 1)
    assert lives(everywhere(hosts, "kiosk")) == containers


def test_scaled_from_2_to_6_to_2(
    hosts: Hosts, kiosk: Stack, fronts: list[Balancer], case: Case
) -> None:
    """Behaviour 56 test_lb_services_scale_up_service, _scale_down_service: who leaves is drained first."""
    processes = [front.life for front in fronts]
    six = [f"kiosk-web-{number}" for number in range(1, 7)]
    with case("scaled 2 -> 6 -> 2") as load:
        kiosk.scale("web", 6)
        wait_reached(hosts.values(), PORT, six)
        load.flows()
        kiosk.scale("web", 2)
        wait_reached(hosts.values(), PORT, PAIR)
        load.flows()
    assert load.failures() == []
    assert load.members == set(six)
    assert [front.life for front in fronts] == processes, "members come and go without a reload"


def is_another(hosts: Hosts, old: Container, _run: Run) -> bool:
    return web(hosts, old.name).id != old.id


@contextlib.contextmanager
def trusted(fronts: list[Balancer], member: str) -> t.Iterator[None]:
    """The load balancers do not check a member while this lasts: they go on sending requests to it."""
    for front in fronts:
        front.ask(f"disable health {member}")
    try:
        yield
    finally:
        for front in fronts:
            front.ask(f"enable health {member}")


def test_replaced_one_by_one(
    hosts: Hosts, kiosk: Stack, fronts: list[Balancer], case: Case, control: Control
) -> None:
    """Members whose check says no and that still serve: drained, then replaced. Nothing is lost, POST neither.

    And the new ones are in use again: the drain was that of the old ones.
    """
    settled(control, seconds=120, stack="kiosk")
    all_runs: list[Run] = []
    with case("replaced one by one for their health, while they still serve") as load:
        for name in PAIR:
            item = web(hosts, name)
            replaced = functools.partial(is_another, hosts, item)
            break_page(hosts[item.host], name)
            with trusted(fronts, f"{PORT}_/{name.replace('-', '.')}"):
                runs = passes(control, replaced, seconds=120, stack="kiosk")
            assert [line for run in runs for line in run.done if f"  drain  {name}" in line]
            wait_reached(hosts.values(), PORT, PAIR)
            all_runs += [*runs, *settled(control, seconds=120, stack="kiosk")]
    assert load.failures() == [], "\n".join(f"{run.began:.1f} {run.output}" for run in all_runs)


def test_drained_by_hand_is_in_use_after_a_pass(
    hosts: Hosts, kiosk: Stack, fronts: list[Balancer]
) -> None:
    """Who gets requests is told by the stack, not by what somebody once ordered; nothing is reloaded for it."""
    before = [front.life for front in fronts]
    fronts[0].ask(f"set server {PORT}_/kiosk.web.2 state drain")
    wait_state(fronts[:1], "kiosk.web.2", "DRAIN")
    assert [line.split("  ")[2] for line in kiosk.reconcile().done] == [fronts[0].container.name]
    wait_state(fronts, "kiosk.web.2", "UP")
    assert kiosk.reconcile().quiet
    assert [front.life for front in fronts] == before


def test_enough_was_asked(counted: list[int], tell_line: Tell) -> None:
    """Must show 1: at least 20,000 requests in the long form."""
    tell_line(f"load  all cases: {sum(counted)} requests")
    assert sum(counted) >= (SOAK_REQUESTS if SOAK else 2000)
