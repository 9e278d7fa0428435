# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether containers can start on the overlay network of a host. Private to the collection; pure.

An engine cannot attach a container to the overlay, not even one that was there before, unless a majority of the
Swarm's managers answers; it finds out after 20 s. So what the hosts report is taken together first:
managers report a lost quorum (some seconds late), workers never do (docs/decisions/0002-overlay-facts.md).
"""

from __future__ import annotations

import dataclasses

from ..._model.observation import SwarmFacts

RUN_ROLE = "run drover.docker.network"


@dataclasses.dataclass(frozen=True)
class Reports:
    """What the hosts of one round say of an overlay and of the Swarm that carries it."""

    network: str
    swarms: dict[str, SwarmFacts]
    """Seen host -> what its engine says of the Swarm."""
    having: frozenset[str]
    """Seen hosts whose engine lists the network."""
    silent: list[str]
    """Hosts that were asked and gave no answer."""

    @property
    def managers(self) -> list[str]:
        """Seen hosts that are managers."""
        return [host for host, swarm in self.swarms.items() if swarm["manager"]]


def network_fault(host: str, reports: Reports) -> str:
    """Why nothing can start on the overlay of a host; empty when it can, as far as the hosts tell."""
    return _host_fault(reports.swarms[host]) or _managers_fault(reports) or _missing(reports)


def _host_fault(swarm: SwarmFacts) -> str:
    """What the host says of itself."""
    if swarm["error"]:
        return f"the Swarm managers do not answer: {swarm['error']}"
    if swarm["state"] == "pending":
        return "the Swarm is not ready on it yet (state pending)"
    if swarm["state"] != "active":
        state = swarm["state"] or "inactive"
        return f"not in the Swarm that carries the network (state {state}): {RUN_ROLE}"
    return ""


def _managers_fault(reports: Reports) -> str:
    """One manager that was reached and sees no fault is enough; so is none, unless a host was asked in vain."""
    errors = {host: reports.swarms[host]["error"] for host in reports.managers}
    if errors and all(errors.values()):
        host, error = next(iter(errors.items()))
        return f"the Swarm managers do not answer, as {host} says: {error}"
    if not errors and reports.silent:
        return f"no Swarm manager was reached (silent: {', '.join(reports.silent)})"
    return ""


def _missing(reports: Reports) -> str:
    """Only managers list an overlay that nothing uses yet; with none in sight the doubt is in its favour."""
    managers = reports.managers
    if not managers or reports.having.intersection(managers):
        return ""
    return f"the overlay network {reports.network} does not exist: {RUN_ROLE}"
