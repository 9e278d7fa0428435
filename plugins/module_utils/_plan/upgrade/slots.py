# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The slots of a stack's members, as one round sees them. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ..._model.entry import MemberEntry
from ..._model.ledger import Ledger, LedgerEntry
from ..._model.member import MemberId, member_ids
from ..._record.upgrades import ROLLING, is_wanted_slot, service_at, upgrades_of
from ..balancer.drain_phase import is_sent_to
from ..balancer.succession import reports_of
from ..health.wellbeing import Ward
from ..operations.member import WantedMember
from ..world.ownership import Claims, Located, is_any_live
from ..world.world import World
from .home import Home, SlotView
from .policy import Policy

Body = t.Dict[str, t.Any]


class Slots:
    """The slots of one stack, with what the observations and the ledger say of them."""

    def __init__(
        self, stack: str, world: World, *, claims: Claims, ledger: Ledger, ward: Ward
    ) -> None:
        self.world = world
        self.stack = stack
        self._claims = claims
        self._ledger = ledger
        self._ward = ward

    def of(self, body: Body, name: str) -> list[MemberId]:
        """All slots of a service's members."""
        own = [key for key in body["members"] if key.startswith(f"{name}/")]
        return member_ids(self.stack, own)

    def claimed(self, member: MemberId) -> list[Located]:
        """The containers of a member's slot, or of a hook."""
        return self._claims.get(member, [])

    def is_gone(self, body: Body, member: MemberId) -> bool:
        """Whether a slot is no longer wanted and has no container any more."""
        entry = body["members"][member.key]
        seen = self.world.is_seen(entry["host"])
        return bool(entry["retired"] and seen and not self._claims.get(member))

    def homes(self, body: Body, name: str, policy: Policy) -> list[Home]:
        """The wanted members of a service, each with its slots."""
        found: dict[MemberId, list[SlotView]] = {}
        for member in self.of(body, name):
            found.setdefault(member.home, []).append(self._view(body, member))
        is_forward = upgrades_of(body)[name]["phase"] == ROLLING
        return [
            Home(slots, policy, self.world.is_seen(slots[0].member.host), is_forward)
            for slots in found.values()
            if not all(item.is_retired for item in slots)
        ]

    def _view(self, body: Body, member: MemberId) -> SlotView:
        entry = body["members"][member.key]
        desire = body["revisions"][-1]["services"][member.service]
        service = service_at(body, member.service, entry["launch"])
        wanted = WantedMember(member, entry, service, desire["state"])
        found = self._claims.get(member, [])
        remembered = self.remembered(member, entry["launch"])
        upgrade = upgrades_of(body)[member.service]
        is_wanted = is_wanted_slot(upgrade, member.slot)
        return SlotView(
            wanted,
            role=entry.get("role", ""),
            is_retired=entry["retired"],
            is_target=entry["launch"] == desire["launch"] and is_wanted,
            container=found[0][1] if len(found) == 1 else None,
            is_live=is_any_live(found),
            wellbeing=self._ward.wellbeing(wanted),
            well_for_s=self._ward.well_for_s(wanted),
            age_s=self._age_s(entry),
            failures=remembered.get("failures", 0),
            error=remembered.get("reason", ""),
            applied=self._applied(member, found),
            is_absent=self.world.is_seen(entry["host"]) and not found,
            is_passed_by=not all(map(is_sent_to, reports_of(self.world, member))),
        )

    def _applied(self, member: MemberId, found: list[Located]) -> str:
        """The launch that the only container of a slot has; empty if there is none."""
        return self.world.applied(member, found[0][1]) if len(found) == 1 else ""

    def remembered(self, member: MemberId, launch: str) -> LedgerEntry:
        """What the ledger has of a slot with this launch: failures of another one do not count."""
        entry = self._ledger.get(member.key) or LedgerEntry()
        return entry if entry.get("config_hash") == launch else LedgerEntry()

    def _age_s(self, entry: MemberEntry) -> float:
        host = entry["host"]
        return self.world.now(host) - entry.get("since", 0.0) if self.world.is_seen(host) else 0.0
