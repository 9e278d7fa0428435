# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow requests are under way when their member is scaled away: all load balancers of it wait for them."""

from __future__ import annotations

import concurrent.futures
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.balancers import Balancer, Reply, balancers, get, states
from ...shared.hosts import Host, everywhere
from ...shared.stacks import Stack
from ...shared.waiting import eventually

PORTS = (18095, 18096)
SLOW_S = 4.0


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


def test_slow_requests_end_before_their_member_is_stopped(
    hosts: dict[str, Host], annex: Stack
) -> None:
    """Behaviours 80 test_lb_service_ha_drain and 81 test_drain_target_with_multiple_lbs_1/2, with a scale-down."""
    fronts = [*balancers(hosts, "annex", "one"), *balancers(hosts, "annex", "two")]
    eventually(lambda: states(fronts, "annex.slow.2") == {"UP"})
    with concurrent.futures.ThreadPoolExecutor(16) as pool:

        def ask(front: Balancer, port: int) -> concurrent.futures.Future[Reply]:
            return pool.submit(get, front.host.address, port)

        asked = [ask(*pair) for pair in zip(fronts, PORTS, strict=True) for _number in range(4)]
        eventually(
            lambda: all(
                sum(item.sessions for item in front.servers() if item.name == "annex.slow.2")
                for front in fronts
            )
        )
        run = annex.scale("slow", 1)
        replies = [item.result() for item in asked]
    kinds = [line.split("  ")[1] for line in run.done]
    assert [reply.status for reply in replies] == [200] * len(asked)
    assert {reply.member for reply in replies} == {"annex-slow-1", "annex-slow-2"}
    assert kinds.index("drain") < kinds.index("balancer") < kinds.index("remove")
    assert "annex-slow-2" not in everywhere(hosts, "annex")
    assert states(fronts, "annex.slow.2") == set()
