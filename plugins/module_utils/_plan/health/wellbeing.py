# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a member serves now, from the worst to the best. Private to the collection; pure."""

from __future__ import annotations

import enum

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

    def _judged(self, member: WantedMember, container: Container) -> Wellbeing:
        if not member.service.get("health_check"):
            return Wellbeing.WELL
        before = health_of(self._ledger, member.id.key)
        verdict = examine(self._checkers, member, container, before).verdict
        if verdict in STARTING:
            return Wellbeing.STARTING
        return Wellbeing.WELL if verdict == HEALTHY else Wellbeing.SICK
