# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes that a member had and that are gone from its host. Private to the collection; pure.

Such a member is held: a new, empty volume in the place of a lost one would look like health. Only a person's request
makes it anew.
"""

from __future__ import annotations

import functools
import typing as t

from .._model.entry import ARRIVES, MemberEntry, phase_of
from .._model.ledger import Ledger, LedgerEntry, volumes_of
from .._model.member import MemberId, home_key
from .world.world import World

Json = t.Dict[str, t.Any]


def lost_volume(member: MemberId, host: str, names: list[str]) -> Json:
    """The parameters of the fact that names lost volumes."""
    return {"volumes": ", ".join(names), "recorded": host, "member": member.place}


class LostVolumes:
    """The lost volumes of one stack.

    C(before) is the recorded body; C(renew) names the members whose lost volumes a person wants anew.
    """

    def __init__(
        self,
        world: World,
        stack: str,
        *,
        before: Json | None,
        ledger: Ledger,
        renew: t.Collection[str],
    ) -> None:
        self._world = world
        self._stack = stack
        self._members = before["members"] if before else {}
        self._ledger = ledger
        self._renew = renew

    def held(self, member: MemberId, entry: MemberEntry) -> list[str]:
        """The lost volumes that hold a member."""
        return [] if self._is_renewed(member, entry) else self._lost(member, entry)

    def renewed(self, member: MemberId, entry: MemberEntry) -> list[str]:
        """The lost volumes of a member that a person wants anew."""
        return self._lost(member, entry) if self._is_renewed(member, entry) else []

    def _is_renewed(self, member: MemberId, entry: MemberEntry) -> bool:
        """Whether lost volumes may be made anew: a person wants it, or a move is about to fill them."""
        return member.place in self._renew or phase_of(entry) == ARRIVES

    def ledgers(self, hosts: t.Iterable[str]) -> dict[str, Ledger]:
        """What hosts without a record must remember with it: all volumes of their members."""
        found: dict[str, Ledger] = {}
        for key, entry in self._members.items():
            host = entry["host"]
            if host in hosts and entry["volumes"] and not self._has_record(host):
                names = sorted(set(entry["volumes"].values()))
                found.setdefault(host, {})[home_key(key)[0]] = LedgerEntry(seq=0, volumes=names)
        return found

    def _lost(self, member: MemberId, entry: MemberEntry) -> list[str]:
        had = self._had(member, entry) if entry["volumes"] else set()
        if not had or not self._world.is_seen(entry["host"]):
            return []
        return sorted(had.difference(self._world.observation(entry["host"])["volumes"]))

    def _had(self, member: MemberId, entry: MemberEntry) -> set[str]:
        """The volumes that the member, or another one that shares them, had on its host."""
        shared = {name for name in entry["volumes"].values() if (entry["host"], name) in self._used}
        return shared | self._own(member, entry)

    @functools.cached_property
    def _used(self) -> set[tuple[str, str]]:
        """Host and name of each volume that a recorded member had."""
        return {
            (entry["host"], name)
            for key, entry in self._members.items()
            for name in self._own(MemberId.of_key(self._stack, key), entry)
        }

    def _own(self, member: MemberId, entry: MemberEntry) -> set[str]:
        """The volumes that the member had itself. Recorded alone, a volume may never have been made."""
        names = set(entry["volumes"].values())
        return (
            names if self._is_forgotten(member, entry) else names.intersection(self._noted(member))
        )

    def _noted(self, member: MemberId) -> list[str]:
        return volumes_of(self._ledger, member.home.key)

    def _is_forgotten(self, member: MemberId, entry: MemberEntry) -> bool:
        """Whether its host lost the record, and so what it knew of volumes: then it had all of them."""
        host = entry["host"]
        before = self._members.get(member.key) or self._members.get(member.home.key)
        placed = before is not None and before["host"] == host
        return placed and self._world.is_seen(host) and not self._has_record(host)

    def _has_record(self, host: str) -> bool:
        return self._stack in self._world.observation(host)["records"]
