# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a host for the modules swarm and swarm_info. Private to the collection."""

from __future__ import annotations

import typing as t

from .client import SwarmClient, wait_until
from .report import Report, is_cut_off, look

ELECTION_S = 15.0

ADDRESS_OPTIONS: dict[str, t.Any] = {
    "advertise_addr": {"type": "str", "default": ""},
    "preferred_addr": {"type": "str", "default": ""},
}
"""Options that say which address the host advertises."""


def report_of(client: SwarmClient, params: t.Mapping[str, t.Any]) -> Report:
    """Return the state of the host. A given address overrides the host's own choice.

    A host that is to leave is not asked for the Swarm's nodes: where the other managers have left before it, the engine
    would take 20 s to answer.
    """
    preferred_addr = params["preferred_addr"]
    if params.get("state") == "absent":
        report = look(client, preferred_addr=preferred_addr, view=False)
    else:
        report = look_patiently(client, preferred_addr, params.get("attached_to", ""))
    return {**report, "advertise_addr": params["advertise_addr"] or report["advertise_addr"]}


def look_patiently(client: SwarmClient, preferred_addr: str, attached_to: str = "") -> Report:
    """Return the state of the host. Ask a manager without a quorum again: an election takes some seconds."""
    report = look(client, preferred_addr=preferred_addr, attached_to=attached_to)
    if is_cut_off(report) and wait_until(lambda: bool(client.get("/nodes")), seconds=ELECTION_S):
        report = look(client, preferred_addr=preferred_addr, attached_to=attached_to)
    return report
