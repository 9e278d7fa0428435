# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run gets the hosts' lease, and what it does when another run has it: docs/schema.md section 12.

Private to the collection; pure. A run acts only when every host that it reaches gave it the lease.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim, ended_runs
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request

from .work import Holder, Outcome, Outcomes

LEASE_S = 30
LONGEST_LEASE_S = 3600
WAIT_S = 120
PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


@dataclasses.dataclass
class Turn:
    """What a run does that was refused the lease.

    Attributes:
        notice: What to tell; None where there is nothing new to say.
        pause_s: Seconds until the next try.
        over: It gives up; for a timer's run this is no failure.
    """

    notice: Fact | None = None
    pause_s: float = 0.0
    over: bool = False


@dataclasses.dataclass
class Term:
    """What a run knows of its own claim.

    Attributes:
        claim: What it says of itself to the hosts.
        wait_s: Seconds for which it waits for another run.
        prepared_at: When it asked for the lease last, in seconds of the driver's clock; 0 before.
        again: This round took the lease that the run had already: every host has to say anew that it is done.
        waiting_since: Since when it waits; 0 while it does not.
        told: For whom it waits, as it was told last.
        hasty: The last try did not wait, as the others' runs had ended: twice in a row is not done.
        earlier: Tokens that this run had before: it must not be in its own way.
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
        """Note the leases that hosts were seen to have: a run that has ended is not waited for."""
        self.claim.over = ended_runs(leases)

    def prepares(self, plan: Plan, now: float) -> bool:
        """Whether this round has to ask for the lease, or for it again; then it counts from now."""
        needed = self._has_to_prepare(plan, now)
        self.again = needed and bool(self.prepared_at)
        if needed:
            self.prepared_at = now
        return needed

    def _has_to_prepare(self, plan: Plan, now: float) -> bool:
        if not (plan.operations or plan.records):
            return False  # hosts are only told what is held
        late = not self.prepared_at or now - self.prepared_at > self.claim.duration_s * 2 / 3
        return late or any(write.required for write in plan.records)

    def acted(self, outcomes: t.Iterable[Outcome | None]) -> None:
        """Note that this run got the lease, and whether it has acted."""
        self.claim.started |= any(item and item.results for item in outcomes)
        self.claim.over = list(self.earlier)
        self.waiting_since, self.told, self.hasty = 0.0, "", False

    def is_late(self, recorded: Outcomes) -> bool:
        """Whether the lease of the first hosts may have ended before the last one gave it: then none of them acts."""
        answered_at = max((item.answered_at for item in recorded.values() if item), default=0.0)
        return answered_at - self.prepared_at >= self.claim.duration_s

    def ask_for_longer(self) -> Fact:
        """Take the lease anew in the next round, for twice the time."""
        before_s = self.claim.duration_s
        self.claim.duration_s = min(2 * before_s, LONGEST_LEASE_S)
        self.prepared_at = 0.0
        return Fact("lease_late", {"before_s": before_s, "for_s": self.claim.duration_s})

    def give_way(self, found: list[Holder], *, now: float, token: str) -> Turn:
        """What to do, as others have the lease. The next try is under a new token."""
        self.waiting_since = self.waiting_since or now
        over = [] if self.hasty else ended_runs(found)
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
        """The longer it waits, the less often it asks: a driver may need room for each try."""
        longer = min(max(PAUSE_S, waited_s / 4), LONGEST_PAUSE_S)
        return min(longer, max(PAUSE_S, self.wait_s - waited_s))


def _first(found: list[Holder]) -> Holder:
    return max(found, key=lambda holder: (holder["busy"], holder["left_s"]))


def describe(request: Request) -> str:
    """A command as others are told of it, e.g. C(scale shop/web)."""
    stacks = ",".join(request.stacks or [])
    target = f"{stacks}/{request.service}" if request.service else stacks
    return f"{request.command} {target}".strip()
