# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host's report on its Swarm membership and its networks. Private to the collection.

Everything here only reads.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import typing as t

from .._common.constants import LABEL_NETWORK
from .._engine.errors import EngineError
from .client import SwarmClient
from .overlay import ENCRYPTED_OPTION, MTU_OPTION

Report = t.Dict[str, t.Any]

ROUTES_FILE = "/proc/net/route"


def look(
    client: SwarmClient, *, preferred_addr: str = "", attached_to: str = "", view: bool = True
) -> Report:
    """Engine, membership, networks and routes of the host; nodes and services if it is a manager with a quorum.

    C(attached_to): also list the containers on this network, whether they run or not. C(view): whether to ask a manager
    for nodes and services.
    """
    info = client.get("/info")
    report = {
        "hostname": info["Name"],
        "engine_id": info["ID"],
        "version": info["ServerVersion"],
        "live_restore": bool(info.get("LiveRestoreEnabled")),
        "advertise_addr": choose_address(preferred_addr),
        "routes": read_routes(),
        "networks": [_network(item) for item in client.get("/networks")],
        **membership(info.get("Swarm") or {}),
    }
    sees = view and report["manager"] and not report["error"]
    report.update(_manager_view(client) if sees else _no_view())
    report["attached"] = attached(client, attached_to) if attached_to else []
    return report


def attached(client: SwarmClient, network: str) -> list[str]:
    """Names of the containers on a network."""
    return sorted(
        (item.get("Names") or [item["Id"]])[0].lstrip("/")
        for item in client.get("/containers/json?all=1")
        if network in ((item.get("NetworkSettings") or {}).get("Networks") or {})
    )


def membership(swarm: dict[str, t.Any]) -> Report:
    """The host's role in a swarm, from its own report."""
    node_id = swarm.get("NodeID") or ""
    return {
        "state": swarm.get("LocalNodeState") or "inactive",
        "error": swarm.get("Error") or "",
        "node_id": node_id,
        "node_addr": swarm.get("NodeAddr") or "",
        "manager": bool(swarm.get("ControlAvailable")),
        "managers": _known_managers(swarm.get("RemoteManagers") or [], node_id),
    }


def _known_managers(items: list[dict[str, str]], node_id: str) -> list[dict[str, str]]:
    """The managers, this host first: it answers, and a joining host contacts only the first address."""
    known = [{"node_id": item["NodeID"], "addr": item["Addr"]} for item in items]
    return sorted(known, key=lambda item: (item["node_id"] != node_id, item["addr"]))


def _no_view() -> Report:
    return {"quorum": False, "swarm_id": "", "made": False, "nodes": [], "services": 0}


def is_cut_off(report: Report) -> bool:
    """Whether the host is a manager without a known leader: it cannot reach the others, or an election is under way."""
    return bool(report["state"] == "active" and report["manager"] and not report["quorum"])


def _manager_view(client: SwarmClient) -> Report:
    """The facts that only a manager with a quorum has; without a quorum, the engine's error."""
    try:
        swarm = client.get("/swarm")
        return {
            "quorum": True,
            "swarm_id": swarm["ID"],
            "made": LABEL_NETWORK in ((swarm.get("Spec") or {}).get("Labels") or {}),
            "nodes": list_nodes(client),
            "services": len(client.get("/services")),
        }
    except EngineError as error:
        return {**_no_view(), "error": str(error)}


def list_nodes(client: SwarmClient) -> list[dict[str, t.Any]]:
    """The swarm's nodes as a manager lists them, by host name."""
    nodes = [_node(item) for item in client.get("/nodes")]
    return sorted(nodes, key=lambda node: (node["hostname"], node["id"]))


def _node(item: dict[str, t.Any]) -> dict[str, t.Any]:
    manager = item.get("ManagerStatus") or {}
    return {
        "id": item["ID"],
        "hostname": (item.get("Description") or {}).get("Hostname", ""),
        "addr": (item.get("Status") or {}).get("Addr", ""),
        "role": item["Spec"]["Role"],
        "availability": item["Spec"].get("Availability", "active"),
        "state": (item.get("Status") or {}).get("State", "unknown"),
        "reachability": manager.get("Reachability", ""),
        "leader": bool(manager.get("Leader")),
    }


def _network(item: dict[str, t.Any]) -> dict[str, t.Any]:
    pools = (item.get("IPAM") or {}).get("Config") or []
    options = item.get("Options") or {}
    return {
        "name": item["Name"],
        "id": item["Id"],
        "driver": item["Driver"],
        "scope": item["Scope"],
        "attachable": bool(item.get("Attachable")),
        "subnets": [pool["Subnet"] for pool in pools if pool.get("Subnet")],
        "ip_ranges": [pool["IPRange"] for pool in pools if pool.get("IPRange")],
        "encrypted": ENCRYPTED_OPTION in options,
        "mtu": int(options.get(MTU_OPTION, 0)),
        "ours": LABEL_NETWORK in (item.get("Labels") or {}),
    }


def choose_address(preferred: str) -> str:
    """The preferred address if this host has it, else that of its default route; empty if there is none."""
    if preferred and is_local(preferred):
        return preferred
    return _route_source(socket.AF_INET, "192.0.2.1") or _route_source(
        socket.AF_INET6, "2001:db8::1"
    )


def is_local(address: str) -> bool:
    """Whether this is an address (not a name) of one of this host's interfaces: only these can be bound."""
    try:
        version = ipaddress.ip_address(address).version
        with socket.socket(
            socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM
        ) as probe:
            probe.bind((address, 0))
        return True
    except (ValueError, OSError):
        return False


def _route_source(family: int, documentation_address: str) -> str:
    """This host's address towards its default route; connecting a datagram socket sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((documentation_address, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def read_routes(path: str = ROUTES_FILE) -> list[dict[str, str]]:
    """The host's IPv4 routes except the default one; none if the kernel does not show them."""
    try:
        with open(path, encoding="ascii") as file:
            return parse_routes(file.read())
    except OSError:
        return []


def parse_routes(text: str) -> list[dict[str, str]]:
    """Networks and interfaces of the kernel's route table; its numbers are in the machine's byte order."""
    routes = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or int(fields[7], 16) == 0:
            continue
        network = ipaddress.ip_network(f"{_address(fields[1])}/{_address(fields[7])}")
        routes.append({"subnet": str(network), "interface": fields[0]})
    return routes


def _address(number: str) -> str:
    return socket.inet_ntoa(struct.pack("=I", int(number, 16)))
