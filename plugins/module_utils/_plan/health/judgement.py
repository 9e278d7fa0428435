# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running member and the judgement of its health, as facts. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._model.fact import Fact
from ..._model.ledger import Health
from ..._model.operation import SecondLook
from ..operations.member import WantedMember
from ..world.world import Container
from .verdict import HEALTHY, INITIALIZING, STARTING, UNHEALTHY, Vote
from .votes import Opinion, is_good, reaches_others

LONGEST_TIMEOUT_S = 3600.0


@dataclasses.dataclass
class Judgement:
    """A running member and the judgement of its health.

    Attributes:
        before: The health in the ledger.
        asked: The number of checkers that may vote.
        look: How its own host looks at it again before it is replaced.
        doubt: Why the votes of checkers that find it down do not count; None if this is not the case.
        sick: Why it must be replaced; None if it need not be.
    """

    member: WantedMember
    container: Container
    generation: str
    before: Health | None
    votes: list[Vote]
    asked: int
    doubt: Fact | None
    verdict: str
    look: SecondLook
    sick: Fact | None = None

    @property
    def key(self) -> str:
        """Its key in its stack."""
        return self.member.id.key

    @property
    def says(self) -> Fact:
        """The checkers' findings: 0 of 2 checkers: HTTP 500 (L7STS)."""
        ups = sum(vote.up for vote in self.votes)
        told = {"ups": ups, "asked": self.asked, "answer": self._answer}
        return Fact("checkers_say", told)

    @property
    def cause(self) -> Fact:
        """The cause of its replacement, for the operations, the drain and the ledger."""
        return self.sick or self.says

    @property
    def _answer(self) -> t.Any:
        downs = [vote for vote in self.votes if not vote.up]
        if self.doubt:
            return self.doubt.as_data
        if self.verdict == HEALTHY or not downs:
            return "" if self.votes else Fact("no_report").as_data
        return downs[0].why.as_data

    @property
    def told(self) -> Fact:
        """The verdict, the checkers' findings, and how long they have seen it fail."""
        told = {"verdict": self.verdict, "why": self.says.as_data, "down_s": self.down_s}
        return Fact.about(self.member.id, "verdict", told, host=self.member.host)

    @property
    def down_s(self) -> float:
        """How long the checkers have seen it fail."""
        return max((vote.since_s for vote in self.votes if not vote.up), default=0.0)

    def timeout_s(self, repairs: int) -> float:
        """Seconds that it may take to become healthy: doubled after each repair, up to a limit."""
        starting = self.verdict if self.verdict in STARTING else INITIALIZING
        first_s = self.member.service["health_check"][f"{starting}_timeout_ms"] / 1000
        return float(min(first_s * 2.0**repairs, max(LONGEST_TIMEOUT_S, first_s)))


def sickness(judgement: Judgement, *, repairs: t.Callable[[], int]) -> Fact | None:
    """Why the member must be replaced; None if it need not be. C(repairs) counts those in a row.

    An unhealthy verdict that no checker currently confirms is kept but never triggers a repair.
    """
    if not judgement.votes:
        return None
    if judgement.verdict == UNHEALTHY:
        told = {"why": judgement.says.as_data, "down_s": judgement.down_s}
        return Fact("unhealthy", told)
    if judgement.verdict not in STARTING:
        return None
    timeout_s = judgement.timeout_s(repairs())
    if timeout_s and judgement.down_s >= timeout_s:
        why = judgement.says.as_data
        return Fact("overdue", {"verdict": judgement.verdict, "timeout_s": timeout_s, "why": why})
    return None


def doubt_of(
    check: dict[str, t.Any], opinions: t.Iterable[Opinion], witness: Opinion
) -> Fact | None:
    """Why the votes of checkers that find the member down do not count; None if no checker finds it down."""
    if not any(item.report and item.report["status"] == "DOWN" for item in opinions):
        return None
    if is_good(witness.report):
        return Fact("doubt_network")
    told = {"checker": witness.checker}
    if witness.report and not reaches_others(check, witness):
        return Fact("doubt_checker", told)
    return Fact("doubt_unconfirmed", told)
