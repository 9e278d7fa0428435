# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide from the hosts' reports how role network takes the network away. Private to the collection. Pure.

The network goes only when no container is on it, and the Swarm only if this role made it and nobody else uses it.
"""

from __future__ import annotations

from . import overlay
from .fleet import ACTIVE, Fleet, SwarmSettings
from .plan import SwarmPlan
from .refusals import foreign_swarm, no_quorum, strangers
from .report import Report

INGRESS = "ingress"
"""Swarm's own network, which each Swarm has."""


def decide_absent(
    reports: dict[str, Report], *, hosts: dict[str, str], settings: SwarmSettings
) -> SwarmPlan:
    """The plan that removes the network. The arguments are those of C(decide); each report has C(attached)."""
    fleet = Fleet(reports, hosts=hosts)
    plan = SwarmPlan(missing=fleet.missing)
    if not fleet.members() and not fleet.missing:
        return plan
    plan.seed = fleet.seed(settings.network["name"])
    plan.errors += [*_unseen(fleet), *_in_use(fleet, settings.network["name"])]
    if not plan.seed:
        plan.errors += [no_quorum(fleet)] if fleet.members() else []
        return plan
    plan.errors += _other_owner(fleet, plan.seed, settings)
    if not plan.errors:
        _choose_changes(plan, fleet, settings.network["name"])
    return plan


def _unseen(fleet: Fleet) -> list[str]:
    if not fleet.missing:
        return []
    return [
        f"{', '.join(fleet.missing)}: not reached, and may have containers on the network. Run this again when they "
        "answer, or take hosts that are lost out of the inventory."
    ]


def _in_use(fleet: Fleet, name: str) -> list[str]:
    return [
        f"{host}: {', '.join(attached)} on the network {name}. Take their stacks down first (drover.docker.down)."
        for host in fleet.seen
        for attached in [fleet.reports[host].get("attached") or []]
        if attached
    ]


def _other_owner(fleet: Fleet, seed: str, settings: SwarmSettings) -> list[str]:
    """Refuse to touch a network or a Swarm of somebody else."""
    found = overlay.find(fleet.reports[seed]["networks"], settings.network["name"])
    if found and not found["ours"]:
        name = settings.network["name"]
        return [
            f"network {name} was not made by this role. If it is to go: docker network rm {name}."
        ]
    several = foreign_swarm(fleet, seed, settings) if found else []
    return several or strangers(seed, fleet, nodes=fleet.reports[seed]["nodes"], leaving=[])


def _choose_changes(plan: SwarmPlan, fleet: Fleet, name: str) -> None:
    report = fleet.reports[plan.seed]
    if overlay.find(report["networks"], name):
        plan.remove_network = True
        plan.changes.append(f"{plan.seed}  remove network {name}")
    reason = _why_it_stays(fleet, report, name)
    if reason:
        plan.notes.append(f"The Swarm stays: {reason}.")
        return
    plan.leave = [host for host in fleet.members() if fleet.reports[host]["state"] == ACTIVE]
    plan.demote = _other_managers(report)
    plan.changes += [f"{host}  leave the Swarm" for host in plan.leave]


def _other_managers(report: Report) -> list[str]:
    """The managers besides this one, as node ids.

    They leave as workers: a manager that is left without the others takes 20 s for each answer.
    """
    managers = [node["id"] for node in report["nodes"] if node["reachability"]]
    return [node_id for node_id in managers if node_id != report["node_id"]]


def _why_it_stays(fleet: Fleet, report: Report, name: str) -> str:
    """Why the hosts do not leave the Swarm; empty if they do."""
    others = [
        item["name"]
        for item in report["networks"]
        if item["scope"] == "swarm" and item["name"] not in (name, INGRESS)
    ]
    nodes = [node["hostname"] for node in report["nodes"] if not fleet.host_of(node["id"])]
    if not report.get("made"):
        return "it was not made by this role"
    if report["services"]:
        return f"it runs {report['services']} services"
    if others:
        return f"it has other networks ({', '.join(sorted(others))})"
    return f"it has nodes that are no hosts of the group ({', '.join(nodes)})" if nodes else ""
