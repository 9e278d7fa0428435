# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry an upgrade on by one step: decide which slot of each member serves. Private to the collection; pure.

An upgrade is desired state and not a script: each pass derives the next step from the record and the observations, so
any control node goes on with it, and a member is healed in every phase of it. This changes only the slots in the
record's body; the ordinary steps (converge.py) create, start, drain, stop and remove what follows from them.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.constants import STATE_ACTIVE
from ..._model.config_hash import changed_keys
from ..._model.entry import KEPT, NEWCOMER, MemberEntry
from ..._model.fact import Fact
from ..._model.ledger import Ledger, LedgerEntry
from ..._model.member import MemberId, member_ids
from ..._model.upgrade_words import PAUSE, ROLLBACK, STOP_FIRST
from ..._record.revisions import Request, roll_back
from ..._record.upgrades import (
    ACTIVE,
    ROLLED_BACK,
    ROLLING,
    confirmed,
    paused,
    service_at,
    upgrades_of,
    with_upgrades,
)
from ..health.wellbeing import Ward, Wellbeing
from ..operations.member import WantedMember
from ..world.ownership import LIVE_STATES, Claims
from ..world.world import World
from .home import MOST_PULLS, Home, SlotView, Stage, fault_of, no_start, stage_of
from .images import image_fault, missing_images
from .order import others_of, stop_first_reason
from .policy import Policy, policy_of

Body = t.Dict[str, t.Any]
UNDER_WAY = (Stage.STALE, Stage.PROVEN, Stage.PROVING, Stage.STOPPING, Stage.VACANT)


class Rollouts:
    """The upgrades of one stack in one round."""

    def __init__(
        self,
        stack: str,
        world: World,
        *,
        claims: Claims,
        ledger: Ledger,
        ward: Ward,
        request: Request,
    ) -> None:
        self._stack = stack
        self._world = world
        self._claims = claims
        self._ledger = ledger
        self._ward = ward
        self._request = request
        self.held: list[Fact] = []
        self.notes: list[Fact] = []
        self.moved: list[str] = []
        """Services with an upgrade under way."""
        self.step: Fact | None = None
        """What this round does for upgrades, for the record's audit; None for nothing."""
        self.pulls: list[WantedMember] = []
        """Newcomers to come, on hosts that lack their image."""

    def advance(self, body: Body, name: str) -> Body:
        """The body with the next step of a service's upgrade. C(body) may be changed: its members are a copy."""
        self._forget_slots(body, name)
        upgrade = upgrades_of(body).get(name)
        desire = body["revisions"][-1]["services"][name]
        if upgrade is None:
            self._take_launch(body, name, desire["launch"])
            return body
        self._take_launch(body, name, desire["launch"], only_new=True)
        if desire["state"] != STATE_ACTIVE or upgrade["phase"] not in ACTIVE:
            return body
        self.moved.append(name)
        before = {key: dict(entry) for key, entry in body["members"].items()}
        after = _Rollout(self, body, name, upgrade).run()
        if self.step is None and before != after["members"]:
            self.step = Fact("upgrade_step", {"name": name})
        return after

    def _take_launch(self, body: Body, name: str, launch: str, *, only_new: bool = False) -> None:
        """Without an upgrade no container runs with another launch, or it is one of ours, which are renewed."""
        for member in self._slots(body, name):
            entry = body["members"][member.key]
            if not only_new or not entry["launch"]:
                entry["launch"] = launch

    def _slots(self, body: Body, name: str) -> list[MemberId]:
        """All slots of a service's members."""
        own = [key for key in body["members"] if key.startswith(f"{name}/")]
        return member_ids(self._stack, own)

    def _forget_slots(self, body: Body, name: str) -> None:
        """Drop the slots that are no longer wanted once their containers are gone. The member's last one stays."""
        homes: dict[MemberId, list[MemberId]] = {}
        for member in self._slots(body, name):
            homes.setdefault(member.home, []).append(member)
        for slots in homes.values():
            gone = [item for item in slots if len(slots) > 1 and self._is_gone(body, item)]
            keeps = len(gone) < len(slots)
            for item in gone if keeps else gone[:-1]:
                del body["members"][item.key]

    def _is_gone(self, body: Body, member: MemberId) -> bool:
        entry = body["members"][member.key]
        seen = self._world.is_seen(entry["host"])
        return bool(entry["retired"] and seen and not self._claims.get(member))

    # --- views ---

    def homes(self, body: Body, name: str, policy: Policy) -> list[Home]:
        """The wanted members of a service, each with its slots."""
        found: dict[MemberId, list[SlotView]] = {}
        for member in self._slots(body, name):
            found.setdefault(member.home, []).append(self._view(body, member))
        is_forward = upgrades_of(body)[name]["phase"] == ROLLING
        return [
            Home(slots, policy, self._world.is_seen(slots[0].member.host), is_forward)
            for slots in found.values()
            if not all(item.is_retired for item in slots)
        ]

    def _view(self, body: Body, member: MemberId) -> SlotView:
        entry = body["members"][member.key]
        desire = body["revisions"][-1]["services"][member.service]
        service = service_at(body, member.service, entry["launch"])
        wanted = WantedMember(member, entry, service, desire["state"])
        found = self._claims.get(member, [])
        remembered = self._remembered(member, entry["launch"])
        upgrade = upgrades_of(body)[member.service]
        forced = upgrade["force"] and member.slot != upgrade["slot"]
        return SlotView(
            wanted,
            role=entry.get("role", ""),
            is_retired=entry["retired"],
            is_target=entry["launch"] == desire["launch"] and not forced,
            container=found[0][1] if len(found) == 1 else None,
            is_live=any(item["state"] in LIVE_STATES for _host, item in found),
            wellbeing=self._ward.wellbeing(wanted),
            well_for_s=self._ward.well_for_s(wanted),
            age_s=self._age_s(entry),
            failures=remembered.get("failures", 0),
            error=remembered.get("reason", ""),
        )

    def _remembered(self, member: MemberId, launch: str) -> LedgerEntry:
        entry = self._ledger.get(member.key) or LedgerEntry()
        return entry if entry.get("config_hash") == launch else LedgerEntry()

    def failed_pull(self, member: WantedMember) -> LedgerEntry:
        """What is remembered of the failed pulls for a newcomer to come."""
        return self._remembered(member.id, member.entry["launch"])

    def _age_s(self, entry: MemberEntry) -> float:
        host = entry["host"]
        return self.now(host) - entry.get("since", 0.0) if self._world.is_seen(host) else 0.0

    def now(self, host: str) -> float:
        """The clock of a seen host."""
        return self._world.now(host)

    @property
    def world(self) -> World:
        """The observations."""
        return self._world

    @property
    def request(self) -> Request:
        """What was asked for."""
        return self._request


