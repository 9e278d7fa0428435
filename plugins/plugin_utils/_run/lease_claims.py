# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run gets the hosts' lease, and what it does when another one has it: docs/schema.md section 12.

Private to the collection. A run acts only when every host that it reaches gave it the lease.
"""

from __future__ import annotations

import dataclasses
import getpass
import random
import secrets
import socket
import time
import typing as t

from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim, ended_runs
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._plan.rounds import Outcome
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request

from . import run_files

Json = dict[str, t.Any]
Holder = dict[str, t.Any]

LEASE_S = 30
WAIT_S = 120
PAUSE_S = 2.0
_LIMITS = {"drover_lease_s": (5, 3600), "drover_lease_wait_s": (0, 86400)}


@dataclasses.dataclass
class Term:
    """What this run knows of its own claim."""

    claim: Json
    wait_s: float
    prepared_at: float = 0.0
    again: bool = False
    """This round took the lease that the run had already: every host has to say anew that it is done."""
    waiting_since: float = 0.0
    told: str = ""
    hasty: bool = False
    """The last try did not wait, as the others' runs had ended: twice in a row is not done."""
    earlier: list[str] = dataclasses.field(default_factory=list)
    """Tokens that this run had before: it must not be in its own way."""


@dataclasses.dataclass
class Turn:
    """What a run does that was refused the lease."""

    text: str = ""
    """What to tell the person; empty where there is nothing new to say."""
    pause_s: float = 0.0
    over: bool = False
    """It gives up; for a timer's run this is no failure."""


def owner() -> str:
    """Who this is, for others: user and name of the control node."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def describe(request: Request) -> str:
    """A command as others are told of it, e.g. C(scale shop/web)."""
    stacks = ",".join(request.stacks or [])
    target = f"{stacks}/{request.service}" if request.service else stacks
    return f"{request.command} {target}".strip()


def begin(request: Request, variables: Json, leases: list[Holder]) -> None:
    """Make the claim of this run. Nothing is asked of any host yet.

    C(leases): those that hosts were seen to have; nobody waits for a run that has ended already.
    """
    claim = Claim(
        token=secrets.token_hex(8),
        owner=owner(),
        reason=describe(request),
        unattended=str(variables.get("drover_unattended", "")).lower() in ("true", "yes", "1"),
        ticket=random.random(),  # noqa: S311 (only to tell two runs apart)
        duration_s=_seconds(variables, "drover_lease_s", LEASE_S),
        over=ended_runs(leases),
    )
    wait_s = _seconds(variables, "drover_lease_wait_s", WAIT_S)
    _save(Term(dataclasses.asdict(claim), wait_s))


def claim() -> Json:
    """The claim of this run, as modules take it."""
    return load().claim


def is_unattended() -> bool:
    """Whether this is a timer's run."""
    return _has_claim() and bool(load().claim["unattended"])


def _has_claim() -> bool:
    """In check mode there is none."""
    return bool(run_files.load("claim"))


def prepares(plan: Plan) -> bool:
    """Whether the next round has to ask for the lease, or for it again; then it counts from now."""
    term = load()
    needed = _has_to_prepare(plan, term)
    began = time.monotonic() if needed else term.prepared_at
    again = needed and bool(term.prepared_at)
    _save(dataclasses.replace(term, prepared_at=began, again=again))
    return needed


def _has_to_prepare(plan: Plan, term: Term) -> bool:
    if not (plan.operations or plan.records):
        return False  # hosts are only told what is held
    age = time.monotonic() - term.prepared_at
    late = not term.prepared_at or age > term.claim["duration_s"] * 2 / 3
    return late or any(write.required for write in plan.records)


def is_prepared_again() -> bool:
    """Whether this round took the lease that the run had already."""
    return _has_claim() and load().again


def settle(outcomes: t.Iterable[Outcome | None]) -> None:
    """Note that this run got the lease, and whether it has acted."""
    term = load()
    started = term.claim["started"] or any(item and item.results for item in outcomes)
    claim_now = {**term.claim, "started": started, "over": term.earlier}
    _save(dataclasses.replace(term, claim=claim_now, waiting_since=0.0, told="", hasty=False))


def is_late(recorded: t.Iterable[Outcome | None]) -> bool:
    """Whether the lease of the first hosts may have ended before the last one gave it: then none of them acts."""
    if not _has_claim():
        return False
    term = load()
    answered_at = max((item.answered_at for item in recorded if item), default=0.0)
    return bool(answered_at - term.prepared_at >= term.claim["duration_s"])


def ask_for_longer() -> str:
    """The next round takes the lease anew, for twice the time. What to tell the person."""
    term = load()
    before_s = term.claim["duration_s"]
    duration_s = min(2 * before_s, _LIMITS["drover_lease_s"][1])
    _save(
        dataclasses.replace(term, claim={**term.claim, "duration_s": duration_s}, prepared_at=0.0)
    )
    return (
        f"the hosts took longer than {before_s} s to give the lease: once more, for {duration_s} s"
    )


def holders(*stages: dict[str, Outcome | None]) -> list[Holder]:
    """Who has the lease of hosts that did not give it to this run."""
    return [item.lease for stage in stages for item in stage.values() if item and item.lease]


def give_way(found: list[Holder]) -> Turn:
    """What to do, as others have the lease; the next try is under a new token."""
    term = load()
    since = term.waiting_since or time.monotonic()
    left = since + term.wait_s - time.monotonic()
    over = [] if term.hasty else ended_runs(found)
    earlier = [*term.earlier, term.claim["token"]]
    fresh = {"token": secrets.token_hex(8), "over": [*over, *earlier], "started": False}
    again = {**term.claim, **fresh}
    first = max(found, key=lambda holder: (holder["busy"], holder["left_s"]))
    who = f"{first['owner']} acts ({first['reason']})"
    turn = _turn(term, over=bool(over), who=who, left=left)
    waiting = dataclasses.replace(
        term, waiting_since=since, told=who, earlier=earlier, hasty=bool(over)
    )
    _save(dataclasses.replace(waiting, claim=again, prepared_at=0.0))
    return turn


def _turn(term: Term, *, over: bool, who: str, left: float) -> Turn:
    if over:
        return Turn()
    if term.claim["unattended"]:
        return Turn(text=f"{who}: this pass gives way", over=True)
    if left <= 0:
        return Turn(text=f"{who}, for longer than {term.wait_s:g} s: try again later", over=True)
    news = "" if who == term.told else f"wait   {who}; for up to {left:.0f} s"
    return Turn(text=news, pause_s=min(PAUSE_S, left))


def load() -> Term:
    """What is known of the claim."""
    return Term(**run_files.load("claim"))


def _save(term: Term) -> None:
    run_files.save("claim", dataclasses.asdict(term))


def _seconds(variables: Json, name: str, default: int) -> int:
    """A whole number of seconds from the inventory."""
    value = variables.get(name)
    low, high = _LIMITS[name]
    text = str(default if value in (None, "") else value).strip()
    if not text.isdigit() or not low <= int(text) <= high:
        raise AnsibleError(
            f"{name} must be a whole number of seconds from {low} to {high}, not {value!r}"
        )
    return int(text)
