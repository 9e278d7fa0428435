# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service waits for before each start of a member: Compose's conditions of depends_on. Private; pure.

One rule for first starts, repairs and upgrades: a gate is looked at whenever a container is to be started, and one that
runs is left alone. What is on a host that is not seen holds nobody: nothing is known of it.
"""

from __future__ import annotations

import typing as t

from .._model.entry import Members, slots_that_count
from .._model.fact import Fact
from .._model.gates import COMPLETED
from .._model.member import MemberId
from .._record.revisions import current
from .health.judgement import Judgement
from .health.verdict import HEALTHY
from .operations.member import WantedMember
from .situation import has_run
from .world.world import Container, World

Json = t.Dict[str, t.Any]
UNCHECKED = "none"
"""What engines say of the health of a container without a check."""


class Gates:
    """The gates of one stack in one round."""

    def __init__(
        self, world: World, stack: str, body: Json, judgements: t.Mapping[str, Judgement]
    ) -> None:
        """C(judgements): those of this round so far, by key. Services are planned after those that they wait for."""
        self._world = world
        self._stack = stack
        self._members: Members = body["members"]
        self._revision = current(body) or {"services": {}, "definition": {"services": {}}}
        self._judgements = judgements

    def reason(self, member: WantedMember) -> Fact | None:
        """Why a member is not started now; None if all its gates are open."""
        for name, condition in sorted(member.service.get("gates", {}).items()):
            if name not in self._revision["services"]:
                continue
            look = self._completed if condition == COMPLETED else self._healthy
            code = look(name)
            if code:
                return Fact.about(member.id, code, {"name": name}, host=member.host)
        return None

    def _healthy(self, name: str) -> str:
        """One healthy member is enough: what waits for the service can be served."""
        found = self._slots(name)
        if any(not self._is_seen(slot) for slot in found):
            return ""
        service = self._revision["definition"]["services"][name]
        containers = [item for slot in found for item in self._containers(slot)]
        if service.get("health_check"):
            judged = [self._judgements.get(slot.key) for slot in found]
            is_open = any(item and item.verdict == HEALTHY for item in judged)
        else:
            is_open = any(_runs(item) and item["health"] == "healthy" for item in containers)
            if any(_runs(item) and item["health"] == UNCHECKED for item in containers):
                return "gate_unchecked"
        return "" if is_open else "gate_unhealthy"

    def _completed(self, name: str) -> str:
        """All members have ended well, with the definition that the service has now."""
        launch = self._revision["services"][name]["launch"]
        for slot in self._slots(name):
            if not self._is_seen(slot):
                continue
            found = self._containers(slot)
            if any(item["state"] == "exited" and item["exit_code"] for item in found):
                return "gate_failed"
            ended = [item for item in found if item["state"] == "exited" and has_run(item)]
            if not ended or self._members[slot.key]["launch"] != launch:
                return "gate_not_completed"
        return ""

    def _slots(self, name: str) -> list[MemberId]:
        return slots_that_count(self._stack, self._members, name)

    def _is_seen(self, slot: MemberId) -> bool:
        return self._world.is_seen(self._members[slot.key]["host"])

    def _containers(self, slot: MemberId) -> list[Container]:
        return [item for _host, item in self._world.claims(self._stack).get(slot, [])]


def _runs(container: Container) -> bool:
    return container["state"] == "running"
