# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both control nodes' timers are on, and members of three stacks meet random faults."""

from __future__ import annotations

import collections
import dataclasses
import os
import random
import time
import typing as t

import pytest

from ...shared.audit import Entry, entries, made_anew
from ...shared.control import Control
from ...shared.health import break_page, counts
from ...shared.hosts import Container, Host, everywhere
from ...shared.nodes import Installer, Node, now, soak
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
Nodes = dict[str, Node]
FAULTS = 50 if soak() else 10
SEED = int(os.environ.get("DROVER_LOOP_SEED") or random.randrange(10**6))
PAUSES_S = (1.0, 6.0) if soak() else (0.5, 3.0)  # between two faults, from and to
KINDS: dict[str, t.Callable[[Host, str], t.Any]] = {
    "kill": lambda host, name: host.docker("kill", name),
    "remove": lambda host, name: host.docker("rm", "-f", name),
    "stop": lambda host, name: host.docker("stop", "--time", "1", name),
    "pause": lambda host, name: host.docker("pause", name),
    "500": break_page,
}
# What puts right a member that met a fault, where it is not made anew.
MENDS = {"kill": {"start"}, "remove": set(), "stop": {"start"}, "pause": {"unpause"}, "500": set()}


@dataclasses.dataclass(frozen=True)
class Fault:
    """What was done to whom, and when that was done (Unix time, s)."""

    kind: str
    host: str
    name: str
    container_id: str
    time: float


@pytest.fixture(scope="module", autouse=True)
def timers(nodes: Nodes, stacks: dict[str, Stack], install: Installer) -> None:
    """On, on both nodes. What c2 says is all that there is to say (-vvv): test_4_secrets reads it."""
    install("c1,c2")
    nodes["c2"].run(
        "mkdir -p /etc/systemd/system/drover-reconcile.service.d && printf '[Service]\\n"
        "Environment=ANSIBLE_VERBOSITY=3 ANSIBLE_DIFF_ALWAYS=1 ANSIBLE_STDOUT_CALLBACK=default\\n' "
        ">/etc/systemd/system/drover-reconcile.service.d/test.conf && systemctl daemon-reload"
    )


def sound(hosts: Hosts, met: t.Collection[str]) -> list[Container]:
    """Members of the three stacks that run; those whose page is broken only once they were replaced."""
    found = [item for item in everywhere(hosts).values() if "-checker-" not in item.name]
    return [item for item in found if item.state == "running" and item.id not in met]


def candidates(found: list[Container], kind: str, faults: list[Fault]) -> list[Container]:
    """Members that this fault may meet, by name.

    Outside of soak runs none is made sick twice: the back-off of its second replacement lasts minutes.
    """
    spared = {fault.name for fault in faults if fault.kind == kind == "500" and not soak()}
    return sorted((item for item in found if item.name not in spared), key=lambda item: item.name)


def strike(hosts: Hosts, dice: random.Random, faults: list[Fault], met: set[str]) -> Fault:
    """One random fault at a random member; one that is just being repaired gives way to another."""

    def once() -> Fault | None:
        kind = dice.choice(sorted(KINDS))
        choice = candidates(sound(hosts, met), kind, faults)
        if not choice:
            return None
        chosen = dice.choice(choice)
        began = now()
        KINDS[kind](hosts[chosen.host], chosen.name)
        return Fault(kind, chosen.host, chosen.name, chosen.id, began)

    fault = eventually(once, seconds=120)
    assert fault
    if fault.kind == "500":  # after every other fault it runs again only when it was repaired
        met.add(fault.container_id)
    return fault


def healthy(control: Control) -> bool:
    """Whether each service has all its members, running and healthy."""
    run = control.run("status")
    assert sorted(counts(run).values()) == [(3, 3, 3)] * 3, run.output
    return True


@pytest.fixture(scope="module")
def faults(hosts: Hosts, control: Control) -> list[Fault]:
    """All of them, one after the other, and the time until everything is well again."""
    print(f"seed {SEED}: DROVER_LOOP_SEED={SEED} repeats the choices")
    dice, met = random.Random(SEED), set[str]()
    found: list[Fault] = []
    for _number in range(FAULTS):
        found.append(strike(hosts, dice, found, met))
        print(f"{found[-1].kind:<6} {found[-1].name} on {found[-1].host}")
        time.sleep(dice.uniform(*PAUSES_S))
    # Members that were replaced often wait for their turn: the back-off of repairs is at most 600 s.
    eventually(lambda: healthy(control), seconds=900 if soak() else 240)
    print(f"well again {now() - found[-1].time:.0f} s after the last of {FAULTS} faults")
    return found


def test_scale_is_met_and_all_are_healthy(hosts: Hosts, faults: list[Fault]) -> None:
    """Must show 2. No index is there twice: everywhere() would not have it."""
    members = {name: item for name, item in everywhere(hosts).items() if "-checker-" not in name}
    wanted = {f"{stack}-web-{index}" for stack in ("alpha", "beta", "gamma") for index in (1, 2, 3)}
    assert set(members) == wanted
    assert {item.state for item in members.values()} == {"running"}
    assert not {item.id for item in members.values()} & {
        fault.container_id for fault in faults if fault.kind in ("remove", "500")
    }


def test_nothing_is_left_to_do(nodes: Nodes) -> None:
    for node in nodes.values():
        began = now()
        eventually(lambda node=node, began=began: node.quiet(began), seconds=60)  # type: ignore[misc]


def test_no_two_passes_repair_the_same_fault(hosts: Hosts, faults: list[Fault]) -> None:
    """Must show 2. Both nodes may repair at once, on hosts of their own; what one made anew, no other replaces."""
    found = entries(hosts, since=faults[0].time)
    assert len({item.run for item in found}) > 1
    met = collections.Counter(fault.name for fault in faults)
    assert made_anew(entry for entry in found if "-checker-" not in entry.container) <= met


def mended(found: list[Entry], fault: Fault) -> list[Entry]:
    """What the audit has of a fault's repair: the member was made anew, started or unpaused after it."""
    wanted = {"create", *MENDS[fault.kind]}
    return [
        item
        for item in found
        if item.container == fault.name and item.time >= fault.time and item.action in wanted
    ]


def test_each_fault_and_its_repair_is_in_the_audit(hosts: Hosts, faults: list[Fault]) -> None:
    """Must show 2. With its cause: how the container ended, or who removed it."""
    found = entries(hosts, since=faults[0].time)
    for fault in faults:
        repairs = mended(found, fault)
        assert repairs, f"{fault} has no repair in the audit"
        assert any(item.cause for item in repairs), repairs
