# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry the upgrade of one service on by one step. Private to the collection; pure.

An upgrade is desired state and not a script: each pass derives the next step from the record and the observations, so
any control node goes on with it, and a member is healed in every phase of it. This changes only the slots in the
record's body; the ordinary steps (converge.py) create, start, drain, stop and remove what follows from them.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._model.config_hash import changed_keys
from ..._model.fact import Fact
from ..._model.upgrade_words import PAUSE, ROLLBACK, STOP_FIRST
from ..._record.revisions import Request, roll_back
from ..._record.upgrades import (
    ROLLED_BACK,
    ROLLING,
    confirmed,
    paused,
    upgrades_of,
    with_upgrades,
)
from ..health.wellbeing import Wellbeing
from ..operations.member import WantedMember
from .failures import Failures
from .home import Home, SlotView, Stage, stage_of
from .hook import Hook
from .images import image_fault, missing_images
from .member_steps import MemberSteps
from .order import others_of, stop_first_reason
from .policy import Policy, policy_of
from .slots import Slots

Body = t.Dict[str, t.Any]
UNDER_WAY = frozenset(Stage) - {Stage.AWAY, Stage.DONE, Stage.PENDING}


@dataclasses.dataclass
class Told:
    """What a round says and needs for upgrades, beside the slots."""

    held: list[Fact] = dataclasses.field(default_factory=list)
    notes: list[Fact] = dataclasses.field(default_factory=list)
    errors: list[Fact] = dataclasses.field(default_factory=list)
    pulls: list[WantedMember] = dataclasses.field(default_factory=list)
    """Newcomers to come, on hosts that lack their image."""
    step: Fact | None = None
    """What this round does, for the record's audit; None for nothing."""


