# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the managers, and find nodes of the swarm that are no longer hosts.

Private to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .fleet import Fleet, Node, largest_odd
from .report import Report


@dataclasses.dataclass
class Roles:
    """The changes of roles, by host (joins) and by node id."""

    joins: dict[str, str] = dataclasses.field(default_factory=dict)
    promote: list[str] = dataclasses.field(default_factory=list)
    demote: list[str] = dataclasses.field(default_factory=list)
    remove: list[str] = dataclasses.field(default_factory=list)


def choose(fleet: Fleet, nodes: list[Node], *, joining: t.Collection[str], managers: int) -> Roles:
    """Roles for the joining hosts and the existing nodes.

    Existing managers stay managers. If there are too few, the first hosts by name become managers, up to an odd
    number. Another host replaces a manager that is down and whose host was not reached.

    Only nodes with a reachability count as managers: after a forced restart of a swarm, the entries of the others
    still have the role.

    Args:
        fleet: The hosts.
        nodes: The swarm's nodes; empty if the swarm is not yet started.
        joining: Hosts that will join.
        managers: The wanted number of managers.
    """
    old = [node["id"] for node in nodes if _is_old_entry(fleet, node, joining)]
    kept = [node for node in nodes if node["id"] not in old]
    lost = [node for node in kept if node["reachability"] and _is_lost(fleet, node)]
    alive = [node for node in kept if node["reachability"] and node not in lost]
    free = _candidates(fleet, kept, joining)
    goal = min(largest_odd(min(managers, len(fleet.hosts))), largest_odd(len(alive) + len(free)))
    new = free[: max(goal - len(alive), 0)]
    replaced = lost if new and len(alive) + len(new) >= goal else []
    return Roles(
        joins={host: "manager" if host in new else "worker" for host in sorted(joining)},
        promote=[fleet.reports[host]["node_id"] for host in new if host not in joining],
        demote=[node["id"] for node in replaced],
        remove=old,
    )


def _is_lost(fleet: Fleet, node: Node) -> bool:
    """Whether neither the other managers nor we reach a manager; False if it is not a host of the group."""
    return bool(node["reachability"] != "reachable" and fleet.missing_host_of(node))


def _is_old_entry(fleet: Fleet, node: Node, joining: t.Collection[str]) -> bool:
    """Whether this is an old entry of a host that has, or will get, another node id."""
    owner = fleet.host_of(node["id"])
    if owner or node["leader"]:
        return owner in joining
    return any(
        _same_machine(report, node) and (node["state"] != "ready" or host in joining)
        for host, report in fleet.reports.items()
    )


def _same_machine(report: Report, node: Node) -> bool:
    """Whether host name and address match: host names alone may repeat."""
    addresses = {report["node_addr"], report["advertise_addr"]}
    return bool(report["hostname"] == node["hostname"] and node["addr"] in addresses)


def _candidates(fleet: Fleet, nodes: list[Node], joining: t.Collection[str]) -> list[str]:
    """Hosts that could become managers now, by name."""
    ready = [node["id"] for node in nodes if node["role"] == "worker" and node["state"] == "ready"]
    workers = [host for host in map(fleet.host_of, ready) if host]
    return sorted([*workers, *joining])
