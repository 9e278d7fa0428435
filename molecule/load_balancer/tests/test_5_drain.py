# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow requests are under way when their member is scaled away: all load balancers of it wait for them.

Also where the run that began this is killed: the next one finishes the drain, or undoes it where its reason is gone.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import signal
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.balancers import Balancer, balancers, get, states
from ...shared.hosts import Host, everywhere
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]

PORTS = (18095, 18096)
SLOW_S = 4.0
LEASE_S = 5
STAYING, LEAVING = "annex.slow.1", "annex.slow.2"


def balancer(port: int) -> dict[str, t.Any]:
    rule = {"source_port": port, "service": "slow", "target_port": 8080}
    keys: dict[str, t.Any] = {"image": "rancher/lb-service-haproxy", "ports": [f"{port}:{port}"]}
    return {**keys, "lb_config": {"port_rules": [rule]}}


@pytest.fixture(scope="module")
def annex(make_stack: MakeStack) -> t.Iterator[Stack]:
    stack = make_stack("annex").define(
        slow={
            "scale": 2,
            "labels": {"io.rancher.container.hostname_override": "container_name"},
            "environment": {"TESTAPP_DELAY_MS": str(int(SLOW_S * 1000))},
        },
        one=balancer(PORTS[0]),
        two=balancer(PORTS[1]),
    )
    with stack.lasting():
        yield stack


@pytest.fixture
def fronts(hosts: Hosts, annex: Stack) -> list[Balancer]:
    """Those of both services, with two members in use."""
    annex.scale("slow", 2)
    found = [*balancers(hosts, "annex", "one"), *balancers(hosts, "annex", "two")]
    eventually(lambda: all(is_in_full_use(front) for front in found))
    return found


def is_in_full_use(front: Balancer) -> bool:
    """Whether each member gets every other request: the slow start of both is over."""
    found = front.servers()
    ready = all(item.status == "UP" and not item.is_throttled for item in found)
    return ready and {item.name for item in found} == {STAYING, LEAVING}


def sessions(front: Balancer) -> int:
    return sum(item.sessions for item in front.servers() if item.name == LEAVING)


@contextlib.contextmanager
def slow_requests(fronts: list[Balancer]) -> t.Iterator[None]:
    """Some are under way through every load balancer, at both members. In the end all of them were answered."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        asked = [
            pool.submit(get, front.host.address, port)
            for front, port in zip(fronts, PORTS, strict=True)
            for _number in range(4)
        ]
        eventually(lambda: all(sessions(front) for front in fronts))
        yield
    replies = [item.result() for item in asked]
    assert [reply.status for reply in replies] == [200] * len(asked)
    assert {reply.member for reply in replies} == {"annex-slow-1", "annex-slow-2"}


def scale_down_and_die(annex: Stack, fronts: list[Balancer]) -> None:
    """Who scales down is killed as soon as the load balancers were told."""
    process = annex.control.start("scale", service="annex/slow", scale=1, drover_lease_s=LEASE_S)
    try:
        eventually(lambda: states(fronts, LEAVING) == {"DRAIN"})
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_slow_requests_end_before_their_member_is_stopped(
    hosts: Hosts, annex: Stack, fronts: list[Balancer]
) -> None:
    """Behaviours 80 test_lb_service_ha_drain and 81 test_drain_target_with_multiple_lbs_1/2, with a scale-down."""
    with slow_requests(fronts):
        run = annex.scale("slow", 1)
    kinds = [line.split("  ")[1] for line in run.done]
    # Of one round the lines are sorted by host, so what is told first depends on who is where.
    assert max(kinds.index("drain"), kinds.index("balancer")) < kinds.index("remove"), run.output
    assert "annex-slow-2" not in everywhere(hosts, "annex")
    assert states(fronts, LEAVING) == set()


def test_drain_of_a_killed_run_is_finished_by_the_next(
    hosts: Hosts, annex: Stack, fronts: list[Balancer]
) -> None:
    with slow_requests(fronts):
        scale_down_and_die(annex, fronts)
        annex.reconcile()
    assert "annex-slow-2" not in everywhere(hosts, "annex")
    assert states(fronts, LEAVING) == set()


def test_drain_of_a_killed_run_is_undone_when_its_reason_is_gone(
    hosts: Hosts, annex: Stack, fronts: list[Balancer]
) -> None:
    before = everywhere(hosts, "annex")["annex-slow-2"].life
    with slow_requests(fronts):
        scale_down_and_die(annex, fronts)
        run = annex.scale("slow", 2)
    assert any("the reason for draining it is gone" in line for line in run.done), run.output
    assert states(fronts, LEAVING) == {"UP"}
    assert everywhere(hosts, "annex")["annex-slow-2"].life == before
    assert annex.reconcile().quiet
