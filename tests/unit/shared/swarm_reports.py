# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of hosts for the tests of role network's decisions."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._swarm.decide import decide
from ansible_collections.drover.docker.plugins.module_utils._swarm.fleet import SwarmSettings
from ansible_collections.drover.docker.plugins.module_utils._swarm.plan import SwarmPlan

Json = dict[str, t.Any]

NETWORK: Json = {"name": "drover", "subnet": "10.42.0.0/16", "encrypted": False, "mtu": 0}
OVERLAY: Json = {
    "name": "drover",
    "id": "n1",
    "driver": "overlay",
    "scope": "swarm",
    "attachable": True,
    "subnets": ["10.42.0.0/16"],
    "ip_ranges": ["10.42.0.0/17"],
    "encrypted": False,
    "mtu": 0,
    "ours": True,
}


def address(host: str) -> str:
    return f"172.16.0.{host[1:]}"


def report(host: str, **changes: t.Any) -> Json:
    """A host that is in no swarm."""
    found = {
        "hostname": host,
        "engine_id": f"engine-{host}",
        "version": "26.1.5",
        "live_restore": False,
        "advertise_addr": address(host),
        "routes": [{"subnet": "172.16.0.0/24", "interface": "eth0"}],
        "networks": [],
        "state": "inactive",
        "error": "",
        "node_id": "",
        "node_addr": "",
        "manager": False,
        "managers": [],
        "quorum": False,
        "swarm_id": "",
        "made": False,
        "attached": [],
        "nodes": [],
        "services": 0,
    }
    return {**found, **changes}


def node(host: str, role: str = "worker", **changes: t.Any) -> Json:
    """A sound node as a manager lists it."""
    found = {
        "id": f"node-{host}",
        "hostname": host,
        "addr": address(host),
        "role": role,
        "availability": "active",
        "state": "ready",
        "reachability": "reachable" if role == "manager" else "",
        "leader": False,
    }
    return {**found, **changes}


def lost(host: str, role: str = "manager") -> Json:
    """A node that is down."""
    return node(host, role, state="down", reachability="unreachable" if role == "manager" else "")


def swarm(roles: dict[str, str], *, more: t.Iterable[Json] = ()) -> dict[str, Json]:
    """Reports of hosts in one sound swarm with the overlay; the first manager leads."""
    managers = [host for host, role in roles.items() if role == "manager"]
    nodes = [node(host, role, leader=host == managers[0]) for host, role in roles.items()]
    nodes += list(more)
    known = [{"node_id": f"node-{host}", "addr": f"{address(host)}:2377"} for host in managers]
    return {host: _member(host, role, nodes=nodes, known=known) for host, role in roles.items()}


def _member(host: str, role: str, *, nodes: list[Json], known: list[Json]) -> Json:
    found = report(
        host,
        state="active",
        node_id=f"node-{host}",
        node_addr=address(host),
        manager=role == "manager",
        managers=known,
    )
    if role == "manager":
        found.update(quorum=True, swarm_id="s1", nodes=nodes, networks=[OVERLAY])
    return found


def leaderless(found: Json) -> Json:
    """The report of a manager that has lost the others."""
    error = "The swarm does not have a leader."
    return {**found, "quorum": False, "error": error, "nodes": [], "swarm_id": "", "networks": []}


def plan(reports: dict[str, Json], *, hosts: t.Iterable[str] = (), **settings: t.Any) -> SwarmPlan:
    """The decision for these reports; hosts are those that reported, unless there are more."""
    names = list(hosts) or list(reports)
    network = {**NETWORK, **settings.pop("network", {})}
    wanted = SwarmSettings(network=network, default_addr_pool=["10.44.0.0/16"], **settings)
    return decide(reports, hosts={host: address(host) for host in names}, settings=wanted)
