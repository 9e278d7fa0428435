# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of one member's upgrade: which of its slots serves. Private to the collection; pure.

They change the entries of the body's members, which are a copy.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.constants import STATE_ACTIVE
from ..._model.entry import KEPT, NEWCOMER, MemberEntry
from ..._model.in_place import is_in_place
from ..._model.observation import short_id
from ..._record.upgrades import ROLLING, upgrades_of
from ..operations.member import WantedMember
from ..world.world import Container
from .home import Home, SlotView
from .slots import Slots

Body = t.Dict[str, t.Any]


class MemberSteps:
    """The steps of the members of one service."""

    def __init__(self, slots: Slots, body: Body, name: str) -> None:
        self._slots = slots
        self._body = body
        self._upgrade = upgrades_of(body)[name]
        self._is_forward = self._upgrade["phase"] == ROLLING
        self._service = body["revisions"][-1]["definition"]["services"][name]
        self._launch = body["revisions"][-1]["services"][name]["launch"]

    def retire_newcomer(self, home: Home) -> None:
        """Give up a newcomer that is no longer wanted: after a broken-off rollback it is what was confirmed."""
        if home.newcomer is not None:
            self.replace(home, home.newcomer)

    def promote(self, home: Home) -> None:
        """Let the newcomer serve; what served is kept, or goes."""
        serving, newcomer = home.serving, home.newcomer
        if newcomer is None:
            return
        newcomer.member.entry.pop("role", None)
        newcomer.member.entry["since"] = self._now(home)
        if serving is not None:
            self.replace(home, serving)
        kept, confirmed_launch = home.kept, self._upgrade["confirmed"]["launch"]
        if kept is not None and kept.member.entry["launch"] != confirmed_launch:
            self._retire(kept)

    def may_update(self, home: Home, *, foretells: bool = False) -> bool:
        """Whether Docker can make what serves the wanted launch in place. Once it refused, members are replaced.

        C(foretells): before a host has the wanted image, that of any other host tells what it is.
        """
        serving = home.serving
        if serving is None or self._upgrade["force"] or self._upgrade.get("refused"):
            return False
        has_kept = home.kept is not None and home.kept.is_target
        launches, container = self._body["launches"], serving.container
        present = launches.get(serving.member.entry["launch"])
        if present is None or container is None or container["state"] == "dead" or has_kept:
            return False
        host = home.first.member.host
        same_image = self._has_image(host, container) or (
            foretells and self._has_image(None, container)
        )
        return is_in_place(present, launches[self._launch], same_image=same_image)

    def _has_image(self, host: str | None, container: Container) -> bool:
        """Whether a container has the wanted image, by whatever name it was made with."""
        image = self._slots.world.image(self._service["image"], host)
        return image is not None and short_id(image["id"]) == container["image_id"]

    def update(self, home: Home) -> None:
        """Let what serves have the wanted launch: its container is updated in place."""
        serving = home.serving
        if serving is None:
            return
        entry = serving.member.entry
        made = [*entry.get("made", []), entry["launch"]]
        entry["made"] = sorted({*made, *([serving.applied] if serving.applied else [])})
        entry["launch"], entry["since"] = self._launch, self._now(home)

    def undo_update(self, home: Home) -> None:
        """Docker refused: what serves has the launch that it had, and is replaced."""
        if home.serving is not None:
            home.serving.member.entry["launch"] = home.serving.applied

    def place_newcomer(self, home: Home) -> None:
        """Give the member a newcomer: what was kept of the wanted launch, or a new slot."""
        kept = home.kept
        if kept is not None and kept.is_target:
            kept.member.entry["role"], kept.member.entry["since"] = NEWCOMER, self._now(home)
            return
        coming = self.coming(home)
        self._body["members"][coming.id.key] = coming.entry

    def succeed(self, home: Home, slot: SlotView) -> None:
        """Give the member a newcomer in place of a slot without a container: there is nothing to stop or to keep."""
        self.place_newcomer(home)
        self._retire(slot)

    def coming(self, home: Home) -> WantedMember:
        """The newcomer that a member gets next."""
        before = home.first.member
        member = dataclasses.replace(before.id.home, slot=self._upgrade["slot"])
        entry = MemberEntry(
            host=before.host,
            launch=self._launch,
            address=before.entry["address"] if self._service["retain_ip"] else "",
            network=before.entry["network"] if self._service["retain_ip"] else "",
            create_index=before.entry["create_index"],
            volumes=dict(before.entry["volumes"]),
            retired=False,
            role=NEWCOMER,
            since=self._now(home),
        )
        return WantedMember(member, entry, self._service, STATE_ACTIVE)

    def replace(self, home: Home, slot: SlotView) -> None:
        """What no longer serves: the last confirmed launch is kept for a way back, any other goes.

        The only slot stays until another one has taken over: without any, the member would be no longer wanted.
        """
        way_back = self._is_forward and self._is_confirmed(slot)
        is_only = all(item.is_retired for item in home.slots if item is not slot)
        if is_only or (way_back and home.kept is None):
            slot.member.entry["role"], slot.member.entry["since"] = KEPT, self._now(home)
        else:
            self._retire(slot)
            slot.member.entry["since"] = self._now(home)

    def _is_confirmed(self, slot: SlotView) -> bool:
        """Whether a slot is of what was last confirmed. Those that a forced upgrade made have the same launch."""
        confirmed = self._upgrade["confirmed"]
        is_older = not self._upgrade["force"] or slot.member.id.slot <= confirmed["revision"]
        return bool(slot.member.entry["launch"] == confirmed["launch"] and is_older)

    def _retire(self, slot: SlotView) -> None:
        slot.member.entry["retired"] = True
        slot.member.entry.pop("role", None)

    def _now(self, home: Home) -> float:
        return self._slots.world.now(home.first.member.host)
