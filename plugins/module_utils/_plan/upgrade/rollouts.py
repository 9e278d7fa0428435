# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upgrades of one stack in one round. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ..._common.constants import STATE_ACTIVE
from ..._model.fact import Fact
from ..._model.member import MemberId
from ..._record.hooks import hooks_of, with_hooks
from ..._record.revisions import Request
from ..._record.upgrades import ACTIVE, upgrades_of
from .hook import Hook
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
        self._take_launch(body, name, self._first_launch(body, name), only_new=upgrade is not None)
        if upgrade is None and desire["state"] == STATE_ACTIVE:
            return self._before_first(body, name)
        if upgrade is None or desire["state"] != STATE_ACTIVE or upgrade["phase"] not in ACTIVE:
            return body
        self.moved.append(name)
        before = {key: dict(entry) for key, entry in body["members"].items()}
        hooks = hooks_of(body)
        after = self._step(body, name)
        is_same = before == after["members"] and hooks == hooks_of(after)
        if self.told.step is None and not is_same:
            self.told.step = Fact("upgrade_step", {"name": name})
        return after

    def _step(self, body: Body, name: str) -> Body:
        """One step; if the upgrade fails in it, also the first step of the way back."""
        after = Rollout(self._slots, body, name, request=self._request, told=self.told).run()
        phase = upgrades_of(after).get(name, {}).get("phase")
        is_new = phase in ACTIVE and phase != upgrades_of(body)[name]["phase"]
        return self._step(after, name) if is_new else after

    # --- hooks

    def _first_launch(self, body: Body, name: str) -> str:
        """The launch of members that are added: while a hook has not run, what was confirmed."""
        upgrade, hook = upgrades_of(body).get(name), Hook.of(self._slots, body, name)
        if upgrade and hook and hook.holds:
            return str(upgrade["confirmed"]["launch"])
        return str(body["revisions"][-1]["services"][name]["launch"])

    def _before_first(self, body: Body, name: str) -> Body:
        """The body with the next step of the hook that the first members of a service wait for."""
        hook = Hook.of(self._slots, body, name)
        if hook is None:
            return body
        self.moved.append(name)
        if hook.is_due:
            return self._place(hook, body, name)
        if hook.has_ended:
            return hook.done(body, is_over=True)
        fault = hook.fault
        body = hook.failed(body, fault) if fault else body
        reason = fault.as_data if fault else hook.entry.get("reason")
        if reason:
            told = {"why": reason}
            self.told.errors.append(Fact("hook_stopped", told, self._slots.stack, name))
        return body

    def _place(self, hook: Hook, body: Body, name: str) -> Body:
        """Give a hook the host of the first member that is seen."""
        for member in self._slots.of(body, name):
            entry = body["members"][member.key]
            if not entry["retired"] and self._slots.world.is_seen(entry["host"]):
                return hook.placed(body, member, entry, self._slots.world.now(entry["host"]))
        return body

    def forget_hooks(self, body: Body, services: t.Container[str]) -> Body:
        """End the hooks of services that are gone, and drop those that are over once their containers are gone."""
        hooks = {}
        for key, entry in hooks_of(body).items():
            member = MemberId.of_key(self._slots.stack, key)
            if member.service not in services:
                entry = {**entry, "retired": True}
            is_seen = self._slots.world.is_seen(entry["host"])
            is_gone = not entry["host"] or (is_seen and not self._slots.claimed(member))
            if not (entry["retired"] and is_gone):
                hooks[key] = entry
        return with_hooks(body, hooks)

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
