# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give every wanted member a host, an address and its volumes. Private to the collection.

Settling changes the record's body only: who is where. _plan/planner.py says what then happens on the hosts.
Pure; the same world and body always give the same result.
"""

from __future__ import annotations

import copy
import typing as t

from ..._common.addresses import assign_address, belongs
from ..._common.names import member_key, split_member_key
from ..._record.revisions import current, is_live
from ..operations.plan import Message
from ..world.world import Container
from .hosts import Candidate, choose_host, labels_match, pinned_hosts, volumes_of
from .reservations import Board

Claims = t.Dict[t.Tuple[str, int], t.List[t.Tuple[str, Container]]]
BLANK_MEMBER: dict[str, t.Any] = {"address": "", "network": "", "volumes": {}}


class Settler:
    """Settles one stack on the board that all stacks share."""

    def __init__(self, stack: str, body: dict[str, t.Any], board: Board, claims: Claims) -> None:
        self.stack = stack
        # The revisions are most of a body and only read here: a copy of all would be half of a pass's planning.
        self.body = {
            **body,
            "members": copy.deepcopy(body["members"]),
            "counters": dict(body["counters"]),
        }
        self.board = board
        self.world = board.world
        self.claims = claims
        self.held: list[Message] = []
        self.members: dict[str, dict[str, t.Any]] = self.body["members"]

    def settle(self) -> dict[str, t.Any]:
        """The body with every member that can be placed placed, and every surplus one retired."""
        self.body["hosts"] = sorted({*self.body["hosts"], *self.world.seen})
        services = self._definition()["services"] if is_live(self.body) else {}
        for key in sorted(self.members):
            if split_member_key(key)[0] not in services:
                self._retire(key)
        for name in sorted(services):
            self._settle_service(name, services[name])
        return self.body

    def _definition(self) -> dict[str, t.Any]:
        revision = current(self.body) or {"definition": {"services": {}, "volumes": {}}}
        return dict(revision["definition"])

    def _settle_service(self, name: str, service: dict[str, t.Any]) -> None:
        if service["global"]:
            self._settle_global(name, service)
        else:
            self._settle_scaled(name, service)
        for key in self._active(name):
            self._refresh(self._candidate(name, split_member_key(key)[1]), self.members[key])

    def _settle_scaled(self, name: str, service: dict[str, t.Any]) -> None:
        scale = (current(self.body) or {})["services"][name]["scale"]
        surplus = sorted(self._active(name), key=lambda key: self.members[key]["create_index"])[
            scale:
        ]
        for key in surplus:
            self._retire(key)
        taken = {split_member_key(key)[1] for key in self._active(name)}
        index = 0
        while len(taken) < scale:
            index += 1
            if index not in taken:
                taken.add(index)
                self._add(self._candidate(name, index), None)

    def _settle_global(self, name: str, service: dict[str, t.Any]) -> None:
        for key in self._active(name):
            host = self.members[key]["host"]
            if self.world.is_seen(host) and not labels_match(
                self.world.labels(host), service["placement"]
            ):
                self._retire(key)
        served = {self.members[key]["host"] for key in self._active(name)}
        for host in self.world.seen:
            if host not in served and labels_match(self.world.labels(host), service["placement"]):
                self._add(self._candidate(name, self._global_index(name, host)), host)

    def _global_index(self, name: str, host: str) -> int:
        """The index this host had before, else the smallest one that no member holds or has data under."""
        own = [
            key for key, entry in self.members.items() if entry["retired"] and entry["host"] == host
        ]
        for key in sorted(own, key=lambda item: split_member_key(item)[1]):
            if split_member_key(key)[0] == name:
                return split_member_key(key)[1]
        index = 1
        while member_key(name, index) in self.members:
            index += 1
        return index

    def _active(self, name: str) -> list[str]:
        """Keys of the service's members that are wanted, by index."""
        found = [
            key
            for key, entry in self.members.items()
            if not entry["retired"] and split_member_key(key)[0] == name
        ]
        return sorted(found, key=lambda key: split_member_key(key)[1])

    def _candidate(self, name: str, index: int) -> Candidate:
        definition = self._definition()
        return Candidate(
            self.stack, name, index, definition["services"][name], definition["volumes"]
        )

    def _retire(self, key: str) -> None:
        """The member is not wanted; its entry stays for the sake of its volumes."""
        if not self.members[key]["retired"]:
            self.members[key]["retired"] = True
            name, index = split_member_key(key)
            self.board.places.pop((self.stack, name, index), None)

    def _add(self, candidate: Candidate, host: str | None) -> None:
        """Make a member: adopt a container that claims the place, bring a retired member back, or place a new one."""
        key = member_key(candidate.name, candidate.index)
        old = self.members.get(key)
        claim = self._single_claim(candidate)
        if claim and (old is None or claim[0] == old["host"]) and host in (None, claim[0]):
            self._adopt(candidate, claim, old)
            return
        self._place(candidate, host, old)

    def _single_claim(self, candidate: Candidate) -> tuple[str, Container] | None:
        found = self.claims.get((candidate.name, candidate.index), [])
        return found[0] if len(found) == 1 else None

    def _place(self, candidate: Candidate, host: str | None, old: dict[str, t.Any] | None) -> None:
        if old and not self.world.is_seen(old["host"]):
            self._hold(candidate, self._unknown_before(old["host"]))
            return
        volumes = volumes_of(self.board, candidate, old["volumes"] if old else {})
        pinned = pinned_hosts(self.board, candidate, volumes)
        chosen, reason = choose_host(
            self.board, candidate, [host] if host else self.body["hosts"], pinned
        )
        if chosen is None:
            self._hold(candidate, reason)
            return
        entry = {**(old or BLANK_MEMBER), "host": chosen, "volumes": volumes}
        entry["create_index"] = self.body["counters"].get(candidate.name, 0) + 1
        self._seat(candidate, entry)

    def _unknown_before(self, host: str) -> str:
        """A retired member's container may still run on a host that nobody sees: no second one elsewhere."""
        reason = self.world.faults.get(host, "not in the inventory")
        return f"it was on {host} before, and its container may still be there: {reason}"

    def _adopt(
        self, candidate: Candidate, claim: tuple[str, Container], old: dict[str, t.Any] | None
    ) -> None:
        """Take a container that is there already as the member's."""
        host, container = claim
        network = self.world.settings.network
        address = container["networks"].get(network, {}).get("address", "")
        found = {"address": address, "network": network} if address else {}
        entry = {
            **BLANK_MEMBER,
            **found,
            **(old or {}),
            "host": host,
            "create_index": container["create_index"],
        }
        self._seat(candidate, entry)

    def _seat(self, candidate: Candidate, entry: dict[str, t.Any]) -> None:
        counters = self.body["counters"]
        counters[candidate.name] = max(counters.get(candidate.name, 0), entry["create_index"])
        seated = {**entry, "retired": False}
        self.members[member_key(candidate.name, candidate.index)] = seated
        self.board.note_volumes(seated)
        self.board.seat(
            (self.stack, candidate.name, candidate.index), entry["host"], candidate.service
        )

    def _refresh(self, candidate: Candidate, entry: dict[str, t.Any]) -> None:
        """Bring address and volumes of a member up to date with what is seen.

        A recorded volume stays, whatever a container mounts; a path that is new is noted.
        """
        if candidate.service["network"] != "managed":
            entry["network"], entry["address"] = "", ""
        elif self._needs_address(candidate, entry):
            self._assign_address(candidate, entry)
        if self.world.is_seen(entry["host"]):
            entry["volumes"] = volumes_of(
                self.board, candidate, {**self._mounted(candidate, entry), **entry["volumes"]}
            )

    def _mounted(self, candidate: Candidate, entry: dict[str, t.Any]) -> dict[str, str]:
        """Volumes that the member's running container shows, e.g. those that only its image declares."""
        claim = self._single_claim(candidate)
        return dict(claim[1]["mounts"]) if claim and claim[0] == entry["host"] else {}

    def _needs_address(self, candidate: Candidate, entry: dict[str, t.Any]) -> bool:
        settings = self.world.settings
        if (
            entry["network"] != settings.network
            or not entry["address"]
            or not belongs(entry["address"], self.world.subnet)
        ):
            return True
        holder = self.board.addresses.get(entry["address"], "")
        place = (candidate.name, candidate.index)
        mine = {
            member_key(*place),
            *(item["id"] for _host, item in self.claims.get(place, [])),
            *(item.container["id"] for item in self.world.strangers_of(self.stack, place)),
        }
        return bool(holder) and holder not in mine and holder in self._observed_holders()

    def _observed_holders(self) -> set[str]:
        return set(self.world.taken_addresses().values())

    def _assign_address(self, candidate: Candidate, entry: dict[str, t.Any]) -> None:
        key = member_key(candidate.name, candidate.index)
        address = assign_address(self.world.subnet, f"{self.stack}/{key}", self.board.addresses)
        if address is None:
            self._hold(candidate, f"no free address in {self.world.subnet}")
            return
        self.board.addresses[address] = key
        entry["address"], entry["network"] = address, self.world.settings.network

    def _hold(self, candidate: Candidate, reason: str) -> None:
        self.held.append(Message(reason, self.stack, candidate.name, candidate.index))
