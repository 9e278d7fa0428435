# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From one host to two and three: running containers are connected to the overlay as they run."""

from __future__ import annotations

import os
import subprocess

import pytest

from ...conftest import MakeControl
from ...shared.hosts import Container, Host, everywhere, lives, of_service
from ...shared.inventory import LAB, PATIENT
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
FRONT = "http://127.0.0.1:18070/"
EVERY = {"labels": {"io.rancher.scheduler.global": "true"}}


@pytest.fixture(scope="module")
def grow(
    hosts: Hosts, make_control: MakeControl, tmp_path_factory: pytest.TempPathFactory
) -> Stack:
    """A stack on one host, as it was before there were others."""
    subprocess.run([LAB.parent / "lab" / "reset", *hosts], check=True)
    stack = Stack(tmp_path_factory.mktemp("grow"), make_control(["h1"], **PATIENT), "grow")
    stack.define(
        front={"ports": ["18070:8080"], "links": ["web:app"]}, web={"scale": 2}, agent=EVERY
    )
    stack.up()
    return stack


def agents(hosts: Hosts) -> list[str]:
    found = of_service(everywhere(hosts, "grow"), "agent")
    return sorted(item.host for item in found.values())


def test_second_host_connects_running_containers(
    hosts: Hosts, grow: Stack, make_control: MakeControl
) -> None:
    """Same containers, same start, published port answers; the global service comes to the new host."""
    before = everywhere(hosts, "grow")
    assert {tuple(item.addresses) for item in before.values()} == {("drover-local",)}
    assert hosts["h1"].get(FRONT).startswith("testapp")
    grow.control = make_control(["h1", "h2"], **PATIENT)
    grow.control.playbook("network")
    grow.reconcile()
    after = everywhere(hosts, "grow")
    assert lives(before).items() <= lives(after).items()
    assert {tuple(item.addresses) for item in after.values()} == {("drover",)}
    assert hosts["h1"].get(FRONT).startswith("testapp")
    assert agents(hosts) == ["h1", "h2"]
    assert grow.reconcile().quiet


def test_third_host_joins(hosts: Hosts, grow: Stack, make_control: MakeControl) -> None:
    before = everywhere(hosts, "grow")
    grow.control = make_control(hosts, **PATIENT)
    grow.control.playbook("network")
    grow.scale("web", 4)
    after = everywhere(hosts, "grow")
    assert lives(before).items() <= lives(after).items()
    assert agents(hosts) == ["h1", "h2", "h3"]
    assert {item.host for item in of_service(after, "web").values()} == {"h1", "h2", "h3"}
    assert hosts["h1"].get(FRONT).startswith("testapp")
    front = after["grow-front-1"]
    expected = {item.addresses["drover"] for item in of_service(after, "web").values()}
    eventually(lambda: resolved(hosts, front, "web") == expected, seconds=5)
    eventually(lambda: resolved(hosts, front, "app") == expected, seconds=5)


def resolved(hosts: Hosts, container: Container, name: str) -> set[str]:
    found = hosts[container.host].docker("exec", container.name, "testapp", "resolve", name)
    return set(found.split())


@pytest.mark.parametrize("seed", range(20 if os.environ.get("DROVER_SOAK") else 2))
def test_random_faults_are_healed_in_one_pass(hosts: Hosts, grow: Stack, seed: int) -> None:
    """Must show 3, at random; full counts in make soak."""
    before = everywhere(hosts, "grow")
    verbs = [
        "rm -f",
        "rm -fv",
        "kill",
        "stop -t 1",
        "pause",
        "network disconnect drover",
        "restart",
    ]
    for number, (name, item) in enumerate(before.items()):
        verb = verbs[(seed * 5 + number * 3) % len(verbs)]
        hosts[item.host].run(f"docker {verb} {name}")
    grow.reconcile()
    after = everywhere(hosts, "grow")
    assert {name: item.host for name, item in after.items()} == {
        name: item.host for name, item in before.items()
    }
    assert {item.state for item in after.values()} == {"running"}
    assert all(item.addresses == before[name].addresses for name, item in after.items())
    assert grow.reconcile().quiet
