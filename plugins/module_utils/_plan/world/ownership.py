# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers are a member's: labels only claim it, the record proves it. Private to the collection; pure.

An image committed from a member carries all of its labels, so a foreign container may have them. A container is a
member's if its name, host, create index and recorded volumes match the record, or if the ledger has its id.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._model.entry import MemberEntry
from ..._model.fact import Fact
from ..._model.generation import container_of
from ..._model.ledger import Ledger, LedgerEntry
from ..._model.member import MemberId
from ..._model.observation import ObservedContainer, address_on
from ..._model.volumes import normal_path
from ..._record.hooks import placements

Json = t.Dict[str, t.Any]
Located = t.Tuple[str, ObservedContainer]
"""Host and container."""
Claims = t.Dict[MemberId, t.List[Located]]
"""Containers by the member that their labels name."""

SHORT_ID = 12
LIVE_STATES = ("running", "paused", "restarting")


@dataclasses.dataclass(frozen=True)
class Stranger:
    """A container with a member's labels but without proof that it is the member's."""

    host: str
    container: ObservedContainer
    why: Fact


@dataclasses.dataclass(frozen=True)
class Ownership:
    """The containers of one stack: those of its members, and the strangers among them."""

    members: Claims
    strangers: list[Stranger]

    def strangers_of(self, member: MemberId) -> list[Stranger]:
        """The strangers with the labels of one member."""
        return [item for item in self.strangers if MemberId.of(item.container) == member]


def sort_claims(claims: Claims, body: Json | None, ledger: Ledger) -> Ownership:
    """Tell members' containers from strangers.

    Args:
        claims: Containers by the member that their labels name.
        body: The stack's recorded body; None if there is none; then the name alone decides.
        ledger: What the hosts remember of the stack's members, by member key.
    """
    entries = placements(body) if body else {}
    members: Claims = {}
    strangers: list[Stranger] = []
    for member, found in claims.items():
        for host, container in found:
            entry, remembered = entries.get(member.key), ledger.get(member.key)
            why = _doubt(host, container, entry, remembered)
            if why:
                strangers.append(Stranger(host, container, why))
            else:
                members.setdefault(member, []).append((host, container))
    return Ownership(members, strangers)


def _doubt(
    host: str,
    container: ObservedContainer,
    entry: MemberEntry | None,
    remembered: LedgerEntry | None,
) -> Fact | None:
    """Why a container is not proven to be the member's; None if it is."""
    if container["id"][:SHORT_ID] in _remembered_ids(remembered):
        return None
    name = MemberId.of(container).container
    if container["name"] != name:
        return Fact("other_name", {"name": name})
    return _contradiction(host, container, entry) if entry else None


def _remembered_ids(remembered: LedgerEntry | None) -> set[str]:
    """Short ids of the containers that earlier passes judged or drained as this member's."""
    health = remembered.get("health") if remembered else None
    drain = remembered.get("drain") if remembered else None
    judged = {container_of(health["generation"])} if health else set()
    drained = {drain["container"][:SHORT_ID]} if drain else set()
    return (judged | drained) - {""}


def _contradiction(host: str, container: ObservedContainer, entry: MemberEntry) -> Fact | None:
    """How the container contradicts the record. An earlier life on another host does not; it is replaced."""
    index, recorded = container["create_index"], entry["create_index"]
    if host != entry["host"]:
        # Beside a wanted member it is a conflict, which holds the member.
        known = is_earlier_life(host, container, entry) or not entry["retired"]
        return None if known else Fact("member_elsewhere", {"host": entry["host"]})
    if index != recorded:
        return Fact("other_create_index", {"index": index, "recorded": recorded})
    return _other_volumes(container, entry)


def is_earlier_life(host: str, container: ObservedContainer, entry: MemberEntry) -> bool:
    """Whether a container is a member's former one on another host, from before the record named the present host."""
    older = 0 < container["create_index"] < entry["create_index"]
    return bool(older and host != entry["host"])


def _other_volumes(container: ObservedContainer, entry: MemberEntry) -> Fact | None:
    mounted = {normal_path(path): name for path, name in container["mounts"].items()}
    for path, name in sorted(entry["volumes"].items()):
        found = mounted.get(normal_path(path), name)
        if found != name:
            return Fact("other_volume", {"volume": found, "path": path, "recorded": name})
    return None


def is_any_live(found: t.Iterable[Located]) -> bool:
    """Whether any of these containers runs, is paused or restarts."""
    return any(container["state"] in LIVE_STATES for _host, container in found)


def takes_from(stranger: Stranger, entry: MemberEntry) -> Fact | None:
    """A recorded volume or the address of a member, if a running stranger on its host uses it."""
    container = stranger.container
    if stranger.host != entry["host"] or container["state"] not in LIVE_STATES:
        return None
    volumes = set(container["mounts"].values()) & set(entry["volumes"].values())
    if volumes:
        return Fact("takes_volume", {"volume": min(volumes)})
    address = entry["address"]
    taken = address and address_on(container, entry["network"]) == address
    return Fact("takes_address", {"address": address}) if taken else None
