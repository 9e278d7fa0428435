# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far upgrades are, for status and for commands that wait. Private to the collection; pure.

It is counted from the slots each time and never stored.
"""

from __future__ import annotations

import typing as t

from ..._model.entry import KEPT, MemberEntry, Members, wanted_slots
from ..._model.fact import Fact
from ..._model.member import MemberId, member_ids
from ..._record.revisions import is_live
from ..._record.upgrades import (
    ACTIVE,
    PAUSED,
    ROLLED_BACK,
    ROLLING_BACK,
    is_wanted_slot,
    upgrades_of,
)
from ..world.ownership import Located, is_any_live
from ..world.world import World

Body = t.Dict[str, t.Any]


def progress_of(world: World, stack: str, body: Body) -> dict[str, Fact]:
    """The state of each upgrade of a stack that is not confirmed, by service."""
    if not is_live(body):
        return {}
    upgrades = sorted(upgrades_of(body).items())
    return {name: _state(world, stack, body, name, item) for name, item in upgrades}


def is_under_way(state: Fact) -> bool:
    """Whether an upgrade goes on by itself."""
    return state.parameters["phase"] in ACTIVE and not state.parameters["is_done"]


def has_failed(state: Fact) -> bool:
    """Whether an upgrade was given up or paused for a fault."""
    phase, reason = state.parameters["phase"], state.parameters["reason"]
    return phase in (PAUSED, ROLLED_BACK) or (phase == ROLLING_BACK and reason is not None)


def _state(world: World, stack: str, body: Body, name: str, upgrade: dict[str, t.Any]) -> Fact:
    homes = _homes(stack, body["members"], name)
    target = body["revisions"][-1]["services"][name]["launch"]
    done = sum(_is_done(body["members"], slots, target, upgrade) for slots in homes.values())
    told = {
        "phase": upgrade["phase"],
        "done": done,
        "wanted": len(homes),
        "is_done": done == len(homes) and not _are_left(world, stack, body, name),
        "target": upgrade["slot"],
        "confirmed": upgrade["confirmed"]["revision"],
        "reason": upgrade["reason"],
        "one_way": bool(upgrade.get("one_way")),
        "way_back": _has_way_back(world, body["members"], homes),
    }
    return Fact("upgrade_state", told, stack, name)


def _homes(stack: str, members: Members, name: str) -> dict[MemberId, list[MemberId]]:
    """The wanted members of a service, each with its wanted slots."""
    found: dict[MemberId, list[MemberId]] = {}
    for member in wanted_slots(stack, members, name):
        found.setdefault(member.home, []).append(member)
    return found


def _are_left(world: World, stack: str, body: Body, name: str) -> bool:
    """Whether a replaced container still runs, one that was given up is there, or one has its old limits."""
    claims, members = world.claims(stack), body["members"]
    once = body["revisions"][-1]["definition"]["services"][name]["start_once"]
    for member in member_ids(stack, members):
        entry, found = members[member.key], claims.get(member, [])
        runs_on = is_any_live(found) and entry.get("role") == KEPT
        # Nothing is changed on a program that ran once and ended.
        rests = once and not is_any_live(found)
        left = runs_on or (not rests and _is_to_update(world, member, entry, found))
        if member.service == name and (found if entry["retired"] else left):
            return True
    return False


def _is_to_update(
    world: World, member: MemberId, entry: MemberEntry, found: t.Sequence[Located]
) -> bool:
    """Whether a container has yet to get its limits in place."""
    if "made" not in entry:
        return False
    return any(world.applied(member, item) != entry["launch"] for _host, item in found)


def _is_done(members: Members, slots: list[MemberId], target: str, upgrade: Body) -> bool:
    """Whether a member serves with the wanted launch, and nothing else of it is to prove itself."""
    roles = {members[slot.key].get("role", "") for slot in slots}
    serving = [slot for slot in slots if not members[slot.key].get("role")]
    right = [slot for slot in serving if members[slot.key]["launch"] == target]
    return any(is_wanted_slot(upgrade, slot.slot) for slot in right) and roles <= {"", KEPT}


def _has_way_back(world: World, members: Members, homes: dict[MemberId, list[MemberId]]) -> bool:
    """Whether all containers that are kept are still there, as far as their hosts are seen."""
    kept = [
        slot for slots in homes.values() for slot in slots if members[slot.key].get("role") == KEPT
    ]
    return all(
        world.claims(slot.stack).get(slot) or not world.is_seen(members[slot.key]["host"])
        for slot in kept
    )
