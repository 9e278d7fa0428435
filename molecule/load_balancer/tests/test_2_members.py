# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers and their targets are started, stopped, scaled, deleted and replaced, in any order."""

from __future__ import annotations

import os
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.balancers import Balancer, balancers, get, wait_reached, wait_state
from ...shared.control import Control
from ...shared.health import CHECK
from ...shared.hosts import Host, everywhere, lives
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]

IN_SOAK = pytest.mark.skipif(
    not os.environ.get("DROVER_SOAK"), reason="the story shows it; here once more in make soak"
)
PORT, SECOND_PORT, INNER_PORT = 18081, 18082, 18085
NAMED = {"io.rancher.container.hostname_override": "container_name"}
WEB: dict[str, t.Any] = {"labels": NAMED, "scale": 2, "health_check": CHECK}
PAIR = ["depot-web-1", "depot-web-2"]


def rules(port: int, *services: str) -> dict[str, t.Any]:
    """The keys of a load balancer that has all of these behind one port."""
    found = [{"source_port": port, "service": name, "target_port": 8080} for name in services]
    return {"image": "rancher/lb-service-haproxy", "lb_config": {"port_rules": found}}


def published(port: int, *services: str, **keys: t.Any) -> dict[str, t.Any]:
    return {**rules(port, *services), "ports": [f"{port}:{port}"], **keys}


LATER = {"start_on_create": False}
SERVICES: dict[str, dict[str, t.Any]] = {
    "web": {**WEB, **LATER},
    "front": published(PORT, "web", scale=2, **LATER),
    "inner": rules(INNER_PORT, "web"),
    "hidden": rules(INNER_PORT, "web"),
}


@pytest.fixture(scope="module")
def scale(hosts: Hosts) -> int:
    """One load balancer less than hosts, as each of them needs a host with a free port."""
    return max(len(hosts) - 1, 1)


@pytest.fixture(scope="module")
def depot(make_stack: MakeStack, scale: int) -> t.Iterator[Stack]:
    front = {**SERVICES["front"], "scale": scale}
    stack = make_stack("depot").define(**{**SERVICES, "front": front})
    with stack.lasting():
        yield stack


def fronts(hosts: Hosts) -> list[Balancer]:
    return balancers(hosts, "depot", "front")


def where(hosts: Hosts) -> list[Host]:
    return [item.host for item in fronts(hosts)]


def answers(hosts: Hosts, port: int = PORT) -> set[int]:
    """What the hosts of the load balancer answer: 200, 503, or 0 where nothing listens."""
    return {get(host.address, port).status for host in where(hosts)}


def test_activated_in_any_order(hosts: Hosts, depot: Stack, control: Control) -> None:
    """Behaviours 55 test_lbservice_and_targetservice_activate and its permutations, and 59
    test_lb_services_deactivate_activate_service, _lbservice: the load balancer first, then the target first.
    """
    control.run("start", service="depot/front")
    eventually(lambda: answers(hosts) == {503})
    control.run("start", service="depot/web")
    wait_reached(where(hosts), PORT, PAIR)
    control.run("stop", service="depot/web")
    eventually(lambda: answers(hosts) == {503})
    control.run("stop", service="depot/front")
    assert answers(hosts) == {0}
    control.run("start", service="depot/web")
    control.run("start", service="depot/front")
    wait_reached(where(hosts), PORT, PAIR)


def test_deactivated_and_activated(hosts: Hosts, depot: Stack, control: Control) -> None:
    """Behaviour 59 test_lb_services_deactivate_activate_environment."""
    control.run("stop", stack="depot")
    assert answers(hosts) == {0}
    again = control.run("reconcile", stack="depot")
    assert not [line for line in again.done if "  drain  " in line], (
        "each drain ended with its stop"
    )
    control.run("start", stack="depot")
    wait_reached(where(hosts), PORT, PAIR)


def wait_answered(host: Host, asking: str, url: str) -> None:
    """Until each member of the pair has answered a request from the container `asking`.

    A member that has just begun gets few requests at first.
    """
    found: set[str] = set()

    def all_answered() -> bool:
        found.add(host.inside(asking, f"testapp get {url}").split()[-1])
        return found >= set(PAIR)

    eventually(all_answered)
    assert found == set(PAIR)


def test_internal_ones_share_a_port(hosts: Hosts, depot: Stack) -> None:
    """Behaviour 62 test_lbservice_internal, test_multiple_lbservice_internal_same_host_port."""
    member = everywhere(hosts, "depot")[PAIR[0]]
    for name in ("depot-inner-1", "depot-hidden-1"):
        wait_answered(hosts[member.host], member.name, f"http://{name}:{INNER_PORT}/")
    assert {get(host.address, INNER_PORT).status for host in hosts.values()} == {0}


