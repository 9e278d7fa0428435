# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide from the hosts' reports what role network does on each of them.

Private to the collection. Pure: no input or output, no clock.
"""

from __future__ import annotations

from .._common.constants import BRIDGE_NETWORK
from . import overlay
from .fleet import Fleet, Node, SwarmSettings
from .plan import SwarmPlan
from .refusals import (
    forced_host_fault,
    foreign_swarm,
    host_refusals,
    no_quorum,
    state_faults,
    strangers,
    subnet_clashes,
    unseen_majority,
)
from .report import Report
from .roles import Roles, choose
from .texts import change_texts, missing_notes, node_notes


def decide(
    reports: dict[str, Report], *, hosts: dict[str, str], settings: SwarmSettings
) -> SwarmPlan:
    """The plan for these hosts.

    Args:
        reports: The hosts' reports; unreachable hosts are left out.
        hosts: All hosts of the group, including unreachable ones and those outside a limit, each with the address
            that Ansible uses for it, or an empty text.
        settings: The wanted state.
    """
    fleet = Fleet(reports, hosts=hosts)
    plan = SwarmPlan(missing=fleet.missing, notes=missing_notes(fleet))
    if len(fleet.hosts) < 2:
        plan.needed = False
        plan.notes.append(f"One host needs no Swarm: its network is the bridge {BRIDGE_NETWORK}.")
        return plan
    _choose_seed(plan, fleet, settings)
    plan.errors += host_refusals(fleet, settings)
    if plan.seed and not plan.errors:
        _choose_changes(plan, fleet, settings)
    return plan


def _choose_seed(plan: SwarmPlan, fleet: Fleet, settings: SwarmSettings) -> None:
    """Choose the manager to contact: one with a quorum, or a host that starts the swarm."""
    plan.seed = fleet.seed(settings.network["name"])
    if plan.seed:
        plan.errors += foreign_swarm(fleet, plan.seed, settings)
        if settings.force_new_cluster:
            plan.notes.append(
                "The Swarm has its quorum: drover_network_force_new_cluster is ignored."
            )
    elif settings.force_new_cluster:
        _choose_forced(plan, fleet, settings.force_new_cluster)
    elif set(fleet.members()) - set(settings.rejoin):
        plan.errors.append(no_quorum(fleet))
    else:
        _choose_first(plan, fleet)


def _choose_first(plan: SwarmPlan, fleet: Fleet) -> None:
    """Choose the host that starts the swarm: no seen host is in one. If unseen hosts may be in one, refuse."""
    plan.errors += unseen_majority(fleet)
    plan.seed, plan.start = (fleet.inactive() or fleet.seen)[0], True


def _choose_forced(plan: SwarmPlan, fleet: Fleet, host: str) -> None:
    """Start anew from the given host: a person states that the quorum is lost for good."""
    plan.errors += forced_host_fault(fleet, host)
    plan.seed, plan.start = host, True
    plan.force_new_cluster = host in fleet.reports and fleet.reports[host]["manager"]
    plan.notes.append(
        "Run this once more afterwards: it sees the nodes then, and removes the lost ones."
    )


def _choose_changes(plan: SwarmPlan, fleet: Fleet, settings: SwarmSettings) -> None:
    nodes = _nodes(plan, fleet)
    plan.leave = _leaving(plan, fleet, settings, nodes)
    plan.faults = state_faults(fleet, leaving=plan.leave)
    if not plan.start:
        plan.errors += strangers(plan.seed, fleet, nodes=nodes, leaving=[*plan.leave, *plan.faults])
    joining = {*fleet.inactive(), *plan.leave} - {plan.seed}
    _take_roles(plan, choose(fleet, nodes, joining=joining, managers=settings.managers))
    plan.create_network = _lacks_network(plan, fleet, settings)
    plan.errors += _network_faults(plan, fleet, settings)
    plan.notes += node_notes(fleet, nodes, settings)
    plan.changes = change_texts(plan, fleet, settings)


def _nodes(plan: SwarmPlan, fleet: Fleet) -> list[Node]:
    """The swarm's nodes; before it is started, the node that will start it."""
    report = fleet.reports[plan.seed]
    if not plan.start:
        return list(report["nodes"])
    node = {"id": report["node_id"], "hostname": report["hostname"], "role": "manager", "addr": ""}
    return [
        {
            **node,
            "state": "ready",
            "availability": "active",
            "reachability": "reachable",
            "leader": True,
        }
    ]


def _leaving(
    plan: SwarmPlan, fleet: Fleet, settings: SwarmSettings, nodes: list[Node]
) -> list[str]:
    """Hosts that must leave their present swarm: named hosts that are not sound nodes of this swarm.

    If there is a swarm to join, also hosts that failed to join before. If there is none, these may be the rest of the
    old swarm.
    """
    sound = [node["id"] for node in nodes if node["state"] == "ready" and not plan.start]
    out = {*settings.rejoin, *([] if plan.start else fleet.stuck())}
    named = [host for host in fleet.members() if host in out]
    if plan.force_new_cluster:
        named = [host for host in named if host != plan.seed]
    return [host for host in named if fleet.reports[host]["node_id"] not in sound]


def _take_roles(plan: SwarmPlan, roles: Roles) -> None:
    plan.joins = roles.joins
    plan.promote = roles.promote
    plan.demote = roles.demote
    plan.remove = roles.remove


def _lacks_network(plan: SwarmPlan, fleet: Fleet, settings: SwarmSettings) -> bool:
    known = overlay.find(fleet.reports[plan.seed]["networks"], settings.network["name"])
    return known is None or (plan.start and not plan.force_new_cluster)


def _network_faults(plan: SwarmPlan, fleet: Fleet, settings: SwarmSettings) -> list[str]:
    """Obstacles to the network on the hosts that must get it."""
    if plan.create_network:
        starting = plan.start and not plan.force_new_cluster
        return subnet_clashes(fleet, fleet.seen, settings, starting=starting)
    known = overlay.find(fleet.reports[plan.seed]["networks"], settings.network["name"])
    other = overlay.differences(settings.network, known) if known else []
    faults = [overlay.difference_text(settings.network["name"], other)] if other else []
    return faults + subnet_clashes(fleet, sorted(plan.joins), settings, starting=False)
