# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether containers can start on the overlay network of a host. Private to the collection; pure.

An engine can attach a container to the overlay, even an existing one, only while a majority of the Swarm's
managers answers; otherwise it fails after 20 s. The planner therefore combines the hosts' reports first:
managers report a lost quorum (some seconds late), workers never do (docs/decisions/0002-overlay-facts.md).
"""

from __future__ import annotations

import dataclasses

from ..._model.observation import SwarmFacts

RUN_ROLE = "run drover.docker.network"


@dataclasses.dataclass(frozen=True)
class Reports:
    """The hosts' reports on an overlay and its Swarm in one round."""

    network: str
    swarms: dict[str, SwarmFacts]
    """Seen host -> its engine's Swarm facts."""
    having: frozenset[str]
    """Seen hosts whose engine lists the network."""
    silent: list[str]
    """Hosts that did not answer."""

    @property
    def managers(self) -> list[str]:
        """Seen hosts that are managers."""
        return [host for host, swarm in self.swarms.items() if swarm["manager"]]


def network_fault(host: str, reports: Reports) -> str:
    """Why containers cannot start on the overlay of a host; empty if no host reports a fault."""
    return _host_fault(reports.swarms[host]) or _managers_fault(reports) or _missing(reports)


def _host_fault(swarm: SwarmFacts) -> str:
    """The fault that the host itself reports."""
    if swarm["error"]:
        return f"the Swarm managers do not answer: {swarm['error']}"
    if swarm["state"] == "pending":
        return "the Swarm is not ready on it yet (state pending)"
    if swarm["state"] != "active":
        state = swarm["state"] or "inactive"
        return f"not in the Swarm that carries the network (state {state}): {RUN_ROLE}"
    return ""


def _managers_fault(reports: Reports) -> str:
    """One healthy manager suffices. If none was reached, assume the overlay works unless a host failed to answer."""
    errors = {host: reports.swarms[host]["error"] for host in reports.managers}
    if errors and all(errors.values()):
        host, error = next(iter(errors.items()))
        return f"the Swarm managers do not answer, as {host} says: {error}"
    if not errors and reports.silent:
        return f"no Swarm manager was reached (silent: {', '.join(reports.silent)})"
    return ""


def _missing(reports: Reports) -> str:
    """Only managers list an unused overlay; if no manager is seen, assume that the overlay exists."""
    managers = reports.managers
    if not managers or reports.having.intersection(managers):
        return ""
    return f"the overlay network {reports.network} does not exist: {RUN_ROLE}"