class _Rollout:
    """One step of the upgrade of one service."""

    def __init__(
        self, rollouts: Rollouts, body: Body, name: str, upgrade: dict[str, t.Any]
    ) -> None:
        self._all = rollouts
        self._body = body
        self._name = name
        self._upgrade = upgrade
        self._is_forward = upgrade["phase"] == ROLLING
        self._service = body["revisions"][-1]["definition"]["services"][name]
        self._policy = self._policy_now()
        self._homes = rollouts.homes(body, name, self._policy)

    def _policy_now(self) -> Policy:
        """A rollback has no gate but the floor: no bake, no pause."""
        policy = policy_of(self._service, self._upgrade["policy"])
        if self._is_forward:
            return policy
        return dataclasses.replace(policy, bake_s=0.0, interval_s=0.0)

    def run(self) -> Body:
        """The body after this step."""
        faults = self._faults() if self._is_forward else []
        if len(faults) > self._policy.max_failure_ratio * len(self._homes):
            if self._policy.failure_action == ROLLBACK:
                return self._roll_back(faults[0])
            if self._policy.failure_action == PAUSE:
                return paused(self._body, self._name, faults[0])
        self._foretell()
        stages = [(home, stage_of(home)) for home in self._homes]
        for home, stage in stages:
            step = STEPS.get(stage)
            if step is not None:
                step(self, home)
        self._begin_next(stages)
        return self._ended(stages)

    def _foretell(self) -> None:
        """Say once what the command is about to do: what changed, for how many members, in which order and why."""
        asked = self._all.request.command in ("up", "rollback")
        serving = [home.serving for home in self._homes if home.serving]
        if not asked or self._all.request.continued or not serving:
            return
        before, after = serving[0].member.service, self._service
        reason = self._stop_first(self._homes[0], serving[0])
        told = {
            "target": self._upgrade["slot"],
            "changed": changed_keys(before, after),
            "members": len(self._homes),
            "why": reason.as_data if reason else None,
            "bake_s": self._policy.bake_s,
            "is_checked": bool(after.get("health_check")),
        }
        code = "upgrade_plan" if self._is_forward else "rollback_plan"
        self._all.notes.append(Fact(code, told, serving[0].member.id.stack, self._name))

    # --- failures ---

    def _faults(self) -> list[Fact]:
        """Why members with the new launch have failed. Once all are done, only for as long as they are watched."""
        found = [self._fault(home) for home in self._homes if home.is_seen]
        return [fault for fault in found if fault]

    def _fault(self, home: Home) -> Fact | None:
        slot = home.newcomer or home.serving
        if slot is None or slot.role == KEPT:
            slot = None
        if slot is not None and slot.is_target and self._is_watched(slot):
            return fault_of(slot, self._policy)
        return self._failed_pull(home)

    def _is_watched(self, slot: SlotView) -> bool:
        """Whether a member may still show that the upgrade is bad: until all are done, and for one bake after it."""
        if slot.role == NEWCOMER or any(stage_of(home) is not Stage.DONE for home in self._homes):
            return bool(slot.member.id.slot)
        return bool(slot.member.id.slot) and slot.age_s <= self._policy.bake_s

    def _failed_pull(self, home: Home) -> Fact | None:
        coming = self._coming(home)
        remembered = self._all.failed_pull(coming)
        failures = remembered.get("failures", 0)
        if failures < MOST_PULLS:
            return None
        return no_start(coming, failures, remembered.get("reason", ""))

    def _roll_back(self, fault: Fact) -> Body:
        self._all.step = Fact("upgrade_failed", {"why": fault.as_data})
        self._all.notes.append(
            dataclasses.replace(fault, code="upgrade_failed", parameters={"why": fault.as_data})
        )
        body = roll_back(self._body, self._all.request, {self._name: fault})
        return self._all.advance(body, self._name)

    # --- the steps of one member ---

    def retire_newcomer(self, home: Home) -> None:
        """Give up a newcomer that is no longer wanted: after a broken-off rollback it is what was confirmed."""
        if home.newcomer is not None:
            self._replaced(home, home.newcomer)

    def promote(self, home: Home) -> None:
        """Let the newcomer serve; what served is kept, or goes."""
        serving, newcomer = home.serving, home.newcomer
        if newcomer is None:
            return
        newcomer.member.entry.pop("role", None)
        newcomer.member.entry["since"] = self._now(home)
        if serving is not None:
            self._replaced(home, serving)
        kept, confirmed_launch = home.kept, self._upgrade["confirmed"]["launch"]
        if kept is not None and kept.member.entry["launch"] != confirmed_launch:
            self._retire(kept)

    def place_newcomer(self, home: Home) -> None:
        """Give the member a newcomer: what was kept of the wanted launch, or a new slot."""
        kept = home.kept
        if kept is not None and kept.is_target:
            kept.member.entry["role"], kept.member.entry["since"] = NEWCOMER, self._now(home)
            return
        coming = self._coming(home)
        self._body["members"][coming.id.key] = coming.entry

    def _coming(self, home: Home) -> WantedMember:
        """The newcomer that a member gets next."""
        before = home.first.member
        member = dataclasses.replace(before.id.home, slot=self._upgrade["slot"])
        launch = self._body["revisions"][-1]["services"][self._name]["launch"]
        entry = MemberEntry(
            host=before.host,
            launch=launch,
            address=before.entry["address"] if self._service["retain_ip"] else "",
            network=before.entry["network"] if self._service["retain_ip"] else "",
            create_index=before.entry["create_index"],
            volumes=dict(before.entry["volumes"]),
            retired=False,
            role=NEWCOMER,
            since=self._now(home),
        )
        return WantedMember(member, entry, self._service, STATE_ACTIVE)

    def _replaced(self, home: Home, slot: SlotView) -> None:
        """What no longer serves: the last confirmed launch is kept for a way back, any other goes.

        The only slot stays until another one has taken over: without any, the member would be no longer wanted.
        """
        way_back = self._is_forward and (
            slot.member.entry["launch"] == self._upgrade["confirmed"]["launch"]
        )
        is_only = all(item.is_retired for item in home.slots if item is not slot)
        if is_only or (way_back and home.kept is None):
            slot.member.entry["role"], slot.member.entry["since"] = KEPT, self._now(home)
        else:
            self._retire(slot)

    def _retire(self, slot: SlotView) -> None:
        slot.member.entry["retired"] = True
        slot.member.entry.pop("role", None)

    def _now(self, home: Home) -> float:
        return self._all.now(home.first.member.host)

    # --- the next members ---

    def _begin_next(self, stages: list[tuple[Home, Stage]]) -> None:
        """Begin with as many further members as the batch allows. What does not run waits for nobody."""
        pending = sorted(
            [home for home, stage in stages if stage is Stage.PENDING], key=lambda home: home.rank
        )
        if not pending or not self._has_images(pending):
            return
        room = self._policy.batch_size - sum(self._takes_room(*item) for item in stages)
        resting = self._rests(stages)
        for home in pending:
            free = self._waits_for_nobody(home)
            if free or (room > 0 and not resting):
                room -= not free
                self._begin(home)

    def _takes_room(self, home: Home, stage: Stage) -> bool:
        """Whether a member is under way. One that failed, where that may be, holds up no other."""
        has_failed = self._is_forward and home.is_seen and self._fault(home) is not None
        return stage in UNDER_WAY and not has_failed

    def _waits_for_nobody(self, home: Home) -> bool:
        """What does not run is replaced at once. Going back, so is what does not serve well, or need not be stopped."""
        serving = home.serving
        if serving is None or not serving.is_live:
            return True
        is_well = serving.wellbeing >= Wellbeing.UNSEEN
        return not self._is_forward and (not is_well or self._stop_first(home, serving) is None)

    def _rests(self, stages: list[tuple[Home, Stage]]) -> bool:
        """Whether the last member was done a moment ago."""
        ages = [
            home.serving.age_s
            for home, stage in stages
            if stage is Stage.DONE and home.serving and "since" in home.serving.member.entry
        ]
        return any(0 <= age_s < self._policy.interval_s for age_s in ages)

    def _begin(self, home: Home) -> None:
        serving = home.serving
        if serving is None:
            return
        forced = self._stop_first(home, serving)
        if forced is None and serving.is_live:
            self.place_newcomer(home)
            return
        if forced and serving.is_live:
            told = {"why": forced.as_data}
            self._all.notes.append(
                Fact.about(serving.member.id, "upgrade_stop_first", told, host=serving.member.host)
            )
        self._replaced(home, serving)

    def _stop_first(self, home: Home, serving: SlotView) -> Fact | None:
        if self._policy.order == STOP_FIRST:
            return Fact("order_stop_first")
        others = others_of(self._body["members"], serving.member.id.home)
        return stop_first_reason(serving.member, self._service, others)

    def _has_images(self, pending: list[Home]) -> bool:
        """Whether all hosts have the wanted image, the same one. Those that lack it pull it before anything stops."""
        coming = [self._coming(home) for home in pending if not self._comes_back(home)]
        lacking = missing_images(self._all.world, coming)
        self._all.pulls += lacking
        fault = None if lacking else image_fault(self._all.world, coming)
        if fault:
            self._all.held.append(
                dataclasses.replace(fault, stack=coming[0].id.stack, service=self._name)
            )
        return not lacking and fault is None

    def _comes_back(self, home: Home) -> bool:
        return home.kept is not None and home.kept.is_target

    # --- the end ---

    def _ended(self, stages: list[tuple[Home, Stage]]) -> Body:
        """The body, without the upgrade if it is over."""
        if any(stage is not Stage.DONE for _home, stage in stages):
            return self._body
        if not self._is_forward:
            return self._rolled_back()
        after_s = self._policy.confirm_after_s
        ages = [home.serving.age_s for home, _stage in stages if home.serving]
        if after_s is not None and min(ages, default=0.0) >= max(after_s, self._policy.bake_s):
            return confirmed(self._body, [self._name])
        return self._body

    def _rolled_back(self) -> Body:
        """All members have the confirmed launch again: what is left is to say why. Of a person's command, nothing."""
        upgrades = upgrades_of(self._body)
        body = confirmed(self._body, [self._name])
        if self._upgrade["reason"] is None:
            return body
        done = {**self._upgrade, "phase": ROLLED_BACK, "others": {}}
        return with_upgrades(body, {**upgrades, self._name: done})


STEPS: dict[Stage, t.Callable[[_Rollout, Home], None]] = {
    Stage.STALE: _Rollout.retire_newcomer,
    Stage.PROVEN: _Rollout.promote,
    Stage.VACANT: _Rollout.place_newcomer,
}
"""A stage without a step only waits, or for its turn."""
