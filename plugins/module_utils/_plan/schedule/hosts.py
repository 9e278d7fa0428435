# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the host of a new member, and say why others are rejected.

Private to the collection; docs/schema.md section 9, rule 3.
"""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

from ..._common.constants import LABEL_INDEX, LABEL_SERVICE, LABEL_STACK
from ..._common.labels import number
from ..._common.names import unnamed_volume_name
from ..._model.fact import Fact
from ..._model.member import MemberId
from ..._model.volumes import member_volumes
from .reservations import Reservations


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A member that needs a host."""

    id: MemberId
    service: dict[str, t.Any]
    declared: dict[str, t.Any]


def choose_host(
    reservations: Reservations, candidate: Candidate, hosts: t.Iterable[str], pinned: list[str]
) -> tuple[str | None, dict[str, Fact]]:
    """The best host, or None and the reason against each host."""
    reasons: dict[str, Fact] = {}
    fitting: list[str] = []
    for host in sorted(hosts):
        reason = rejection(reservations, candidate, host)
        if not reason and pinned and host not in pinned:
            reason = Fact("volume_elsewhere", {"hosts": pinned})
        if reason:
            reasons[host] = reason
        else:
            fitting.append(host)
    if fitting:
        return _best(reservations, candidate, fitting), {}
    return None, reasons


def rejection(reservations: Reservations, candidate: Candidate, host: str) -> Fact | None:
    """The hard reason against a host; None if there is none."""
    world = reservations.world
    if not world.is_seen(host):
        return world.fault(host)
    if not labels_match(world.labels(host), candidate.service["placement"]):
        return Fact("host_labels")
    fault = world.network_fault(host) if candidate.service["network"] == "managed" else None
    if fault:
        return fault
    missing = _missing_external(reservations, candidate, host)
    if missing:
        return Fact("volume_missing", {"volume": missing})
    company = reservations.company(host, candidate.service)
    return company.rejection() or reservations.port_conflict(host, candidate.service)


def _missing_external(reservations: Reservations, candidate: Candidate, host: str) -> str:
    """An external volume of the service that this host lacks."""
    present = reservations.world.observation(host)["volumes"]
    for mount in candidate.service["container"].get("mounts", []):
        declared = candidate.declared.get(mount["source"] or "", {"external": False})
        if mount["kind"] == "volume" and declared["external"] and declared["name"] not in present:
            return str(declared["name"])
    return ""


def labels_match(labels: dict[str, str], placement: dict[str, t.Any]) -> bool:
    """Rancher's hard host rules: all of host_label, none of host_label_ne."""
    wanted = all(labels.get(key) == value for key, value in placement["host_label"])
    unwanted = any(labels.get(key) == value for key, value in placement["host_label_ne"])
    return wanted and not unwanted


def _best(reservations: Reservations, candidate: Candidate, hosts: list[str]) -> str:
    """The host that misses the fewest soft rules and has the fewest members; of equal ones a hash spreads evenly."""
    ranks = {host: _rank(reservations, candidate, host) for host in hosts}
    best = min(ranks.values())
    equal = [host for host in hosts if ranks[host] == best]
    return min(equal, key=lambda host: _spread(candidate, host)) if len(equal) > 1 else equal[0]


def _rank(reservations: Reservations, candidate: Candidate, host: str) -> tuple[int, int, int]:
    """Sort key: soft rules missed, members of the service, members in all."""
    labels = reservations.world.labels(host)
    soft = candidate.service["placement"]
    missed = sum(labels.get(key) != value for key, value in soft["host_label_soft"])
    missed += sum(labels.get(key) == value for key, value in soft["host_label_soft_ne"])
    missed += reservations.company(host, candidate.service).missed()
    return (missed, *reservations.load(host, candidate.id.stack, candidate.id.service))


def _spread(candidate: Candidate, host: str) -> str:
    seed = f"{candidate.id.place}@{host}"
    return hashlib.sha256(seed.encode("utf-8")).hexdigest()


def volumes_of(
    reservations: Reservations, candidate: Candidate, remembered: dict[str, str]
) -> dict[str, str]:
    """Path and name of each volume of the member; those that its image declares only if some host has the image."""
    image = reservations.world.image(candidate.service["image"])
    return member_volumes(
        candidate.service,
        member=candidate.id,
        declared=candidate.declared,
        image_volumes=image["volumes"] if image else [],
        remembered=remembered,
    )


def is_local(reservations: Reservations, candidate: Candidate, volume: str) -> bool:
    """Whether a volume is local to one host, which pins its member there."""
    for declaration in candidate.declared.values():
        if volume in (declaration["name"], f"{declaration['name']}_{candidate.id.index}"):
            return declaration["driver"] in ("", "local")
    return candidate.service["container"].get("volume_driver", "local") in ("", "local")


def pinned_hosts(
    reservations: Reservations, candidate: Candidate, volumes: dict[str, str]
) -> list[str]:
    """Hosts with a local volume that this member needs."""
    own = {
        name
        for name in volumes.values()
        if is_local(reservations, candidate, name) and _is_pinning(candidate, name)
    }
    own |= _labelled_volumes(reservations, candidate)
    return sorted({host for name in own for host in _hosts_with(reservations, name)})


def _hosts_with(reservations: Reservations, name: str) -> set[str]:
    """The hosts with a volume: if several have one of this name, those where a record has it.

    After a move the host that a member came from has its old data.
    """
    present, recorded = (
        set(reservations.world.volume_hosts(name)),
        reservations.volume_hosts.get(name, set()),
    )
    return present & recorded or present or recorded


def _is_pinning(candidate: Candidate, name: str) -> bool:
    """Whether the stack owns a volume; plain undeclared names belong to the engine, as in Rancher."""
    declared = {item["name"] for item in candidate.declared.values() if not item["external"]}
    own_prefix = f"{candidate.id.stack}_"
    return name in declared or name.startswith(own_prefix)


def _labelled_volumes(reservations: Reservations, candidate: Candidate) -> set[str]:
    """Volumes of earlier lives of this member, known by their labels (the image may not be known yet)."""
    member = candidate.id
    name_at_root = unnamed_volume_name(member.stack, member.service, member.index, "/")
    start = name_at_root.rsplit("_", 2)[0] + "_"
    names: set[str] = set()
    for host, name in reservations.world.labelled_volumes(LABEL_STACK, member.stack):
        labels = reservations.world.observation(host)["volumes"][name]["labels"]
        index = number(labels.get(LABEL_INDEX))
        found = (labels.get(LABEL_SERVICE), index) == (member.service, member.index)
        if name.startswith(start) and found:
            names.add(name)
    return names
