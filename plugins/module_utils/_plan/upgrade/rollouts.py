# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upgrades of one stack in one round. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ..._common.constants import STATE_ACTIVE
from ..._model.fact import Fact
from ..._model.member import MemberId
from ..._record.revisions import Request
from ..._record.upgrades import ACTIVE, upgrades_of
from .rollout import Rollout, Told
from .slots import Slots

Body = t.Dict[str, t.Any]


class Rollouts:
    """Carries the upgrades of a stack on, service by service."""

    def __init__(self, slots: Slots, request: Request) -> None:
        self.told = Told()
        self.moved: list[str] = []
        """Services with an upgrade under way."""
        self._slots = slots
        self._request = request

    def advance(self, body: Body, name: str) -> Body:
        """The body with the next step of a service's upgrade. C(body): its members are a copy, and are changed."""
        self._forget_slots(body, name)
        upgrade = upgrades_of(body).get(name)
        desire = body["revisions"][-1]["services"][name]
        self._take_launch(body, name, desire["launch"], only_new=upgrade is not None)
        if upgrade is None or desire["state"] != STATE_ACTIVE or upgrade["phase"] not in ACTIVE:
            return body
        self.moved.append(name)
        before = {key: dict(entry) for key, entry in body["members"].items()}
        after = self._step(body, name)
        if self.told.step is None and before != after["members"]:
            self.told.step = Fact("upgrade_step", {"name": name})
        return after

    def _step(self, body: Body, name: str) -> Body:
        """One step; if the upgrade fails in it, also the first step of the way back."""
        after = Rollout(self._slots, body, name, request=self._request, told=self.told).run()
        phase = upgrades_of(after).get(name, {}).get("phase")
        is_new = phase in ACTIVE and phase != upgrades_of(body)[name]["phase"]
        return self._step(after, name) if is_new else after

    def _take_launch(self, body: Body, name: str, launch: str, *, only_new: bool = False) -> None:
        """Without an upgrade no container runs with another launch, or it is one of ours, which are renewed."""
        for member in self._slots.of(body, name):
            entry = body["members"][member.key]
            if not only_new or not entry["launch"]:
                entry["launch"] = launch

    def _forget_slots(self, body: Body, name: str) -> None:
        """Drop the slots that are no longer wanted once their containers are gone. The member's last one stays."""
        homes: dict[MemberId, list[MemberId]] = {}
        for member in self._slots.of(body, name):
            homes.setdefault(member.home, []).append(member)
        for slots in homes.values():
            gone = [item for item in slots if len(slots) > 1 and self._slots.is_gone(body, item)]
            keeps = len(gone) < len(slots)
            for item in gone if keeps else gone[:-1]:
                del body["members"][item.key]
