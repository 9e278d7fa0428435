# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host never stops the others: read-only disks, held locks, impossible leases."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest

from ...shared.control import Control
from ...shared.hosts import Host
from ...shared.waiting import eventually
from .conftest import IN_SOAK, Hosts, Members
from .test_1_orders import read_only

STATE = "/var/lib/drover"
LEASE = {
    "token": "forged",
    "owner": "nobody@nowhere",
    "reason": "up",
    "unattended": False,
    "ticket": 0.5,
    "since": "2026-11-22T10:00:00Z",
    "until": 1e12,
    "boot": "",
    "started": True,
    "finished": False,
}


def remove_on(hosts: Hosts, members: Members, host: str) -> str:
    """Remove the member on a host; its name."""
    name = members.on(host).name
    hosts[host].docker("rm", "-f", name)
    return name


def runs(hosts: Hosts, host: str, name: str) -> bool:
    found = hosts[host].containers("depot")
    return name in found and found[name].state == "running"


def test_read_only_state_folder_of_one_host(
    hosts: Hosts, members: Members, control: Control
) -> None:
    """Attack H2, fault 15: every pass waited for "somebody who acts", for ever."""
    with read_only([hosts["h1"]], STATE):
        name = remove_on(hosts, members, "h2")
        run = control.run("reconcile", drover_lease_wait_s=20, fails=True)
        assert runs(hosts, "h2", name), run.output
        assert "h1" in run.output
        assert "Read-only file system" in run.output


@contextlib.contextmanager
def held_lock(host: Host) -> t.Iterator[None]:
    """A process that has the host's lock and does not let it go."""
    pid = host.run(f"setsid flock {STATE}/lock sleep 300 >/dev/null 2>&1 & echo $!")
    eventually(lambda: host.run(f"flock --nonblock {STATE}/lock true || echo held") == "held")
    try:
        yield
    finally:
        host.run(f"kill -- -{pid}")


def test_hung_holder_of_the_lock_of_one_host(
    hosts: Hosts, members: Members, control: Control
) -> None:
    """Attack H3, fault 1: nothing was repaired anywhere as long as it hung, and the wrong run was named."""
    with held_lock(hosts["h1"]):
        name = remove_on(hosts, members, "h2")
        run = control.run("reconcile", drover_lease_wait_s=20, fails=True)
        assert runs(hosts, "h2", name), run.output
        assert "h1" in run.output


@pytest.mark.parametrize(
    "content", [LEASE, {**LEASE, "until": "soon"}, [], "text"], ids=["far", "types", "list", "text"]
)
def test_lease_that_cannot_be(
    hosts: Hosts, members: Members, control: Control, content: t.Any
) -> None:
    """Attack M2, faults 63 to 65: timers gave way to it until the year 33000, or the host was unknown for ever."""
    boot = hosts["h1"].run("cat /proc/sys/kernel/random/boot_id")
    if isinstance(content, dict):
        content = {**content, "boot": boot}
    hosts["h1"].run(f"cat >{STATE}/lease <<'END'\n{json.dumps(content)}\nEND")
    name = remove_on(hosts, members, "h2")
    control.run("reconcile", drover_unattended=True)
    assert runs(hosts, "h2", name)


@IN_SOAK
def test_free_strategy(hosts: Hosts, members: Members, control: Control) -> None:
    """Attack L3, fault 45: it ended with "not reached" and "not settled after 6 rounds"."""
    name = remove_on(hosts, members, "h2")
    control.environment["ANSIBLE_STRATEGY"] = "free"
    try:
        run = control.command(control.words("reconcile", (), {}))
    finally:
        del control.environment["ANSIBLE_STRATEGY"]
    assert runs(hosts, "h2", name) if run.code == 0 else "strategy" in run.output, run.output
