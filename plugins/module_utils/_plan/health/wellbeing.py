# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a member serves now, from the worst to the best. Private to the collection; pure."""

from __future__ import annotations

import enum

from ..._common.constants import GIVE_UP_AFTER
from ..._common.times import parse_time
from ..._model.generation import generation_of
from ..._model.ledger import Ledger, health_of
from ..operations.member import WantedMember
from ..world.crash_loop import is_crash_loop
from ..world.ownership import Claims
from ..world.world import Container, World, running_on
from .checkers import Checkers
from .examiner import examine
from .verdict import HEALTHY, STARTING


class Wellbeing(enum.IntEnum):
    """The states, from the worst to the best."""

    ABSENT = 0
    """No container of it runs on its host."""
    SICK = 1
    """It is in a crash loop, or its checkers find it down."""
    STARTING = 2
    """No checker has found it healthy yet."""
    UNSEEN = 3
    """Its host was not seen."""
    WELL = 4
    """It is healthy, or runs and has no health check."""


ENGINE_STATES = {"starting": Wellbeing.STARTING, "unhealthy": Wellbeing.SICK}
"""What the engine's own check says; anything else is good."""


class Ward:
    """The members of one stack, with what is known of them."""

    def __init__(self, world: World, checkers: Checkers, claims: Claims, ledger: Ledger) -> None:
        self.world = world
        self._checkers = checkers
        self._claims = claims
        self._ledger = ledger

    def container(self, member: WantedMember) -> Container | None:
        """The running container of a member on its host; None if there is none."""
        return running_on(member.host, self._claims.get(member.id, []))

    def wellbeing(self, member: WantedMember) -> Wellbeing:
        """How well a member serves now."""
        if not self.world.is_seen(member.host):
            return Wellbeing.UNSEEN
        container = self.container(member)
        if container is None:
            return Wellbeing.ABSENT
        if is_crash_loop(container, self.world.now(member.host)):
            return Wellbeing.SICK
        return self._judged(member, container)

    def well_for_s(self, member: WantedMember) -> float:
        """Seconds since a member that is well became so: since its verdict, or without a check since its start."""
        container = self.container(member)
        if container is None:
            return 0.0
        health = health_of(self._ledger, member.id.key)
        since = parse_time(container["started_at"])
        generation = generation_of(container["id"], container["started_at"])
        if member.service.get("health_check"):
            if not health or health["generation"] != generation:
                return 0.0  # this pass is the first to see it healthy
            since = health["since"] if health["verdict"] == HEALTHY else self.world.now(member.host)
        return self.world.now(member.host) - since

    def is_given_up(self, member: WantedMember) -> bool:
        """Whether it failed to start so often that only a person's request starts it again."""
        entry = self._ledger.get(member.id.key)
        return bool(entry and entry.get("failures", 0) >= GIVE_UP_AFTER)

    def _judged(self, member: WantedMember, container: Container) -> Wellbeing:
        if not member.service.get("health_check"):
            heeded = container["health"] if self.world.settings.heeds_engine else ""
            return ENGINE_STATES.get(heeded, Wellbeing.WELL)
        before = health_of(self._ledger, member.id.key)
        verdict = examine(self._checkers, member, container, before).verdict
        if verdict in STARTING:
            return Wellbeing.STARTING
        return Wellbeing.WELL if verdict == HEALTHY else Wellbeing.SICK
