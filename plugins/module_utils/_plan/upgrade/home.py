# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The slots of one member, and the stage of its upgrade: a table of predicates. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import enum
import functools
import typing as t

from ..._model.entry import KEPT, NEWCOMER
from ..._model.fact import Fact
from ..balancer.succession import PATIENCE_S
from ..health.wellbeing import Wellbeing
from ..operations.member import WantedMember
from ..world.world import Container
from .policy import Policy

MOST_FAILURES = 2
"""Creates or starts in a row, after which a newcomer has failed: once may be an accident."""
MOST_PULLS = 1
"""Failed pulls, after which an upgrade has failed: it costs nothing to go back, as nothing was touched yet."""
MOST_RESTARTS = 2
"""Restarts by the engine, after which a newcomer has failed."""


class Stage(enum.Enum):
    """Where the upgrade of one member stands."""

    AWAY = "nothing is known about its host"
    STALE = "its newcomer has a launch that is no longer wanted"
    PROVEN = "its newcomer has proved itself and takes over"
    PROVING = "its newcomer has yet to prove itself"
    REFUSED = "Docker refuses to update its container"
    UPDATING = "its container is updated in place"
    DONE = "it serves with the wanted launch"
    PENDING = "it serves with another launch"
    STOPPING = "what served is being stopped, so that the newcomer can start"
    VACANT = "nothing of it runs: the newcomer can start"


@dataclasses.dataclass(frozen=True)
class SlotView:
    """One round's view of one slot of a member.

    Attributes:
        member: The slot as a member, with its service at its own launch.
        role: Its role at the begin of the round; empty if it serves.
        is_retired: Whether it is no longer wanted.
        is_target: Whether it has the wanted launch.
        container: Its only container; None if there is none, or are several.
        is_live: Whether any container of it runs, is paused or restarts.
        wellbeing: How well it serves.
        well_for_s: Seconds since it serves well; 0 if it does not.
        age_s: Seconds since it got its role.
        failures: Creates and starts that failed in a row, with this launch.
        error: What the last of them said.
    """

    member: WantedMember
    role: str
    is_retired: bool
    is_target: bool
    container: Container | None
    is_live: bool
    wellbeing: Wellbeing
    well_for_s: float
    age_s: float
    failures: int = 0
    error: str = ""
    applied: str = ""
    """The launch that its container has, by its creation or by an update in place; empty without one."""
    is_absent: bool = False
    """Whether its host is known to have no container of it."""
    is_passed_by: bool = False
    """Whether a load balancer has it as a server and does not send it requests."""

    @property
    def is_updating(self) -> bool:
        """Whether its container has yet to get the limits of its launch in place. One that ran once gets none."""
        entry = self.member.entry
        is_other = "made" in entry and self.applied and self.applied != entry["launch"]
        return bool(is_other and not self.has_run)

    @property
    def restarts(self) -> int:
        """How often the engine restarted it."""
        return self.container["restart_count"] if self.container else 0

    @property
    def has_run(self) -> bool:
        """Whether it runs once, and did."""
        found = self.container
        return bool(self.member.service["start_once"] and found and found["state"] == "exited")

    @property
    def has_ended(self) -> bool:
        """Whether it runs once, and ended well."""
        return bool(self.has_run and self.container and not self.container["exit_code"])

    def is_proven(self, bake_s: float) -> bool:
        """Whether it has served well for long enough. What ran once and ended well need not run on."""
        waits = self.is_passed_by and self.well_for_s < bake_s + PATIENCE_S
        well = self.wellbeing is Wellbeing.WELL and self.well_for_s >= bake_s
        return self.has_ended or (well and not waits)


