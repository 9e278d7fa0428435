# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's files and sockets are damaged or gone: what is ours comes back by itself."""

from __future__ import annotations

import pytest

from ...shared.balancers import FOLDER, balancers, get
from ...shared.control import Control
from ...shared.health import checker_of, settled
from ...shared.hosts import Host
from ...shared.waiting import eventually
from .conftest import IN_SOAK, Hosts, Members

pytestmark = IN_SOAK
PORT = 18090
DAMAGE = {
    "junk": "echo 'junk line' >>{}",
    "cut": "head -c 400 {0} >{0}.x && cat {0}.x >{0} && rm {0}.x",
    "empty": ": >{}",
}


def balancer_host(hosts: Hosts) -> Host:
    return balancers(hosts, "depot", "lb")[0].host


def serves(hosts: Hosts) -> bool:
    return get(balancer_host(hosts).address, PORT).status == 200


@pytest.mark.parametrize("how", [*DAMAGE])
def test_damaged_config_of_a_load_balancer(
    hosts: Hosts, members: Members, control: Control, how: str
) -> None:
    """Attack H6, faults 22 to 24: after a restart it was out of service until a person removed it."""
    host = balancer_host(hosts)
    config = f"{FOLDER}/depot.lb.1/config/haproxy.cfg"
    before = host.run(f"cat {config}")
    host.run(DAMAGE[how].format(config))
    host.docker("restart", "-t", "1", "depot-lb-1")
    # The engine restarts what crashed later and later, so the first pass may say that HAProxy does not answer yet.
    eventually(lambda: control.passes.run("reconcile").quiet, seconds=120)
    eventually(lambda: serves(hosts))
    assert host.run(f"cat {config}") == before


def test_damaged_config_of_all_checkers(hosts: Hosts, members: Members, control: Control) -> None:
    """Fault 18: they voted by the edited file, and all healthy members were replaced."""
    config = "/var/lib/drover/checker/config/haproxy.cfg"
    with members.untouched():
        for host in hosts.values():
            host.run(f"sed -i 's/port 8080/port 9999/' {config}")
            host.docker("kill", "--signal", "USR2", checker_of(host).name)
        for _pass in range(4):
            control.run("reconcile")
        settled(control)


@pytest.mark.parametrize("sockets", ["admin.sock", "*.sock"])
def test_sockets_of_a_load_balancer_are_gone(
    hosts: Hosts, members: Members, control: Control, sockets: str
) -> None:
    """Attack M3, fault 25: it did not follow its service any more, and that was said without end."""
    balancer_host(hosts).run(f"rm -f {FOLDER}/depot.lb.1/run/{sockets}")
    settled(control, seconds=60)
    assert serves(hosts)


@pytest.mark.parametrize(
    "folder",
    ["/var/lib/drover/checker", "/var/lib/drover"],
    ids=["checker", "all"],
)
def test_folders_are_gone(hosts: Hosts, members: Members, control: Control, folder: str) -> None:
    """Attack M4, faults 19 and 20: it never came right by itself."""
    host = balancer_host(hosts)
    host.run(f"find {folder} -mindepth 1 -delete; rmdir {folder} || true")
    settled(control, seconds=120)
    eventually(lambda: serves(hosts))
    assert host.run("stat -c %a /var/lib/drover") == "700"