class Rollout:
    """One step of the upgrade of one service."""

    def __init__(
        self, slots: Slots, body: Body, name: str, *, request: Request, told: Told
    ) -> None:
        """C(body): its members are a copy, and are changed."""
        self.told = told
        self._slots = slots
        self._body = body
        self._name = name
        self._request = request
        self._upgrade = upgrades_of(body)[name]
        self._is_forward = self._upgrade["phase"] == ROLLING
        self._service = body["revisions"][-1]["definition"]["services"][name]
        self._policy = self._policy_now()
        self._homes = slots.homes(body, name, self._policy)
        self._steps = MemberSteps(slots, body, name)
        self._failures = Failures(slots, self._steps, self._homes, self._policy)
        self._hook = Hook.of(slots, body, name) if self._is_forward else None

    def _policy_now(self) -> Policy:
        """A rollback has no gate but the floor: no bake, no pause."""
        policy = policy_of(self._service, self._upgrade["policy"])
        if self._is_forward:
            return policy
        return dataclasses.replace(policy, bake_s=0.0, interval_s=0.0)

    def run(self) -> Body:
        """The body after this step; if its phase is another one, that has its own first step."""
        if self._hook and self._hook.fault:
            return self._without_hook(self._hook, self._hook.fault)
        faults = self._failures.all() if self._is_forward else []
        if len(faults) > self._policy.max_failure_ratio * len(self._homes):
            if self._policy.failure_action == ROLLBACK:
                return self._give_up(faults[0])
            if self._policy.failure_action == PAUSE:
                return paused(self._body, self._name, faults[0])
        self._note_refusals()
        self._note_hook()
        self._foretell()
        stages = [(home, stage_of(home)) for home in self._homes]
        holds = self._hook_holds(stages)
        for home, stage in stages:
            step = None if holds and stage is Stage.VACANT else STEPS.get(stage)
            if step is not None:
                step(self._steps, home)
        if not holds:
            self._begin_next(stages)
        return self._ended(stages)

    def _give_up(self, fault: Fact) -> Body:
        """Roll back, or pause where a hook has run: what was confirmed may not work with its data any more."""
        if not self._upgrade.get("one_way"):
            return self._roll_back(fault)
        reason = Fact("one_way", {"why": fault.as_data})
        self.told.notes.append(
            dataclasses.replace(fault, code=reason.code, parameters=reason.parameters)
        )
        return paused(self._body, self._name, reason)

    # --- the hook

    def _without_hook(self, hook: Hook, fault: Fact) -> Body:
        """The hook failed, and no member was touched: go back, or wait for a person."""
        self._body = hook.failed(self._body, fault)
        if self._policy.failure_action == PAUSE:
            return paused(self._body, self._name, fault)
        return self._give_up(fault)

    def _note_hook(self) -> None:
        """The hook ended well: from here on the way back is a person's decision."""
        if self._hook is None or not self._hook.has_ended:
            return
        self._upgrade = {**self._upgrade, "one_way": True}
        upgrades = {**upgrades_of(self._body), self._name: self._upgrade}
        self._body = with_upgrades(self._hook.done(self._body, is_over=False), upgrades)
        self._hook = Hook.of(self._slots, self._body, self._name)
        self._steps = MemberSteps(self._slots, self._body, self._name)

    def _hook_holds(self, stages: list[tuple[Home, Stage]]) -> bool:
        """Whether members wait for the hook. If it is due and all hosts have the image, it gets its host."""
        hook = self._hook
        if hook is None or not hook.holds:
            return False
        coming = [home for home, stage in stages if self._is_replaced(home, stage)]
        if hook.is_due and coming and self._has_images(coming):
            first = min(coming, key=lambda home: home.first.member.id).first.member
            now = self._slots.world.now(first.host)
            self._body = hook.placed(self._body, first.id, first.entry, now)
        elif not hook.is_due:
            self.told.held.append(hook.waiting)
        return bool(coming)

    def _is_replaced(self, home: Home, stage: Stage) -> bool:
        """Whether a member gets a new container next. The hook is for these alone."""
        is_pending = stage is Stage.PENDING and not self._steps.may_update(home)
        return home.is_seen and (is_pending or stage is Stage.VACANT)

    def _roll_back(self, fault: Fact) -> Body:
        why = {"why": fault.as_data}
        self.told.step = Fact("upgrade_failed", why)
        self.told.notes.append(dataclasses.replace(fault, code="upgrade_failed", parameters=why))
        return roll_back(self._body, self._request, {self._name: fault})

    def _note_refusals(self) -> None:
        """Docker refused to update a member in place: the others are replaced, too, and it is said."""
        found = [item.serving for item in self._homes if stage_of(item) is Stage.REFUSED]
        refused = [slot for slot in found if slot]
        for slot in refused:
            told = {"error": slot.error}
            fact = Fact.about(slot.member.id, "update_refused", told, host=slot.member.host)
            self.told.notes.append(fact)
        if refused:
            self._upgrade = {**self._upgrade, "refused": True}
            upgrades = {**upgrades_of(self._body), self._name: self._upgrade}
            self._body = with_upgrades(self._body, upgrades)
            self._steps = MemberSteps(self._slots, self._body, self._name)

    def _foretell(self) -> None:
        """Say once what the command is about to do: what changed, for how many members, in which order and why."""
        asked = self._request.command in ("up", "rollback")
        serving = [home.serving for home in self._homes if home.serving]
        is_done = all(stage_of(home) is Stage.DONE for home in self._homes)
        if not asked or self._request.continued or not serving or is_done:
            return
        before, after = serving[0].member.service, self._service
        reason = self._stop_first(serving[0])
        updated = sum(self._steps.may_update(home, foretells=True) for home in self._homes)
        told = {
            "in_place": updated,
            "target": self._upgrade["slot"],
            "changed": changed_keys(before, after),
            "members": len(self._homes),
            "why": reason.as_data if reason else None,
            "bake_s": self._policy.bake_s,
            # What is changed in place proves nothing.
            "is_checked": bool(after.get("health_check")) or updated == len(self._homes),
        }
        code = "upgrade_plan" if self._is_forward else "rollback_plan"
        self.told.notes.append(Fact(code, told, serving[0].member.id.stack, self._name))

    # --- the next members ---

    def _begin_next(self, stages: list[tuple[Home, Stage]]) -> None:
        """Begin with as many further members as the batch allows. What does not run waits for nobody."""
        pending = sorted(
            [home for home, stage in stages if stage is Stage.PENDING], key=lambda home: home.rank
        )
        replaced = [home for home in pending if not self._steps.may_update(home)]
        if not pending or (replaced and not self._has_images(replaced)):
            return
        room = self._policy.batch_size - sum(self._takes_room(*item) for item in stages)
        resting = self._rests(stages)
        for home in pending:
            free = self._waits_for_nobody(home)
            if free or (room > 0 and not resting):
                room -= 1
                self._begin(home)

    def _takes_room(self, home: Home, stage: Stage) -> bool:
        """Whether a member is under way. One that failed, where that may be, holds up no other."""
        has_failed = self._is_forward and home.is_seen and self._failures.of(home) is not None
        # Its newcomer takes over in this round. Without a pause between two members, the next one begins in it.
        is_done = stage is Stage.PROVEN and not self._policy.interval_s
        return stage in UNDER_WAY and not has_failed and not is_done

    def _waits_for_nobody(self, home: Home) -> bool:
        """What does not run is replaced at once. Going back, so is what does not serve well, or need not be stopped."""
        serving = home.serving
        if serving is None or not serving.is_live:
            return True
        is_well = serving.wellbeing >= Wellbeing.UNSEEN
        return not self._is_forward and (not is_well or self._stop_first(serving) is None)

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
        if self._steps.may_update(home):
            self._steps.update(home)
            return
        if serving.is_absent:
            self._steps.succeed(home, serving)
            return
        forced = self._stop_first(serving)
        if forced is None and serving.is_live:
            self._steps.place_newcomer(home)
            return
        if forced and serving.is_live:
            told = {"why": forced.as_data}
            self.told.notes.append(
                Fact.about(serving.member.id, "upgrade_stop_first", told, host=serving.member.host)
            )
        self._steps.replace(home, serving)

    def _stop_first(self, serving: SlotView) -> Fact | None:
        if self._policy.order == STOP_FIRST:
            return Fact("order_stop_first")
        others = others_of(self._body["members"], serving.member.id.home)
        return stop_first_reason(serving.member, self._service, others)

    def _has_images(self, pending: list[Home]) -> bool:
        """Whether all hosts have the wanted image, the same one. Those that lack it pull it before anything stops."""
        coming = [self._steps.coming(home) for home in pending if not self._comes_back(home)]
        lacking = missing_images(self._slots.world, coming)
        self.told.pulls += lacking
        fault = None if lacking else image_fault(self._slots.world, coming)
        if fault:
            self.told.held.append(
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
            left = any(slot.is_retired for home in self._homes for slot in home.slots)
            return self._body if left else self._rolled_back()
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
        done.pop("one_way", None)
        return with_upgrades(body, {**upgrades, self._name: done})


STEPS: dict[Stage, t.Callable[[MemberSteps, Home], None]] = {
    Stage.STALE: MemberSteps.retire_newcomer,
    Stage.PROVEN: MemberSteps.promote,
    Stage.REFUSED: MemberSteps.undo_update,
    Stage.VACANT: MemberSteps.place_newcomer,
}
"""A stage without a step only waits, or for its turn."""
