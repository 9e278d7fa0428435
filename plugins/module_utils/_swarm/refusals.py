# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons for role network to do nothing: each names the host and says what to do. Private to the collection. Pure."""

from __future__ import annotations

import json
import typing as t

from . import overlay
from .actions import state_fault
from .fleet import ACTIVE, Fleet, Node, SwarmSettings


def host_refusals(fleet: Fleet, settings: SwarmSettings) -> list[str]:
    """Hosts whose present settings prevent a swarm."""
    return [
        *(_live_restore(host) for host in fleet.seen if fleet.reports[host]["live_restore"]),
        *(
            _no_address(host)
            for host in fleet.inactive()
            if not fleet.reports[host]["advertise_addr"]
        ),
        *_same_engine(fleet),
        *(_unknown(host) for host in sorted(set(settings.rejoin) - set(fleet.hosts))),
    ]


def _live_restore(host: str) -> str:
    """The refusal for live-restore. Removing the key from the file is not enough: a reload keeps it in force."""
    return (
        f"{host}: live-restore is enabled, which excludes Swarm. "
        'Set "live-restore": false in /etc/docker/daemon.json, then run systemctl reload docker.'
    )


def _no_address(host: str) -> str:
    return (
        f"{host}: has no default route to take an address from. Set drover_network_advertise_addr."
    )


def _unknown(host: str) -> str:
    return f"drover_network_rejoin names {host}: the group has no such host."


def _same_engine(fleet: Fleet) -> list[str]:
    """Refuse two inventory names for one host: they would be two hosts to us but one node to the swarm."""
    first: dict[str, str] = {}
    faults = []
    for host in fleet.seen:
        engine = fleet.reports[host]["engine_id"]
        if engine in first:
            faults.append(
                f"{host}: is the same engine as {first[engine]}. Name each engine once; "
                "if it is a cloned machine, give its engine an id of its own (docs/operating.md)."
            )
        first.setdefault(engine, host)
    return faults


def unseen_majority(fleet: Fleet) -> list[str]:
    """Refuse to start a swarm while unseen hosts may be in one."""
    if len(fleet.seen) * 2 > len(fleet.hosts):
        return []
    return [
        f"{', '.join(fleet.seen)}: in no Swarm, but {', '.join(fleet.missing)} may be in one. "
        "A new Swarm is started only where more than half of the hosts answer."
    ]


def forced_host_fault(fleet: Fleet, host: str) -> list[str]:
    """Why a swarm cannot be restarted from the host that a person named; empty if it can."""
    if host not in fleet.reports:
        return [f"drover_network_force_new_cluster names {host}: no such host answered."]
    report = fleet.reports[host]
    if report["state"] == ACTIVE and not report["manager"]:
        return [
            f"drover_network_force_new_cluster names {host}: it was a worker, only a manager knows the Swarm. "
            "Name one that was a manager, or a host that is in no Swarm."
        ]
    return []


def no_quorum(fleet: Fleet) -> str:
    """The text if no manager can be contacted: the known managers, and what to do."""
    return (
        "The Swarm has no manager quorum: containers on the overlay go on running, but none can start. "
        f"Its managers: {'; '.join(fleet.manager_texts()) or 'unknown'}. "
        "Start Docker on the managers that do not answer, so that more than half of all run, and run this again. "
        "If they are lost for good: README of role network, 'When the managers are lost for good'."
    )


def foreign_swarm(fleet: Fleet, seed: str, settings: SwarmSettings) -> list[str]:
    """Refuse if there are two swarms, or if the swarm serves another purpose."""
    leaders = fleet.leaders()
    other = [host for host in sorted(leaders) if leaders[host] != leaders[seed]]
    if set(other) - set(settings.rejoin):
        return [_other_swarm(host, seed) for host in other if host not in settings.rejoin]
    report = fleet.reports[seed]
    known = overlay.find(report["networks"], settings.network["name"])
    if known or settings.adopt_swarm or not report["services"]:
        return []
    return [
        f"{seed}: is in a Swarm that runs {report['services']} services and has no network "
        f"{settings.network['name']}. To put the network into this Swarm, set drover_network_adopt_swarm=true."
    ]


def _other_swarm(host: str, seed: str) -> str:
    return (
        f"{host}: is in another Swarm than {seed}, or was removed from this one. "
        f"To take it out of what it is in, which ends what it does there, add {_rejoin(host)}."
    )


def _rejoin(host: str) -> str:
    """The command that makes a host leave and join again."""
    value = json.dumps({"drover_network_rejoin": [host]})
    return f"-e '{value}'"


def state_faults(fleet: Fleet, *, leaving: t.Collection[str]) -> dict[str, str]:
    """Hosts in a swarm that is not usable now; only they are affected."""
    return {
        host: f"{host}: {state_fault(fleet.reports[host]['state'], fleet.reports[host]['error'])}. "
        f"To take it out and let it join anew: {_rejoin(host)}."
        for host in fleet.members()
        if fleet.reports[host]["state"] != ACTIVE and host not in leaving
    }


def strangers(
    seed: str, fleet: Fleet, *, nodes: list[Node], leaving: t.Collection[str]
) -> list[str]:
    """Hosts in a swarm other than the seed's."""
    known = {node["id"] for node in nodes}
    members = [host for host in fleet.members() if host not in leaving]
    return [
        _other_swarm(host, seed) for host in members if fleet.reports[host]["node_id"] not in known
    ]


def subnet_clashes(
    fleet: Fleet, hosts: t.Iterable[str], settings: SwarmSettings, *, starting: bool
) -> list[str]:
    """Hosts on which addresses of the network, or of a new swarm, are already in use."""
    subnets = {settings.network["subnet"]: "drover_network_subnet"}
    if starting:
        subnets.update(
            dict.fromkeys(settings.default_addr_pool, "drover_network_default_addr_pool")
        )
    return [
        f"{host}: {subnet} overlaps with {', '.join(found)}. Choose another {variable}."
        for host in hosts
        for subnet, variable in subnets.items()
        for found in [_clashes(fleet, host, subnet, settings)]
        if found
    ]


def _clashes(fleet: Fleet, host: str, subnet: str, settings: SwarmSettings) -> list[str]:
    """The clashes on a host, without the networks of a swarm that it is about to leave."""
    report = fleet.reports[host]
    kept = [item for item in report["networks"] if item["scope"] != "swarm" or report["quorum"]]
    return overlay.clashes(subnet, {**report, "networks": kept}, own=settings.network["name"])