@IN_SOAK
def test_targets_scaled(hosts: Hosts, depot: Stack) -> None:
    """Behaviours 56 test_lb_services_scale_up_service, _scale_down_service and 74: through every load balancer,
    without a reload.
    """
    before = [item.life for item in fronts(hosts)]
    depot.scale("web", 3)
    wait_reached(where(hosts), PORT, [*PAIR, "depot-web-3"])
    depot.scale("web", 2)
    wait_reached(where(hosts), PORT, PAIR)
    assert [item.life for item in fronts(hosts)] == before


def test_load_balancer_scaled(hosts: Hosts, depot: Stack, scale: int) -> None:
    """Behaviour 56 test_lb_services_scale_up_lb_service, _scale_down_lb_service. A port is free once on each host: who
    finds none is held, and the others serve.
    """
    before = lives(everywhere(hosts, "depot"))
    run = depot.scale("front", len(hosts) + 1)
    assert f"depot/front/{len(hosts) + 1}: no host fits" in run.held
    assert f"port {PORT}/tcp is taken" in run.held
    assert {host.name for host in where(hosts)} == set(hosts)
    wait_reached(hosts.values(), PORT, PAIR)
    depot.scale("front", scale)
    assert len(where(hosts)) == scale
    wait_reached(where(hosts), PORT, PAIR)
    assert lives(everywhere(hosts, "depot")) == before


@IN_SOAK
def test_targets_stopped_and_deleted(hosts: Hosts, depot: Stack) -> None:
    """Behaviour 57 test_lb_services_stop_start_instance, _delete_purge_instance, _restart_instance."""
    before = everywhere(hosts, "depot")
    processes = [item.life for item in fronts(hosts)]
    first, second = (before[name] for name in PAIR)
    hosts[first.host].docker("stop", "-t", "1", first.name)
    wait_reached(where(hosts), PORT, [second.name])
    hosts[first.host].docker("start", first.name)
    wait_reached(where(hosts), PORT, PAIR)
    hosts[second.host].docker("rm", "-fv", second.name)
    hosts[first.host].docker("restart", "-t", "1", first.name)
    depot.reconcile()
    wait_reached(where(hosts), PORT, PAIR)
    assert everywhere(hosts, "depot")[second.name].id != second.id
    assert [item.life for item in fronts(hosts)] == processes


def test_load_balancers_stopped_and_deleted(hosts: Hosts, depot: Stack) -> None:
    """Behaviour 58 test_lb_services_stop_start_lb_instance, _lb_instance_restart, _lb_instance_delete."""
    found = fronts(hosts)
    first, last = found[0], found[-1]
    first.host.docker("stop", "-t", "1", first.container.name)
    assert get(first.host.address, PORT).status == 0
    depot.reconcile()
    wait_reached(where(hosts), PORT, PAIR)
    last.host.docker("rm", "-f", last.container.name)
    depot.reconcile()
    wait_reached(where(hosts), PORT, PAIR)
    again = fronts(hosts)[-1]
    assert again.container.id != last.container.id
    again.host.docker("restart", "-t", "1", again.container.name)
    wait_reached(where(hosts), PORT, PAIR)


def test_target_replaced_by_another_service(hosts: Hosts, depot: Stack) -> None:
    """Behaviours 60 test_lb_services_add_remove_servicelinks_service and 61
    test_lb_services_delete_service_add_service: both behind it, then one of them alone.
    """
    before = [item.container.life for item in fronts(hosts)]
    api = {"labels": NAMED, "health_check": CHECK}
    front = {**SERVICES["front"], **published(PORT, "web", "api")}
    depot.define(web=SERVICES["web"], api=api, front=front).up()
    wait_reached(where(hosts), PORT, [*PAIR, "depot-api-1"])
    front = {**front, **published(PORT, "api")}
    run = depot.define(api=api, front=front).up(prune="true")
    wait_reached(where(hosts), PORT, ["depot-api-1"])
    assert not [name for name in everywhere(hosts, "depot") if name in PAIR]
    assert any("  drain  depot-web-1  " in line for line in run.done)
    assert [item.container.life for item in fronts(hosts)] == before


def test_two_load_balancers_for_one_target_and_a_free_port(
    hosts: Hosts, depot: Stack, make_stack: MakeStack
) -> None:
    """Behaviours 60 test_lb_services_add_remove_lb, 61 test_lb_services_delete_lb_service and 66 _cross_stack: another
    stack's load balancer has the same target; when it is gone, a third one takes its port.
    """
    target = ["depot-api-1"]
    for name in ("annex", "annex-again"):
        other = make_stack(name).define(gate=published(SECOND_PORT, "depot/api"))
        with other.lasting():
            (gate,) = balancers(hosts, name, "gate")
            wait_reached([gate.host], SECOND_PORT, target)
            wait_reached(where(hosts), PORT, target)
            wait_state([gate, *fronts(hosts)], "depot.api.1", "UP")
        assert get(gate.host.address, SECOND_PORT).status == 0
    wait_reached(where(hosts), PORT, target)
