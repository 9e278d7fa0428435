# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a group, combined from their Swarm reports. Private to the collection.

Everything here only reads.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .overlay import Network, find
from .report import Report

Node = t.Dict[str, t.Any]

INACTIVE = "inactive"
ACTIVE = "active"
LARGEST_QUORUM = 7


@dataclasses.dataclass
class SwarmSettings:
    """The settings from the variables of role network."""

    network: Network
    managers: int = 3
    default_addr_pool: list[str] = dataclasses.field(default_factory=list)
    adopt_swarm: bool = False
    force_new_cluster: str = ""
    rejoin: list[str] = dataclasses.field(default_factory=list)


class Fleet:
    """Reports by host, for the hosts of the group; hosts without a report were not reached."""

    def __init__(self, reports: dict[str, Report], *, hosts: dict[str, str]) -> None:
        """Both arguments are by inventory name; C(hosts) gives Ansible's address of each, or an empty text."""
        self.hosts = sorted(hosts)
        self._addresses = hosts
        self.reports = {host: reports[host] for host in self.hosts if host in reports}
        self.seen = list(self.reports)
        self.missing = [host for host in self.hosts if host not in reports]

    def inactive(self) -> list[str]:
        """Hosts outside any swarm."""
        return [host for host in self.seen if self.reports[host]["state"] == INACTIVE]

    def members(self) -> list[str]:
        """Hosts in any swarm, whatever its state."""
        return [host for host in self.seen if self.reports[host]["state"] != INACTIVE]

    def stuck(self) -> list[str]:
        """Hosts whose join failed: the engine keeps the attempt, but is not a node."""
        return [
            host
            for host in self.members()
            if self.reports[host]["state"] in ("pending", "error")
            and not self.reports[host]["node_id"]
        ]

    def leaders(self) -> dict[str, str]:
        """The leader's node id, by host that is a manager with a quorum."""
        return {
            host: leader_of(self.reports[host]["nodes"])
            for host in self.members()
            if self.reports[host]["quorum"]
        }

    def seed(self, network: str) -> str:
        """The manager to contact: the first by name, preferably in the swarm with our network; empty if none."""
        able = sorted(self.leaders())
        ours = [host for host in able if self._has_ours(host, network)]
        return (ours or able or [""])[0]

    def _has_ours(self, host: str, network: str) -> bool:
        found = find(self.reports[host]["networks"], network)
        return found is not None and found["ours"] and found["scope"] == "swarm"

    def host_of(self, node_id: str) -> str:
        """The host of this node now; empty if no report shows it."""
        for host, report in self.reports.items():
            if report["node_id"] == node_id and report["state"] != INACTIVE:
                return host
        return ""

    def missing_host_of(self, node: Node) -> str:
        """The host without a report that matches this node by name or address; empty if none does."""
        for host in self.missing:
            names = {host, host.partition(".")[0]}
            if node["hostname"] in names or node["addr"] in {host, self._addresses[host]}:
                return host
        return ""

    def manager_texts(self) -> list[str]:
        """The managers that the swarm's members know, as text; each with whether it answers."""
        known = {
            item["node_id"]: item["addr"].rpartition(":")[0]
            for host in self.members()
            for item in self.reports[host]["managers"]
        }
        return [
            self._manager_text(known[node_id], self.host_of(node_id))
            for node_id in sorted(known, key=lambda key: known[key])
        ]

    def _manager_text(self, addr: str, host: str) -> str:
        if not host:
            return f"{addr} (does not answer)"
        report = self.reports[host]
        return f"{host} {addr} ({'answers' if report['manager'] else 'is no manager any more'})"


def leader_of(nodes: list[Node]) -> str:
    """The node id of the leader; empty if none is elected."""
    return next((node["id"] for node in nodes if node["leader"]), "")


def largest_odd(count: int) -> int:
    """The largest odd number up to count; an even number of managers tolerates no more losses than one fewer."""
    return max(count - 1 + count % 2, 0)
