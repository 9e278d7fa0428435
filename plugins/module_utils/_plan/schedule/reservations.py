# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reservations on the hosts: places, host ports and addresses of all stacks together. Private to the collection."""

from __future__ import annotations

import collections
import typing as t

from ..._model.entry import MemberEntry
from ..._model.fact import Fact
from ..._model.member import MemberId
from ..._record.hooks import hooks_of
from ..._record.revisions import current, is_live
from ..world.ports import published
from ..world.world import Port, World, ports_overlap
from .affinity import Company, asks_for_company, labels_of

Json = t.Dict[str, t.Any]

Owner = t.Dict[str, str]
"""Who has a port: C(member), a place, or C(container), a name."""


class Reservations:
    """The hosts, ports and addresses of the members of all stacks. The placer queries and extends them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.places: dict[MemberId, str] = {}
        self._loads: collections.Counter[tuple[str, ...]] = collections.Counter()
        self._services: dict[str, dict[MemberId, Json]] = {host: {} for host in world.hosts}
        """By host: its members, each with its service."""
        self.addresses = dict(world.taken_addresses)
        self.volume_hosts: dict[str, set[str]] = {}
        self._ports: dict[str, list[tuple[Port, Owner]]] = {host: [] for host in world.hosts}

    @classmethod
    def of(cls, world: World, bodies: dict[str, dict[str, t.Any]]) -> Reservations:
        """The reservations from the records of all stacks and from the observed containers."""
        reservations = cls(world)
        for stack, body in sorted(bodies.items()):
            reservations._reserve_stack(stack, body)
        for host in world.seen:
            reservations._mark_other_ports(host)
        return reservations

    def _reserve_stack(self, stack: str, body: dict[str, t.Any]) -> None:
        services = current(body)["definition"]["services"] if is_live(body) else {}  # type: ignore[index]
        for key, entry in body["members"].items():
            member = MemberId.of_key(stack, key)
            if entry["address"]:
                self.addresses.setdefault(entry["address"], key)
            self.note_volumes(entry)
            if not entry["retired"] and member.service in services:
                self.reserve(member, entry["host"], services[member.service])

        for key, hook in hooks_of(body).items():
            if hook["address"]:
                self.addresses.setdefault(hook["address"], key)

    def _mark_other_ports(self, host: str) -> None:
        """Mark the ports of containers without a reservation: foreign ones, a module's, those about to be removed."""
        observation = self.world.observation(host)
        for foreign in observation["foreign"]:
            self._mark(host, foreign["ports"], {"container": foreign["name"]})
        for item in observation["containers"]:
            if self.places.get(MemberId.of(item)) != host:
                self._mark(host, item["ports"], {"container": item["name"]})

    def _mark(self, host: str, ports: t.Iterable[t.Sequence[t.Any]], owner: Owner) -> None:
        self._ports[host].extend(((port[0], int(port[1]), port[2]), owner) for port in ports)

    def reserve(self, member: MemberId, host: str, service: dict[str, t.Any]) -> None:
        """Reserve a host for a member."""
        self.release(member)
        self.places[member] = host
        self._services.setdefault(host, {})[member] = service
        self._count(member, host, 1)
        if host in self._ports:
            self._mark(host, published(service), {"member": member.place})

    def note_volumes(self, entry: MemberEntry) -> None:
        """Remember where a member's volumes are, or will be once it is created.

        A retired member's volume pins no member once a person has removed it.
        """
        host = entry["host"]
        for name in entry["volumes"].values():
            gone = (
                entry.get("retired")
                and self.world.is_seen(host)
                and host not in self.world.volume_hosts(name)
            )
            if not gone:
                self.volume_hosts.setdefault(name, set()).add(host)

    def port_conflict(self, host: str, service: dict[str, t.Any]) -> Fact | None:
        """Why the published ports of a service conflict on a host; None if they do not."""
        for wanted in published(service):
            for taken, owner in self._ports[host]:
                if ports_overlap(wanted, taken):
                    return Fact("port_taken", {"port": f"{wanted[1]}/{wanted[2]}", **owner})
        return None

    def load(self, host: str, stack: str, service: str) -> tuple[int, int]:
        """The number of members of this service, and of all members, on a host."""
        return self._loads[host, stack, service], self._loads[host,]

    def company(self, host: str, service: Json) -> Company:
        """The members on a host, for a member of a service."""
        if not asks_for_company(service):
            return Company(frozenset(), {})
        found = [labels_of(*item) for item in self._services.get(host, {}).items()]
        return Company(frozenset().union(*found), service["placement"])

    def release(self, member: MemberId) -> None:
        """Give up the host of a member, if it has one."""
        host = self.places.pop(member, None)
        if host is not None:
            del self._services[host][member]
            self._count(member, host, -1)

    def _count(self, member: MemberId, host: str, change: int) -> None:
        """A member counts for its host, and for its service there."""
        self._loads[host,] += change
        self._loads[host, member.stack, member.service] += change
