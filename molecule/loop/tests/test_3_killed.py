# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller is killed while it acts: the other control node takes over and finishes."""

from __future__ import annotations

import dataclasses
import json
import time
import typing as t

import pytest

from ...shared.audit import entries, made_anew
from ...shared.control import Control
from ...shared.health import break_page, counts
from ...shared.hosts import Host, everywhere
from ...shared.inventory import LEASE_S
from ...shared.nodes import UNIT, Node, now, soak
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
Nodes = dict[str, Node]
# Prints the lease while a module acts on this host: it holds this lock then.
ACTS = "flock --nonblock --exclusive /var/lib/drover/lock true || cat /var/lib/drover/lease"


@dataclasses.dataclass(frozen=True)
class Moment:
    """Faults that make work of a certain kind, and how long into it the kill comes (s)."""

    what: str
    faults: tuple[tuple[str, int], ...]
    late_s: float = 0.0


MOMENTS = [
    Moment("while members are made anew", (("rm -f", 3),)),
    Moment("while members are started", (("stop --time 1", 4),), 0.3),
    Moment("while a sick member is replaced", (("500", 2),), 0.5),
    Moment("while members are unpaused", (("pause", 4),)),
    Moment("later, while members are made anew", (("rm -f", 3),), 1.0),
    Moment("while all of it is done", (("rm -f", 1), ("stop --time 1", 1), ("pause", 1))),
    Moment("later, while all of it is done", (("rm -f", 1), ("kill", 1), ("pause", 1)), 0.7),
    Moment("later, while a sick member is replaced", (("500", 1),), 1.5),
    Moment("while one member is made anew", (("rm -f", 1),), 0.2),
    Moment("while killed members are started", (("kill", 4),), 0.1),
]
CHOSEN = MOMENTS if soak() else MOMENTS[:3]


@pytest.fixture(autouse=True)
def _timers(nodes: Nodes, stacks: dict[str, Stack]) -> t.Iterator[None]:
    assert stacks
    for node in nodes.values():
        node.switch(on=True)
    yield
    for node in nodes.values():
        node.switch(on=False)


def members(hosts: Hosts) -> list[tuple[Host, str]]:
    """Host and name of each member of the three stacks, sorted by index so that no service loses two in a row."""
    found = [item for item in everywhere(hosts).values() if "-checker-" not in item.name]
    ordered = sorted(found, key=lambda item: (item.name[-1], item.name))
    return [(hosts[item.host], item.name) for item in ordered]


def make_faults(hosts: Hosts, moment: Moment) -> None:
    """Each at another member."""
    left = members(hosts)
    for words, number in moment.faults:
        for host, name in left[:number]:
            if words == "500":
                break_page(host, name)
            else:
                host.docker(*words.split(), name)
        left = left[number:]


def acting(hosts: Hosts) -> str:
    """The control node whose run acts on one of the hosts at this moment, if any does."""
    for host in hosts.values():
        lease = host.run(ACTS)
        if lease and json.loads(lease)["started"]:
            return str(json.loads(lease)["owner"].partition("@")[2])
    return ""


def wait_acting(hosts: Hosts, seconds: float) -> str:
    """Wait until a run acts, and say whose; it may do so for a moment only, so this asks without a pause."""
    until = time.monotonic() + seconds
    while True:
        name = acting(hosts)
        if name:
            return name
        assert time.monotonic() < until, f"nothing acted within {seconds} s"


def well(control: Control) -> bool:
    """Whether each of the three services has all its members, running and healthy."""
    run = control.run("status")
    assert sorted(counts(run).values()) == [(3, 3, 3)] * 3, run.output
    return True


@pytest.mark.parametrize("moment", CHOSEN, ids=lambda moment: moment.what.replace(" ", "-"))
def test_other_node_takes_over(
    hosts: Hosts, nodes: Nodes, control: Control, moment: Moment
) -> None:
    """Must show 3. Whichever node acts is killed, and its timer stopped."""
    eventually(lambda: well(control), seconds=120)
    began = now()
    make_faults(hosts, moment)
    name = wait_acting(hosts, 60)
    time.sleep(moment.late_s)
    nodes[name].run(f"systemctl kill --signal=KILL {UNIT}.service; systemctl stop {UNIT}.timer")
    killed = now()
    taken = eventually(
        lambda: [item for item in entries(hosts, since=killed) if not item.who.endswith(name)],
        seconds=LEASE_S + 60,
    )
    # A member that was replaced several times lately is not replaced again at once: that is the back-off of repairs.
    eventually(lambda: well(control), seconds=300)
    after = f"the other acted {taken[0].time - killed:.0f} s later and was done after {now() - killed:.0f} s"
    print(f"{moment.what}: {name} killed, {after}")
    assert "code=killed" in "\n".join(nodes[name].journal(began)), "it was not killed in a pass"
    anew = made_anew(entries(hosts, since=began))
    assert set(anew.values()) <= {1}, f"one fault, several repairs: {anew}"
