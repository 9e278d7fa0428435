# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The placement of a member: its entry in a record's body (docs/schema.md section 4). Private to the collection."""

from __future__ import annotations

import typing as t

from .member import MemberId, member_ids

Json = t.Dict[str, t.Any]

KEPT = "kept"
"""It is stopped and stays until its upgrade is confirmed: the way back."""
NEWCOMER = "newcomer"
"""It has yet to prove itself: no load balancer sends requests to it."""


LEAVES, ARRIVES = "leaves", "arrives"
"""Phases of a move of a member with its volumes: it is stopped and copied, then made on the other host and filled."""

Move = t.TypedDict("Move", {"to": str, "from": str, "phase": str, "mark": str})
"""A move to another host. C(mark): what tells it from every other move; the copy of the data has it."""


Moved = t.TypedDict("Moved", {"from": str, "mark": str})
"""The last move, when it is over: which host has what it left, and the mark of the copy."""


class _Moved(t.TypedDict, total=False):
    move: Move
    """Where it goes. As long as it is there nobody starts the member."""
    moved: Moved
    """The last move, so that the command can clear up after one that was killed at its end."""


class _Upgrade(_Moved, total=False):
    role: str
    """C(kept), C(newcomer), or missing: it serves."""
    since: float
    """When it got its role, by its host's clock, in seconds since the epoch."""
    made: list[str]
    """Further launches that its container may have been created with: it is updated in place to C(launch)."""


class MemberEntry(_Upgrade):
    """The placement of one member, or of one of its slots."""

    host: str
    launch: str
    """The id of the launch that its container must have."""
    address: str
    """On the managed network; empty if the service is not on it."""
    network: str
    """The managed network of the address; empty without an address."""
    create_index: int
    """Ever-increasing number of the service's members."""
    volumes: dict[str, str]
    """Container path to volume name."""
    retired: bool
    """No longer wanted; the entry stays because it names the volumes."""


DUE, RUNS, DONE, FAILED = "due", "runs", "done", "failed"
"""States of a hook: it has no host yet; its container is to run; it ended well; it failed before the first member."""


class HookEntry(MemberEntry, total=False):
    """The placement of a hook: a container that runs once before an upgrade. Its key has the index 0."""

    state: str
    owner: int
    """The index of the member whose volumes it mounts."""
    reason: Json
    """Why it failed, as the data of a fact."""


Hooks = t.Dict[str, HookEntry]
"""The hooks of one stack, by key."""

Members = t.Dict[str, MemberEntry]
"""The entries of one stack, by the key of the member."""


def is_held_back(entry: t.Mapping[str, t.Any]) -> bool:
    """Whether nobody starts it: it is the way back of an upgrade, or is moved to another host."""
    return entry.get("role") == KEPT or "move" in entry


def phase_of(entry: t.Mapping[str, t.Any]) -> str:
    """The phase of the move of a member; empty without one."""
    return str(entry["move"]["phase"]) if "move" in entry else ""


def wanted_slots(stack: str, members: Members, service: str) -> list[MemberId]:
    """The slots of a service that are not retired, in order."""
    return [
        member
        for member in member_ids(stack, members)
        if member.service == service and not members[member.key]["retired"]
    ]


def slots_that_count(stack: str, members: Members, service: str) -> list[MemberId]:
    """The slot of each wanted member of a service that counts for it."""
    return main_slots(members, wanted_slots(stack, members, service))


def main_slots(members: Members, slots: t.Iterable[MemberId]) -> list[MemberId]:
    """The slot of each member that counts for it: the one that serves, else its newcomer, else what is kept."""
    found: dict[MemberId, MemberId] = {}
    for slot in slots:
        best = found.get(slot.home)
        if best is None or _order(members, slot) < _order(members, best):
            found[slot.home] = slot
    return list(found.values())


def _order(members: Members, slot: MemberId) -> int:
    return ("", NEWCOMER, KEPT).index(members[slot.key].get("role", ""))
