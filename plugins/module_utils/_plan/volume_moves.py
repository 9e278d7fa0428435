# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member can be moved with its volumes, as the hosts are now. Private to the collection; pure.

All that speaks against a move is told at once, before anything is touched.
"""

from __future__ import annotations

import typing as t

from .._common.constants import STATE_CREATED, STATE_STOPPED
from .._model.entry import ARRIVES, LEAVES, MemberEntry, phase_of
from .._model.fact import Fact
from .._model.member import MemberId
from .._model.volumes import volume_specs
from .._record.copies import RecordView
from .._record.revisions import Request, RequestError, is_live
from .._record.upgrades import service_at, upgrades_of, volumes_at
from .._record.volume_moves import ARRIVE, FINISH, LEAVE, apply_move, key_of
from .schedule.hosts import Candidate, rejection
from .schedule.reservations import Reservations
from .world.ownership import Located, is_any_live, is_earlier_life
from .world.world import World

Json = t.Dict[str, t.Any]
Body = t.Dict[str, t.Any]


class VolumeMoves:
    """The steps of moves of one stack's members, against the hosts as they are.

    C(bodies): those of all stacks. C(view): what the hosts' records of this stack say.
    """

    def __init__(
        self, world: World, bodies: t.Mapping[str, Body], view: RecordView, request: Request
    ) -> None:
        self.notes: list[Fact] = []
        self._world = world
        self._bodies = dict(bodies)
        self._view = view
        self._request = request

    def apply(self, body: Body) -> Body:
        """The body after the step of the request. Raises RequestError with all that speaks against it."""
        after = apply_move(body, self._request)
        if after is body:
            return body
        step = self._request.move["step"]
        member = MemberId.of_key(self._view.stack, key_of(body, self._request))
        check = {LEAVE: self._against_leaving, ARRIVE: self._against_arriving}.get(step)
        reasons = check(body, member) if check else []
        if step == FINISH:
            reasons = self._against_start(body, member)
        if reasons:
            raise RequestError("not_moved", reasons=[fact.as_data for fact in reasons])
        return after

    # --- the steps ---

    def _against_leaving(self, body: Body, member: MemberId) -> list[Fact]:
        """Why a member cannot be moved: nothing is touched yet."""
        entry, to = body["members"][member.key], self._request.move["to"]
        candidate = self._candidate(body, member)
        self._note_folders(candidate)
        return [
            *self._of_service(body, candidate),
            *self._of_volumes(candidate, entry),
            *self._of_host(candidate, entry, to),
        ]

    def _against_arriving(self, body: Body, member: MemberId) -> list[Fact]:
        """Why it cannot be made on the other host: what it comes from must know that it does not start there."""
        move = body["members"][member.key]["move"]
        home = move["from"]
        reasons = self._unfit(self._candidate(body, member), move["to"])
        if not self._world.is_seen(home):
            return [*reasons, self._away(home)]
        if home in self._view.outdated:
            reasons.append(Fact("does_not_know", {"host": home}))
        return reasons + self._still_runs(member, home)

    def _against_start(self, body: Body, member: MemberId) -> list[Fact]:
        """Why it cannot be started on the other host."""
        move = body["members"][member.key]["move"]
        if not self._world.is_seen(move["to"]):
            return [self._away(move["to"])]
        there = [host for host, _item in self._containers(member)]
        lacks = [] if move["to"] in there else [Fact("not_made", {"host": move["to"]})]
        return lacks + self._still_runs(member, move["from"])

    # --- reasons ---

    def _of_service(self, body: Body, candidate: Candidate) -> list[Fact]:
        member, service = candidate.id, candidate.service
        entry = body["members"][member.key]
        reasons = [Fact("member_global")] if service["global"] else []
        reasons += [Fact("member_once")] if service["start_once"] else []
        if member.service in upgrades_of(body):
            reasons.append(Fact("upgrade_open", {"name": member.service}))
        if not self._world.is_seen(entry["host"]):
            return [*reasons, self._away(entry["host"])]
        if [host for host, _item in self._containers(member)] != [entry["host"]]:
            reasons.append(Fact("no_such_container", {"host": entry["host"]}))
        return reasons

    def _of_volumes(self, candidate: Candidate, entry: MemberEntry) -> list[Fact]:
        """Only volumes whose data are in their folder can be copied, and only those that nobody else uses."""
        host, names = entry["host"], sorted(set(entry["volumes"].values()))
        if not names:
            return [Fact("no_volumes")]
        if not self._world.is_seen(host):
            return []
        present, optioned = (
            self._world.observation(host)["volumes"],
            _with_options(candidate, entry),
        )
        reasons = []
        for name in names:
            if name not in present:
                reasons.append(Fact("volume_gone", {"volume": name, "host": host}))
            elif present[name]["driver"] not in ("", "local"):
                told = {"volume": name, "driver": present[name]["driver"]}
                reasons.append(Fact("volume_driver", told))
            elif name in optioned:
                reasons.append(Fact("volume_options", {"volume": name}))
        return reasons + self._used_elsewhere(candidate.id, host, names)

    def _of_host(self, candidate: Candidate, entry: MemberEntry, to: str) -> list[Fact]:
        reasons = self._unfit(candidate, to)
        if not self._world.is_seen(to):
            return reasons
        names = sorted(set(entry["volumes"].values()))
        if not self._request.move.get("force"):
            present = self._world.observation(to)["volumes"]
            reasons += [
                Fact("volume_there", {"volume": name, "host": to})
                for name in names
                if name in present
            ]
        return reasons + self._used_elsewhere(candidate.id, to, names)

    def _used_elsewhere(self, member: MemberId, host: str, names: t.Collection[str]) -> list[Fact]:
        """Other wanted members with one of the volumes, of any stack."""
        found = []
        for stack, body in sorted(self._bodies.items()):
            for key, entry in sorted(body["members"].items()) if is_live(body) else ():
                other = MemberId.of_key(stack, key)
                if entry["retired"] or entry["host"] != host or other.home == member.home:
                    continue
                shared = sorted(set(entry["volumes"].values()).intersection(names))
                found += [
                    Fact("volume_used", {"volume": name, "member": other.place}) for name in shared
                ]
        return found

    def _still_runs(self, member: MemberId, host: str) -> list[Fact]:
        live = [
            item for item in self._containers(member) if item[0] == host and is_any_live([item])
        ]
        return [Fact("still_runs", {"host": host})] if live else []

    def _unfit(self, candidate: Candidate, host: str) -> list[Fact]:
        """Why a host cannot have the member, as for any new one."""
        reservations = Reservations.of(self._world, self._bodies)
        found = rejection(reservations, candidate, host)
        return [_on(host, found)] if found else []

    def _away(self, host: str) -> Fact:
        return _on(host, self._world.fault(host))

    def _note_folders(self, candidate: Candidate) -> None:
        mounts = candidate.service["container"].get("mounts", [])
        paths = sorted(item["source"] for item in mounts if item["kind"] == "bind")
        if paths:
            self.notes.append(Fact.about(candidate.id, "folders_stay", {"paths": paths}))

    # --- parts ---

    def _candidate(self, body: Body, member: MemberId) -> Candidate:
        launch = body["members"][member.key]["launch"]
        service = service_at(body, member.service, launch)
        return Candidate(member, service, volumes_at(body, member.service, launch))

    def _containers(self, member: MemberId) -> list[Located]:
        """The containers of all slots of a member."""
        claims = self._world.claims(member.stack).items()
        return [item for slot, found in claims if slot.home == member.home for item in found]


def _on(host: str, why: Fact) -> Fact:
    return Fact("unfit", {"host": host, "why": why.as_data})


def _with_options(candidate: Candidate, entry: MemberEntry) -> set[str]:
    """Volumes whose data are elsewhere: their driver mounts them there."""
    specs = volume_specs(
        candidate.service,
        member=candidate.id,
        declared=candidate.declared,
        volumes=entry["volumes"],
    )
    return {spec.name for spec in specs if spec.driver_opts}


def has_earlier_life(world: World, member: MemberId, entry: MemberEntry) -> bool:
    """Whether a member has its container of before a move on another host: it goes before the new one is made."""
    found = world.claims(member.stack).get(member, [])
    return any(is_earlier_life(host, item, entry) for host, item in found)


def state_in_move(entry: MemberEntry, state: str) -> str:
    """The wanted state of a member: while it is moved it is stopped, then only created."""
    return {LEAVES: STATE_STOPPED, ARRIVES: STATE_CREATED}.get(phase_of(entry), state)
