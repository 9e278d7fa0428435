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
import functools

from ..._model.fact import Fact
from ..._model.observation import SwarmFacts


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

    @functools.cached_property
    def managers(self) -> list[str]:
        """Seen hosts that are managers."""
        return [host for host, swarm in self.swarms.items() if swarm["manager"]]

    @functools.cached_property
    def errors(self) -> dict[str, str]:
        """What managers say is wrong; empty for a healthy one."""
        return {host: self.swarms[host]["error"] for host in self.managers}


def network_fault(host: str, reports: Reports) -> Fact | None:
    """Why containers cannot start on the overlay of a host; None if no host reports a fault."""
    return _host_fault(reports.swarms[host]) or _managers_fault(reports) or _missing(reports)


def _host_fault(swarm: SwarmFacts) -> Fact | None:
    """The fault that the host itself reports."""
    if swarm["error"]:
        return Fact("managers_silent", {"error": swarm["error"]})
    if swarm["state"] == "pending":
        return Fact("swarm_pending")
    if swarm["state"] != "active":
        return Fact("not_in_swarm", {"state": swarm["state"] or "inactive"})
    return None


def _managers_fault(reports: Reports) -> Fact | None:
    """One healthy manager suffices. If none was reached, assume the overlay works unless a host failed to answer."""
    errors = reports.errors
    if errors and all(errors.values()):
        host, error = next(iter(errors.items()))
        return Fact("managers_silent_elsewhere", {"host": host, "error": error})
    if not errors and reports.silent:
        return Fact("no_manager_reached", {"silent": reports.silent})
    return None


def _missing(reports: Reports) -> Fact | None:
    """Only managers list an unused overlay; if no manager is seen, assume that the overlay exists."""
    managers = reports.managers
    if not managers or reports.having.intersection(managers):
        return None
    return Fact("overlay_missing", {"network": reports.network})