@dataclasses.dataclass(frozen=True)
class Home:
    """One round's view of a member with all its slots.

    C(is_seen): whether its host is. C(is_forward): whether the upgrade goes on, or back.
    """

    slots: t.Sequence[SlotView]
    policy: Policy
    is_seen: bool = True
    is_forward: bool = True

    def _slot(self, role: str) -> SlotView | None:
        found = [item for item in self.slots if item.role == role and not item.is_retired]
        return found[-1] if found else None

    @functools.cached_property
    def serving(self) -> SlotView | None:
        """The slot that serves."""
        return self._slot("")

    @functools.cached_property
    def newcomer(self) -> SlotView | None:
        """The slot that has yet to prove itself."""
        return self._slot(NEWCOMER)

    @functools.cached_property
    def kept(self) -> SlotView | None:
        """The slot that is the way back."""
        return self._slot(KEPT)

    @property
    def first(self) -> SlotView:
        """Any slot: all have the same host."""
        return self.slots[0]

    @property
    def is_live(self) -> bool:
        """Whether any container of it runs."""
        return any(item.is_live for item in self.slots)

    @property
    def rank(self) -> tuple[int, int, int]:
        """Sort key: what serves worst goes first, then what was restarted most often, then the oldest."""
        serving = self.serving or self.first
        created = serving.member.entry["create_index"]
        return int(serving.wellbeing), -serving.restarts, created


def stage_of(home: Home) -> Stage:
    """The stage of a member's upgrade."""
    return next(stage for stage, applies in STAGES if applies(home))


def _is_updating(home: Home) -> bool:
    serving = home.serving
    return serving is not None and serving.is_target and serving.is_updating


def _is_refused(home: Home) -> bool:
    return _is_updating(home) and home.serving is not None and home.serving.failures > 0


def _is_stale(home: Home) -> bool:
    return home.newcomer is not None and not home.newcomer.is_target


def _is_proven(home: Home) -> bool:
    """Whether the newcomer may take over. Going back, what ran once is not started again, however it ended."""
    newcomer = home.newcomer
    if newcomer is None:
        return False
    return newcomer.is_proven(home.policy.bake_s) or (newcomer.has_run and not home.is_forward)


STAGES: tuple[tuple[Stage, t.Callable[[Home], bool]], ...] = (
    (Stage.AWAY, lambda home: not home.is_seen),
    (Stage.STALE, _is_stale),
    (Stage.PROVEN, _is_proven),
    (Stage.PROVING, lambda home: home.newcomer is not None),
    (Stage.REFUSED, _is_refused),
    (Stage.UPDATING, _is_updating),
    (Stage.DONE, lambda home: home.serving is not None and home.serving.is_target),
    (Stage.PENDING, lambda home: home.serving is not None),
    (Stage.STOPPING, lambda home: home.is_live),
    (Stage.VACANT, lambda home: True),
)


def fault_of(slot: SlotView, policy: Policy) -> Fact | None:
    """Why a member with the new launch has failed; None if it has not."""
    if slot.failures >= MOST_FAILURES:
        return no_start(slot.member, slot.failures, slot.error)
    found = slot.container
    if found and slot.restarts >= MOST_RESTARTS:
        return _fact(slot, "upgrade_crashes", restarts=slot.restarts, name=found["name"])
    if found and found["state"] in ("exited", "dead") and not slot.has_ended:
        code = found["exit_code"]
        return _fact(slot, "upgrade_exits", exit_code=code, name=found["name"])
    if slot.wellbeing is Wellbeing.SICK:
        return _fact(slot, "upgrade_unhealthy", name=slot.member.id.container)
    if slot.role == NEWCOMER and slot.wellbeing < Wellbeing.WELL and slot.age_s > policy.deadline_s:
        told = {"deadline_s": policy.deadline_s, "name": slot.member.id.container}
        return _fact(slot, "upgrade_too_slow", **told)
    return None


def no_start(member: WantedMember, failures: int, error: str) -> Fact:
    """That pulls, creates or starts of a newcomer failed too often."""
    told = {"failures": failures, "error": error}
    return Fact.about(member.id, "upgrade_no_start", told, host=member.host)


def _fact(slot: SlotView, code: str, /, **told: t.Any) -> Fact:
    return Fact.about(slot.member.id, code, told, host=slot.member.host)
