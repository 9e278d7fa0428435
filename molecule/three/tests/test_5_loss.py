# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are away: seconds are lost, not the pass, and nothing is created in their members' stead."""

from __future__ import annotations

import os
import typing as t

import pytest

from ...conftest import MakeControl, MakeStack
from ...shared.control import Control
from ...shared.hosts import Container, Host, everywhere, of_service
from ...shared.machines import Machine
from ...shared.runs import Run
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
# Who a node of the Swarm is by its certificate: it is a worker for good only once it has one as such.
CERTIFICATE = (
    'python3 -c "import ssl; print(ssl._ssl._test_decode_cert('
    "'/var/lib/docker/swarm/certificates/swarm-node.crt')['subject'])\""
)
# Where other work keeps the machine busy, a pass takes longer than what is promised.
LIMIT_S = float(os.environ.get("DROVER_LOSS_LIMIT_S", "10"))


@pytest.fixture(scope="module")
def machines(hosts: Hosts) -> t.Iterator[dict[str, Machine]]:
    found = {name: Machine(host) for name, host in hosts.items()}
    yield found
    for machine in found.values():
        machine.restore()


@pytest.fixture(scope="module")
def usual(hosts: Hosts, make_control: MakeControl) -> Control:
    """A control node with the times that a user's has; its passes are playbooks, whose time is promised."""
    return make_control(hosts)


@pytest.fixture(scope="module")
def loss(make_stack: MakeStack) -> Stack:
    """Members with data on each host, and some without a network: these need no Swarm."""
    stack = make_stack("loss").define(
        data={"scale": 3, "volumes": ["rows:/rows"]},
        bare={"scale": 3, "network_mode": "none"},
        volumes={"rows": {"per_container": True}},
    )
    stack.up()
    make_stack("gone").define(web={"scale": 3}).up()
    return stack


def on(hosts: Hosts, host: str, service: str) -> Container:
    """The member of a service of the stack loss that is on a host."""
    found = of_service(hosts[host].containers("loss"), service)
    return next(iter(found.values()))


def others(hosts: Hosts, *away: str) -> Hosts:
    return {name: host for name, host in hosts.items() if name not in away}


def test_stopped_host_is_shown_and_the_others_are_repaired(
    hosts: Hosts, machines: dict[str, Machine], loss: Stack, usual: Control
) -> None:
    """Must show 9. What is pinned to the stopped host by its volume is not created elsewhere."""
    away = on(hosts, "h3", "data")
    gone = [on(hosts, "h1", "data"), on(hosts, "h2", "bare")]
    machines["h3"].cut_power()
    for item in gone:
        hosts[item.host].docker("rm", "-f", item.name)
    run = usual.playbook("reconcile", stack="loss")
    assert run.seconds < LIMIT_S
    assert "on h3: not seen: not reached" in run.notes
    assert f"loss/data/{away.name[-1]} on h3: its host was not seen; taken as present" in run.held
    found = everywhere(others(hosts, "h3"), "loss")
    assert {found[item.name].host for item in gone} == {"h1", "h2"}
    assert away.name not in found
    assert len(found) == 4


def test_stack_goes_down_while_a_host_is_away(hosts: Hosts, make_stack: MakeStack) -> None:
    run = make_stack("gone").down()
    assert everywhere(others(hosts, "h3"), "gone") == {}
    assert "h3" in run.output


def test_stopped_and_hung_hosts_cost_seconds(
    hosts: Hosts, machines: dict[str, Machine], loss: Stack, usual: Control
) -> None:
    """Must show 9, both at once. Two of three Swarm managers are gone, so the network takes no containers."""
    bare, data = on(hosts, "h1", "bare"), on(hosts, "h1", "data")
    machines["h2"].hang_engine()
    hosts["h1"].docker("rm", "-f", bare.name)
    hosts["h1"].docker("pause", data.name)
    run = usual.playbook("reconcile", stack="loss")
    assert run.seconds < LIMIT_S
    assert "on h2: not seen: " in run.notes
    assert "on h3: not seen: not reached" in run.notes
    found = hosts["h1"].containers("loss")
    assert set(found) == {bare.name, data.name}
    assert {item.state for item in found.values()} == {"running"}
    assert found[data.name].id == data.id


def test_scale_is_refused_without_a_majority(hosts: Hosts, loss: Stack) -> None:
    """An engine that finds that its Swarm lost the majority answers GET /info after 20 s only, for a while: no test
    can tell before a command whether it will be answered, so the command is given until h1 is seen."""
    before = hosts["h1"].record("loss")["version"]
    refusal = "needs 2 of the stack's 3 hosts (h1, h2, h3); reached: h1"
    eventually(lambda: refusal in refused_scale(loss).errors, seconds=90)
    assert hosts["h1"].record("loss")["version"] == before


def refused_scale(stack: Stack) -> Run:
    return stack.control.run("scale", service="loss/bare", scale=5, fails=True)


def test_all_is_quiet_when_they_are_back(
    hosts: Hosts, machines: dict[str, Machine], loss: Stack, control: Control
) -> None:
    """Each member is where it was, once; what went down meanwhile is removed from the host that was away."""
    machines["h2"].resume_engine()
    machines["h3"].power_on()
    assert everywhere(hosts, "gone") != {}
    eventually(lambda: control.run("reconcile").quiet, seconds=60)
    found = everywhere(hosts, "loss")
    assert len(found) == 6
    assert {item.state for item in found.values()} == {"running"}
    assert everywhere(hosts, "gone") == {}


def is_worker(host: Host) -> bool:
    return "swarm-worker" in host.run(CERTIFICATE)


def test_loss_of_the_only_manager_is_shown_and_heals(
    hosts: Hosts, machines: dict[str, Machine], loss: Stack, usual: Control
) -> None:
    """Must show 9: members on the network wait, without a failure being counted; the others are repaired."""
    eventually(lambda: hosts["h1"].docker("node", "demote", "h2", "h3"))
    eventually(lambda: is_worker(hosts["h2"]) and is_worker(hosts["h3"]), seconds=60)
    machines["h1"].cut_power()
    data, bare = on(hosts, "h2", "data"), on(hosts, "h3", "bare")
    hosts["h2"].docker("rm", "-f", data.name)
    hosts["h3"].docker("rm", "-f", bare.name)
    run = usual.playbook("reconcile", stack="loss")
    assert run.seconds < LIMIT_S
    assert f"loss/data/{data.name[-1]} on h2: no Swarm manager was reached" in run.held
    assert bare.name in hosts["h3"].containers("loss")
    assert data.name not in hosts["h2"].containers("loss")
    machines["h1"].power_on()
    eventually(lambda: loss.reconcile().quiet, seconds=60)
    assert on(hosts, "h2", "data").name == data.name
    life = hosts["h2"].record("loss")["life"].get(f"data/{data.name[-1]}", {})
    assert life.get("failures", 0) == 0


def test_network_role_makes_three_managers_again(hosts: Hosts, control: Control) -> None:
    """The role survives being run again, after whatever happened to its managers."""
    control.playbook("network")
    nodes = hosts["h1"].run("docker node ls -f role=manager --format '{{.Hostname}}'").split()
    assert sorted(nodes) == ["h1", "h2", "h3"]
    assert control.playbook("network").changed == 0
