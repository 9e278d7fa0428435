# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run gets the hosts' lease, and what it does if another run has it: docs/schema.md section 12.

Private to the collection; pure. A run that stores desired state acts only if every host that it reaches has granted it
the lease. A run that repairs in place takes the lease of each host alone.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim, ended_runs
from ansible_collections.drover.docker.plugins.module_utils._lock.lease_file import (
    LONGEST_LEASE_S,
)
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request

from .work import Holder, Outcome, Outcomes

LEASE_S = 30
WAIT_S = 120
PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0
CALLS_S = 30.0
"""A run that was refused asks again after its pause and this time at most: two looks and a call."""


@dataclasses.dataclass
class Turn:
    """What a run does after a refusal of the lease.

    Attributes:
        notice: What to print; None if it was printed before.
        pause_s: Seconds until the next try.
        over: The run gives up. For a timer's run this is no failure.
    """

    notice: Fact | None = None
    pause_s: float = 0.0
    over: bool = False


@dataclasses.dataclass
class Term:
    """The state of a run's own claim.

    Attributes:
        claim: The claim that hosts get.
        wait_s: Maximum time to wait for another run, in seconds.
        prepared_at: Time of the last request for all hosts' lease, in seconds of the driver's clock; 0 before.
        again: This round took the lease again, so every host must note again that its share is done.
        waiting_since: Start of the wait; 0 while it does not wait.
        told: The holder in the last printed notice.
        hasty: The last try did not wait, because the other runs had ended. The next try must wait.
        earlier: Earlier tokens of this run, which must not block it.
    """

    claim: Claim
    wait_s: float = WAIT_S
    prepared_at: float = 0.0
    again: bool = False
    waiting_since: float = 0.0
    told: str = ""
    hasty: bool = False
    earlier: list[str] = dataclasses.field(default_factory=list)

    def begin(self, leases: list[Holder]) -> None:
        """Note the leases in the observations, so that this run does not wait for runs that have ended."""
        self.claim.run = self.claim.run or self.claim.token
        self.claim.over = ended_runs(leases)

    def prepare(self, now: float) -> None:
        """This round takes the lease of all hosts, for the first time or again. Its time starts now."""
        self.again = bool(self.prepared_at)
        self.prepared_at = now
        waited_s = now - self.waiting_since if self.waiting_since else 0.0
        self.claim.returns_s = self._pause_s(waited_s) + CALLS_S

    def acted(self, outcomes: t.Iterable[Outcome | None], *, free: bool) -> None:
        """Note whether this run has acted, and whether it waits for nobody (C(free))."""
        self.claim.started |= any(item and item.results for item in outcomes)
        self.claim.over = list(self.earlier)
        if free:
            self.waiting_since, self.told, self.hasty = 0.0, "", False

    def is_late(self, recorded: Outcomes) -> bool:
        """Whether the first host's lease may have expired before the last host granted its own. Then no host acts."""
        answered_at = max((item.answered_at for item in recorded.values() if item), default=0.0)
        return answered_at - self.prepared_at >= self.claim.duration_s

    def ask_for_longer(self) -> Fact:
        """Make the next round take the lease again, for twice the time."""
        before_s = self.claim.duration_s
        self.claim.duration_s = min(2 * before_s, LONGEST_LEASE_S)
        self.prepared_at = 0.0
        return Fact("lease_late", {"before_s": before_s, "for_s": self.claim.duration_s})

    def need_not_wait(self, found: list[Holder]) -> list[str]:
        """The tokens of the holders if all of them have ended; empty if some act, or if the last try was as hasty."""
        return [] if self.hasty else ended_runs(found)

    def give_way(self, found: list[Holder], *, now: float, token: str) -> Turn:
        """Return what to do while others have the lease. The next try uses a new token."""
        self.waiting_since = self.waiting_since or now
        over = self.need_not_wait(found)
        turn = Turn() if over else self._turn(_first(found), now)
        self.earlier = [*self.earlier, self.claim.token]
        self.hasty, self.prepared_at = bool(over), 0.0
        self.claim = dataclasses.replace(
            self.claim, token=token, over=[*over, *self.earlier], started=False
        )
        return turn

    def _turn(self, holder: Holder, now: float) -> Turn:
        who = {"owner": holder["owner"], "reason": holder["reason"]}
        waited_s = now - self.waiting_since
        if self.claim.unattended:
            return Turn(Fact("lease_gave_way", who), over=True)
        if waited_s >= self.wait_s:
            return Turn(Fact("lease_waited", {**who, "wait_s": self.wait_s}), over=True)
        told, self.told = self.told, str(who)
        notice = None if told == str(who) else Fact("lease_waits", {**who, "wait_s": self.wait_s})
        return Turn(notice, pause_s=self._pause_s(waited_s))

    def _pause_s(self, waited_s: float) -> float:
        """Return the pause. It grows with the wait: each try costs calls, and the queue keeps the run's place."""
        longer = min(max(PAUSE_S, waited_s / 4), LONGEST_PAUSE_S)
        return min(longer, max(PAUSE_S, self.wait_s - waited_s))


def _first(found: list[Holder]) -> Holder:
    return max(found, key=lambda holder: (holder["busy"], holder["left_s"]))


def describe(request: Request) -> str:
    """Describe a command to other runs, e.g. C(scale shop/web)."""
    stacks = ",".join(request.stacks or [])
    target = f"{stacks}/{request.service}" if request.service else stacks
    return f"{request.command} {target}".strip()
