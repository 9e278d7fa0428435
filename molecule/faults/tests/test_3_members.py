# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes that are gone. Strangers with the labels of a member: molecule/single."""

from __future__ import annotations

from ...shared.control import Control
from ...shared.health import settled
from ...shared.stacks import Stack
from .conftest import IN_SOAK, Hosts, Members


def test_missing_volume_holds_its_member(
    hosts: Hosts, depot: Stack, members: Members, control: Control
) -> None:
    """Attack H8, faults 29 and 31: the member came back with an empty volume, and all was said to be well."""
    lost = members.on("h2")
    host, volume = hosts["h2"], lost.mounts["/data"]
    control.run("stop", service="depot/web")
    host.docker("rm", lost.name)
    host.docker("volume", "rm", volume)
    run = control.run("start", service="depot/web")
    assert volume in run.held
    assert lost.name not in host.containers("depot")
    assert volume not in host.volumes()
    key = f"depot/web/{lost.name[-1]}"
    control.run("reconcile", new_volumes=key)
    settled(control)
    assert lost.name in host.containers("depot")
    members.mark()


@IN_SOAK
def test_prune_while_stopped_makes_no_empty_volumes(
    hosts: Hosts, depot: Stack, members: Members, control: Control
) -> None:
    """Fault 31. Engines from 23.0 on keep named volumes; 20.10 on h1 does not."""
    control.run("stop", service="depot/web")
    for host in hosts.values():
        host.docker("system", "prune", "-af", "--volumes")
    control.run("start", service="depot/web")
    gone = {f"depot-web-{number}" for number in (1, 2, 3)} - set(members.of())
    control.run("reconcile", new_volumes=",".join(f"depot/web/{name[-1]}" for name in gone))
    settled(control)
    for name in gone:
        item = members.of()[name]
        hosts[item.host].inside(name, f"echo {name} >/data/marker")
