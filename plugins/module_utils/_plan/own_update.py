# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upgrade of a service that has no record. Private to the collection; pure.

It is carried on by the upgrades of stacks (_plan/upgrade). What these keep in a record is derived here from the
containers, anew in each round: so a run that is killed leaves nothing that the next one does not see
(docs/decisions/0032-update-without-a-record.md). The first life of a member is what serves. A later one with the wanted
launch is a newcomer until the first is gone; any other is left over.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.times import parse_time
from .._model.check_times import BAKE_S
from .._model.entry import KEPT, NEWCOMER, MemberEntry
from .._model.in_place import UPDATABLE, fixed_id, limits_set
from .._model.launch import launch_ids
from .._model.upgrade_words import PAUSE
from .._record.fold import split_service
from .._record.upgrades import ROLLING
from .found_service import found_launch
from .upgrade.policy import DEADLINE_S
from .world.ownership import LIVE_STATES
from .world.world import Container

Json = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Update:
    """How a changed definition is applied.

    Attributes:
        order: C(start-first) or C(stop-first).
        facts: What the engine's C(inspect) says of the service's containers, by id.
        is_refused: Whether Docker refused to change a container in place: then all are replaced.
    """

    order: str
    facts: t.Mapping[str, Json]
    is_refused: bool = False


@dataclasses.dataclass(frozen=True)
class Lives:
    """The containers of one service, by member and in the order of their lives.

    C(launch) is the wanted one; empty if none is.
    """

    homes: t.Sequence[t.Sequence[Container]]
    launch: str = ""

    @classmethod
    def of(cls, members: t.Iterable[Container], launch: str = "") -> Lives:
        """C(members): in any order."""
        found: dict[int, list[Container]] = {}
        for item in sorted(members, key=slot_of):
            found.setdefault(item["index"], []).append(item)
        return cls([found[index] for index in sorted(found)], launch)

    @property
    def are_outdated(self) -> bool:
        """Whether any container has another launch, or is left over."""
        return any(len(home) > 1 or not self._is_right(home[0]) for home in self.homes)

    @property
    def firsts(self) -> list[Container]:
        """What serves, or did, of each member."""
        return [home[0] for home in self.homes]

    @property
    def outdated(self) -> list[Container]:
        """Containers with another launch."""
        return [item for home in self.homes for item in home if not self._is_right(item)]

    @property
    def newcomers(self) -> list[Container]:
        """Containers that have yet to take over."""
        return [item for home in self.homes for item in home[1:]]

    def needs_healing(self, service: Json) -> bool:
        """Whether a member with the wanted launch does not run: it is started before another one is touched."""
        once = service["start_once"]
        return any(
            self._is_right(item) and not _is_live(item) and not (once and item["state"] == "exited")
            for item in self.firsts
        )

    def next_slot(self) -> int:
        """The slot of newcomers to come: that of those which are there, or one that no container has."""
        right = [slot_of(item) for home in self.homes for item in home if self._is_right(item)]
        other = [slot_of(item) for item in self.outdated]
        newest, highest = max(right, default=0), max(other, default=0)
        return newest if newest > highest else highest + 1

    def role(self, container: Container) -> str | None:
        """The role of a container in the upgrade; None if it is left over."""
        home = next(home for home in self.homes if container in home)
        first, right = home[0], [item for item in home if self._is_right(item)]
        if container is first and self._is_right(first):
            return NEWCOMER if _is_live(first) else ""
        if container is first:
            return "" if _is_live(first) else KEPT
        return NEWCOMER if right and container is right[-1] and first not in right else None

    def _is_right(self, container: Container) -> bool:
        return container["config_hash"] == self.launch


def slot_of(container: Container) -> int:
    """The slot of a container."""
    return container.get("slot", 0)


def _is_live(container: Container) -> bool:
    return container["state"] in LIVE_STATES


def with_one_id(members: t.Iterable[Container], service: Json, volumes: Json) -> list[Container]:
    """The containers, those of the wanted launch with the same id, whichever release computed it."""
    ids = launch_ids(service, volumes)
    return [
        Container(**{**item, "config_hash": ids[0]}) if item["config_hash"] in ids else item
        for item in members
    ]


def with_role(entry: MemberEntry, container: Container, lives: Lives, now: float) -> MemberEntry:
    """The entry of a container in a service that is upgraded. C(now): the host's clock."""
    role = lives.role(container)
    if role is None:
        return MemberEntry(**{**entry, "retired": True})
    if not role:
        return entry
    since = parse_time(container["started_at"]) if _is_live(container) else now
    return MemberEntry(**{**entry, "role": role, "since": since})


def upgrade_entry(lives: Lives, update: Update, service: Json) -> Json:
    """The upgrade as a record has it. Nothing is kept for a way back, so no launch is the confirmed one."""
    policy = {
        "order": update.order,
        "interval_ms": 0,
        "deadline_ms": 1000 * _deadline_s(service["container"].get("healthcheck") or {}),
        "failure_action": PAUSE,
    }
    return {
        "phase": ROLLING,
        "slot": lives.next_slot(),
        "force": False,
        "confirmed": {"launch": "", "revision": 0, "own": {}},
        "others": {},
        "policy": policy,
        "reason": None,
        **({"refused": True} if update.is_refused else {}),
    }


def _deadline_s(check: Json) -> float:
    """How long a newcomer may take to get good: at least until its own check gives it up."""
    start_s = (check.get("start_period_ns") or 0) / 1e9
    try_s = ((check.get("interval_ns") or 30e9) + (check.get("timeout_ns") or 30e9)) / 1e9
    return float(max(DEADLINE_S, start_s + try_s * (check.get("retries") or 3) + BAKE_S))


def launches_of(lives: Lives, update: Update, service: Json, volumes: Json) -> Json:
    """The launches of containers with another one than the wanted, as far as the containers show them."""
    wanted, _in_place = split_service(service, volumes)
    found: Json = {}
    for item in lives.outdated:
        facts = update.facts.get(item["id"], {})
        is_fixed = item.get("fixed") == fixed_id(wanted)
        found[item["config_hash"]] = (
            _other_limits(wanted, item, facts) if is_fixed else found_launch(item, facts)
        )
    return found


def _other_limits(wanted: Json, container: Container, facts: Json) -> Json:
    """The wanted launch with the image and the limits that a container has."""
    parts = wanted["parts"][""]
    options = {key: item for key, item in parts["container"].items() if key not in UPDATABLE}
    options.update(limits_set(facts.get("HostConfig") or {}))
    mine = {**parts, "image": container["image"], "container": options}
    return {**wanted, "parts": {"": mine}}
