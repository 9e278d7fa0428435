# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that role network prints before it acts, and its remarks. Private to the collection. Pure."""

from __future__ import annotations

from .fleet import Fleet, Node, SwarmSettings, largest_odd
from .overlay import describe
from .plan import SwarmPlan
from .report import is_cut_off


def missing_notes(fleet: Fleet) -> list[str]:
    """Notes on hosts without a report."""
    if not fleet.missing:
        return []
    return [f"Not reached: {', '.join(fleet.missing)}. Run this again when they answer."]


def node_notes(fleet: Fleet, nodes: list[Node], settings: SwarmSettings) -> list[str]:
    """Notes on the present state of the nodes."""
    notes = [_availability(node) for node in nodes if node["availability"] != "active"]
    notes += _few_managers(fleet, nodes)
    notes += [_cut_off(host) for host in fleet.members() if is_cut_off(fleet.reports[host])]
    if len(fleet.hosts) == 2:
        notes.append(
            "With two hosts one is the only manager: while it is down, nothing can start on the overlay."
        )
    elif len(fleet.seen) < largest_odd(min(settings.managers, len(fleet.hosts))):
        notes.append(
            "Too few hosts answer for all managers: run this again when the others are back."
        )
    return notes


def _few_managers(fleet: Fleet, nodes: list[Node]) -> list[str]:
    """Warn if most managers did not answer: a manager notices only after some time that it has lost the others."""
    managers = [node for node in nodes if node["role"] == "manager"]
    silent = [name for name in map(fleet.missing_host_of, managers) if name]
    if len(silent) * 2 < len(managers):
        return []
    return [
        f"Most managers did not answer ({', '.join(silent)}): the Swarm may just be losing its quorum."
    ]


def _availability(node: Node) -> str:
    return (
        f"{node['hostname']} is set to {node['availability']} in the Swarm: nothing can start on the overlay there. "
        f"docker node update --availability active {node['id']}"
    )


def _cut_off(host: str) -> str:
    return f"{host} is a manager that does not reach the other managers now."


def change_texts(plan: SwarmPlan, fleet: Fleet, settings: SwarmSettings) -> list[str]:
    """The changes in order, each with its host."""
    return [
        *_start_texts(plan, fleet),
        *(f"{host}  leave the Swarm that it is in" for host in plan.leave),
        *(
            f"{host}  join as {role} ({fleet.reports[host]['advertise_addr']})"
            for host, role in sorted(plan.joins.items())
        ),
        *_node_texts(plan, fleet),
        *(
            [f"{plan.seed}  create network {describe(settings.network)}"]
            if plan.create_network
            else []
        ),
    ]


def _start_texts(plan: SwarmPlan, fleet: Fleet) -> list[str]:
    if plan.force_new_cluster:
        return [f"{plan.seed}  force a new Swarm of this manager alone"]
    if plan.start:
        return [f"{plan.seed}  start the Swarm ({fleet.reports[plan.seed]['advertise_addr']})"]
    return []


def _node_texts(plan: SwarmPlan, fleet: Fleet) -> list[str]:
    names = {node["id"]: node["hostname"] for node in fleet.reports[plan.seed]["nodes"]}
    return [
        *(f"{fleet.host_of(node) or names[node]}  promote to manager" for node in plan.promote),
        *(f"{names[node]}  demote to worker: it is down ({node})" for node in plan.demote),
        *(
            f"{names[node]}  remove the node entry of its earlier life ({node})"
            for node in plan.remove
        ),
    ]
