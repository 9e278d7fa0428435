# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why role network does nothing: each refusal names the host and says what to do. Private to the collection. Pure."""

from __future__ import annotations

import json
import typing as t

from . import overlay
from .actions import state_fault
from .fleet import ACTIVE, Fleet, Node, SwarmSettings


def host_refusals(fleet: Fleet, settings: SwarmSettings) -> list[str]:
    """Hosts that cannot be in a swarm as they are."""
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
    """A key that is only taken out of the file is still in force after a reload."""
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
    """Two inventory names of one host would be two members to us and one node to the swarm."""
    first: dict[str, str] = {}
    faults = []
    for host in fleet.seen:
        engine = fleet.reports[host]["engine_id"]
        if engine in first:
            faults.append(f"{host}: is the same engine as {first[engine]}. Name each engine once.")
        first.setdefault(engine, host)
    return faults


def unseen_majority(fleet: Fleet) -> list[str]:
    """Refuses to start a swarm while hosts that may be in one are not seen."""
    if len(fleet.seen) * 2 > len(fleet.hosts):
        return []
    return [
        f"{', '.join(fleet.seen)}: in no Swarm, but {', '.join(fleet.missing)} may be in one. "
        "A new Swarm is started only where more than half of the hosts answer."
    ]


def forced_host_fault(fleet: Fleet, host: str) -> list[str]:
    """Whether a swarm can go on from the host that a person named."""
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
    """No manager can be spoken to: which ones there are, and what helps."""
    return (
        "The Swarm has no manager quorum: containers on the overlay go on running, but none can start. "
        f"Its managers: {'; '.join(fleet.manager_texts()) or 'unknown'}. "
        "Start Docker on the managers that do not answer, so that more than half of all run, and run this again. "
        "If they are lost for good: README of role network, 'When the managers are lost for good'."
    )


def foreign_swarm(fleet: Fleet, seed: str, settings: SwarmSettings) -> list[str]:
    """Which swarm this is: refused when there are two of them, or when it serves something else."""
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
    """The words of a command that let a host leave and join."""
    value = json.dumps({"drover_network_rejoin": [host]})
    return f"-e '{value}'"


def state_faults(fleet: Fleet, *, leaving: t.Collection[str]) -> dict[str, str]:
    """Hosts that have a swarm, but no usable one now; only they are held up by it."""
    return {
        host: f"{host}: {state_fault(fleet.reports[host]['state'], fleet.reports[host]['error'])}. "
        f"To take it out and let it join anew: {_rejoin(host)}."
        for host in fleet.members()
        if fleet.reports[host]["state"] != ACTIVE and host not in leaving
    }


def strangers(
    seed: str, fleet: Fleet, *, nodes: list[Node], leaving: t.Collection[str]
) -> list[str]:
    """Hosts that are in a swarm which is not the seed's."""
    known = {node["id"] for node in nodes}
    members = [host for host in fleet.members() if host not in leaving]
    return [
        _other_swarm(host, seed) for host in members if fleet.reports[host]["node_id"] not in known
    ]


def subnet_clashes(
    fleet: Fleet, hosts: t.Iterable[str], settings: SwarmSettings, *, starting: bool
) -> list[str]:
    """Hosts where something has the network's addresses already, or those that a new swarm would use."""
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
    """A swarm that the host is about to leave takes its networks with it."""
    report = fleet.reports[host]
    kept = [item for item in report["networks"] if item["scope"] != "swarm" or report["quorum"]]
    return overlay.clashes(subnet, {**report, "networks": kept}, own=settings.network["name"])
