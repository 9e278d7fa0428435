# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give every wanted member a host, an address and its volumes. Private to the collection.

Placing changes only the record's body, which says where each member is. _plan/planner.py plans the operations on the
hosts. Pure; the same world and body always give the same result.
"""

from __future__ import annotations

import typing as t

from ..._common.addresses import assign_address, belongs
from ..._common.constants import STATE_ACTIVE
from ..._model.entry import RUNS, MemberEntry, Members, main_slots
from ..._model.fact import Fact, as_data
from ..._model.member import MemberId, member_ids
from ..._model.observation import address_on
from ..._record.hooks import hook_of, with_hook
from ..._record.revisions import current, is_live
from ..._record.upgrades import service_at, upgrades_of, volumes_at
from ..._record.volume_moves import without_move
from ..lost_volumes import LostVolumes, lost_volume
from ..operations.member import WantedMember
from ..upgrade.rollouts import Rollouts
from ..world.ownership import Claims, Located
from .affinity import waits_for_others
from .hosts import Candidate, choose_host, labels_match, pinned_hosts, volumes_of
from .reservations import Reservations


class Placer:
    """Places the members of one stack.

    C(reservations) are those of all stacks. C(wellbeing) gives a higher number to a member that serves better.
    """

    def __init__(
        self,
        stack: str,
        body: dict[str, t.Any],
        reservations: Reservations,
        claims: Claims,
        wellbeing: t.Callable[[WantedMember], int],
        lost_volumes: LostVolumes,
        rollouts: Rollouts,
    ) -> None:
        self.stack = stack
        self._rollouts = rollouts
        self._lost_volumes = lost_volumes
        self._wellbeing = wellbeing
        # Only what is changed here is copied: copying revisions would take half of a pass's planning time.
        self.body = {
            **body,
            "members": {key: entry.copy() for key, entry in body["members"].items()},
            "counters": dict(body["counters"]),
        }
        self.reservations = reservations
        self.world = reservations.world
        self.claims = claims
        self.held: list[Fact] = []

    @property
    def members(self) -> Members:
        """The entries of the stack's members, by the key of their slot."""
        return t.cast("Members", self.body["members"])

    def place_all(self) -> dict[str, t.Any]:
        """The body with all members placed that have a suitable host, and surplus ones retired."""
        if self.body["hosts"] != self.world.seen:  # both are in order
            self.body["hosts"] = sorted({*self.body["hosts"], *self.world.seen})
        services = self._definition()["services"] if is_live(self.body) else {}
        for member in member_ids(self.stack, self.members):
            if member.service not in services:
                self._retire(member)
        self.body = self._rollouts.forget_hooks(self.body, services)
        for name in sorted(services, key=lambda name: (waits_for_others(services[name]), name)):
            self._place_service(name, services[name])
        return self.body

    def _definition(self) -> dict[str, t.Any]:
        revision = current(self.body) or {"definition": {"services": {}, "volumes": {}}}
        return dict(revision["definition"])

    def _place_service(self, name: str, service: dict[str, t.Any]) -> None:
        if service["global"]:
            self._place_global(name, service)
        else:
            self._place_scaled(name, service)
        self.body = self._rollouts.advance(self.body, name)
        for member in self._active(name):
            self._refresh(self._candidate(member), self.members[member.key])
        if name in upgrades_of(self.body):
            self._share_volumes(name)
        self._complete_hook(name)

    def _complete_hook(self, name: str) -> None:
        """Give a hook its volumes, and an address: one that the engine chose might be that of a member to come."""
        found = hook_of(self.body, name)
        if found is None or found[1]["state"] != RUNS:
            return
        key, entry = found[0], found[1].copy()
        declared, hook = self._definition(), MemberId.of_key(self.stack, key)
        service, owner = declared["services"][name], MemberId(self.stack, name, entry["owner"])
        if service["network"] == "managed":
            candidate = Candidate(hook, service, {})
            if self._needs_address(candidate, entry):
                self._assign_address(candidate, entry)
        mounting = Candidate(owner, service, declared["volumes"])
        entry["volumes"] = volumes_of(self.reservations, mounting, entry["volumes"])
        self.body = with_hook(self.body, key, **entry)

    def _share_volumes(self, name: str) -> None:
        """A member has its volumes, whichever slot mounted them: one may hide a path that another has data at."""
        found: dict[MemberId, dict[str, str]] = {}
        for slot in self._known(name):
            found.setdefault(slot.home, {}).update(self.members[slot.key]["volumes"])
        for slot in self._known(name):
            self.members[slot.key]["volumes"] = found[slot.home]

    def _place_scaled(self, name: str, service: dict[str, t.Any]) -> None:
        scale = (current(self.body) or {})["services"][name]["scale"]
        active = main_slots(self.members, self._active(name))
        surplus = sorted(active, key=self._rank)[scale:] if len(active) > scale else []
        for member in surplus:
            self._retire_home(member)
        taken = {member.index for member in self._active(name)}
        index = 0
        while len(taken) < scale:
            index += 1
            if index not in taken:
                taken.add(index)
                self._add(self._candidate(MemberId(self.stack, name, index)), None)

    def _rank(self, member: MemberId) -> tuple[int, int]:
        """Sort key of a scale-down: the members that serve best stay, of equal ones the oldest."""
        entry = self.members[member.key]
        service = service_at(self.body, member.service, entry["launch"])
        wanted = WantedMember(member, entry, service, STATE_ACTIVE)
        return -self._wellbeing(wanted), entry["create_index"]

    def _place_global(self, name: str, service: dict[str, t.Any]) -> None:
        for member in self._active(name):
            host = self.members[member.key]["host"]
            if self.world.is_seen(host) and not labels_match(
                self.world.labels(host), service["placement"]
            ):
                self._retire_home(member)
        served = {self.members[member.key]["host"] for member in self._active(name)}
        for host in self.world.seen:
            if host not in served and labels_match(self.world.labels(host), service["placement"]):
                self._add(self._candidate(self._global_member(name, host)), host)

    def _global_member(self, name: str, host: str) -> MemberId:
        """The member that this host had before, else one with the smallest index without a member or its data."""
        for member in self._known(name):
            entry = self.members[member.key]
            if entry["retired"] and entry["host"] == host:
                return member.home
        taken = {member.index for member in self._known(name)}
        return MemberId(self.stack, name, min(set(range(1, len(taken) + 2)) - taken))

    def _known(self, name: str) -> list[MemberId]:
        """All recorded members of the service, by index."""
        own = [key for key in self.members if key.startswith(f"{name}/")]
        return member_ids(self.stack, own)

    def _active(self, name: str) -> list[MemberId]:
        """The wanted members."""
        return [item for item in self._known(name) if not self.members[item.key]["retired"]]

    def _candidate(self, member: MemberId) -> Candidate:
        name, entry = member.service, self.members.get(member.key)
        launch = entry["launch"] if entry and not entry["retired"] else ""
        service, volumes = service_at(self.body, name, launch), volumes_at(self.body, name, launch)
        return Candidate(member, service, volumes)

    def _retire_home(self, member: MemberId) -> None:
        """Retire a member with all its slots."""
        for slot in self._known(member.service):
            if slot.home == member.home:
                self._retire(slot)

    def _retire(self, member: MemberId) -> None:
        """Retire a member; its entry stays because it names the volumes."""
        if not self.members[member.key]["retired"]:
            if "move" in self.members[member.key]:
                self.body = without_move(self.body, member.key)
            self.members[member.key]["retired"] = True
            self.reservations.release(member)

    def _add(self, candidate: Candidate, host: str | None) -> None:
        """Add a member: adopt a container with its labels, bring back a retired member, or place a new one."""
        old = self._last_life(candidate.id)
        claim = self._single_claim(candidate)
        if claim and (old is None or claim[0] == old["host"]) and host in (None, claim[0]):
            self._adopt(candidate, claim, old)
            return
        self._place(candidate, host, old)

    def _last_life(self, member: MemberId) -> MemberEntry | None:
        """The entry of a retired member: that of its newest slot."""
        known = [item for item in self._known(member.service) if item.home == member]
        return self.members[known[-1].key] if known else None

    def _single_claim(self, candidate: Candidate) -> Located | None:
        found = self.claims.get(candidate.id, [])
        return found[0] if len(found) == 1 else None

    def _place(self, candidate: Candidate, host: str | None, old: MemberEntry | None) -> None:
        if old and not self.world.is_seen(old["host"]):
            self._hold_on_unseen(candidate, old["host"])
            return
        if old and self._hold_on_lost_volumes(candidate, old):
            return
        volumes = volumes_of(self.reservations, candidate, old["volumes"] if old else {})
        pinned = pinned_hosts(self.reservations, candidate, volumes)
        if old and old["host"] in pinned:
            pinned = [old["host"]]  # others may have what it left there, before it was moved
        chosen, reasons = choose_host(
            self.reservations, candidate, [host] if host else self.body["hosts"], pinned
        )
        if chosen is None:
            self._hold(candidate, "no_host_fits", reasons=as_data(reasons))
            return
        entry = MemberEntry(
            host=chosen,
            launch="",
            address=old["address"] if old else "",
            network=old["network"] if old else "",
            create_index=self.body["counters"].get(candidate.id.service, 0) + 1,
            volumes=volumes,
            retired=False,
        )
        self._reserve(candidate, entry)

    def _hold_on_unseen(self, candidate: Candidate, host: str) -> None:
        """A retired member's container may still run on an unreachable host, so do not start another elsewhere."""
        fault = self.world.fault(host)
        self._hold(candidate, "was_on_unseen_host", before=host, fault=fault.as_data)

    def _hold_on_lost_volumes(self, candidate: Candidate, old: MemberEntry) -> bool:
        """A retired member whose volumes are on no host any more would begin with empty ones."""
        lost = self._lost_volumes.held(candidate.id, old)
        gone = [name for name in lost if not self.world.volume_hosts(name)]
        if gone:
            told = lost_volume(candidate.id, old["host"], gone)
            self.held.append(Fact.about(candidate.id, "volume_lost", told, host=old["host"]))
        return bool(gone)

    def _adopt(self, candidate: Candidate, claim: Located, old: MemberEntry | None) -> None:
        """Adopt an existing container as the member's."""
        host, container = claim
        network = self.world.settings.network
        address = address_on(container, network)
        found = (address, network if address else "")
        entry = MemberEntry(
            host=host,
            launch="",
            address=old["address"] if old else found[0],
            network=old["network"] if old else found[1],
            create_index=container["create_index"],
            volumes=old["volumes"] if old else {},
            retired=False,
        )
        self._reserve(candidate, entry)

    def _reserve(self, candidate: Candidate, entry: MemberEntry) -> None:
        counters, name = self.body["counters"], candidate.id.service
        counters[name] = max(counters.get(name, 0), entry["create_index"])
        self.members[candidate.id.key] = entry
        self.reservations.note_volumes(entry)
        self.reservations.reserve(candidate.id, entry["host"], candidate.service)

    def _refresh(self, candidate: Candidate, entry: MemberEntry) -> None:
        """Update a member's launch from its service, and its address and volumes from the observation.

        A recorded volume stays, whatever a container mounts; a new path is added.
        """
        if candidate.service["network"] != "managed":
            entry["network"], entry["address"] = "", ""
        elif self._needs_address(candidate, entry):
            self._assign_address(candidate, entry)
        if self.world.is_seen(entry["host"]):
            entry["volumes"] = volumes_of(
                self.reservations,
                candidate,
                {**self._mounted(candidate, entry), **entry["volumes"]},
            )

    def _mounted(self, candidate: Candidate, entry: MemberEntry) -> dict[str, str]:
        """Volumes of the member's existing container, e.g. those that only its image declares."""
        claim = self._single_claim(candidate)
        return dict(claim[1]["mounts"]) if claim and claim[0] == entry["host"] else {}

    def _needs_address(self, candidate: Candidate, entry: MemberEntry) -> bool:
        settings = self.world.settings
        if (
            entry["network"] != settings.network
            or not entry["address"]
            or not belongs(entry["address"], self.world.subnet)
        ):
            return True
        holder = self.reservations.addresses.get(entry["address"], "")
        if not holder or holder in [slot.key for slot in self._siblings(candidate.id)]:
            return False
        mine = {
            *(item["id"] for slot in self._siblings(candidate.id) for item in self._claimed(slot)),
            *(item.container["id"] for item in self.world.strangers_of(candidate.id)),
        }
        return holder not in mine and self.world.taken_addresses.get(entry["address"]) == holder

    def _siblings(self, member: MemberId) -> list[MemberId]:
        """All slots of a member: they may have one address, as only one of them runs then."""
        if member.is_hook or not (member.slot or member.service in upgrades_of(self.body)):
            return [member]
        return [item for item in self._known(member.service) if item.home == member.home]

    def _claimed(self, member: MemberId) -> list[t.Any]:
        return [item for _host, item in self.claims.get(member, [])]

    def _assign_address(self, candidate: Candidate, entry: MemberEntry) -> None:
        address = assign_address(self.world.subnet, candidate.id.place, self.reservations.addresses)
        if address is None:
            self._hold(candidate, "no_free_address", subnet=self.world.subnet)
            return
        self.reservations.addresses[address] = candidate.id.key
        entry["address"], entry["network"] = address, self.world.settings.network

    def _hold(self, candidate: Candidate, code: str, **parameters: t.Any) -> None:
        self.held.append(Fact.about(candidate.id, code, parameters))
