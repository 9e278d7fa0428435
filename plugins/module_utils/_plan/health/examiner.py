# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge one running member from its checkers' reports. Private to the collection; pure."""

from __future__ import annotations

from ..._model.generation import generation_of
from ..._model.ledger import Health
from ..._model.operation import SecondLook
from ..operations.member import WantedMember
from ..world.world import Container
from .checkers import Checkers
from .judgement import Judgement, doubt_of
from .targets import CheckedMember
from .verdict import judge
from .votes import count_votes


def examine(
    checkers: Checkers, member: WantedMember, container: Container, before: Health | None
) -> Judgement:
    """The judgement of a running member with a health check. C(before): its health in the ledger."""
    generation = generation_of(container["id"], container["started_at"])
    check, place = member.service["health_check"], (member.id, member.host, member.entry["address"])
    target = CheckedMember(*place, generation, check, checkers.mark(check))
    opinions, witness = checkers.opinions(target)
    votes = count_votes(target.check, opinions, witness=witness)
    return Judgement(
        member,
        container,
        target.generation,
        before,
        votes,
        len(opinions),
        None if votes else doubt_of(target.check, opinions, witness),
        judge(before, target.generation, votes),
        SecondLook(
            backend=target.backend,
            server=target.server,
            age_s=max((checkers.age_s(vote.checker) for vote in votes), default=0.0),
        ),
    )
