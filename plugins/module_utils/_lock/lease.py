# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run may act on this host: docs/schema.md section 12. Private to the collection.

One small file (lease_file.py), written only under the host lock (host_lock.py). Its times are on the host's boot
clock, which cannot be set; a reboot voids the lease. An expired lease cannot be taken while the host lock is held, so
operations that take long need no renewal.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._common.times import iso_seconds
from . import lease_file, lease_queue
from .boot_clock import boot_clock, boot_id

Json = t.Dict[str, t.Any]
Clock = t.Callable[[], float]

_SHOWN = ("owner", "reason", "since", "token", "unattended", "started", "finished")


@dataclasses.dataclass
class Claim:
    """What a run presents when it asks for the lease.

    C(token) is new for each term: a run that lost the lease asks again under another token. C(ticket) decides between
    two runs that ask at the same moment, and says who waits first: the lower one. C(over): tokens whose terms have
    ended on some host. C(run) is the same for all terms of a run. A run that is refused keeps its place in the queue
    for C(returns_s) seconds: until then it asks again.
    """

    token: str
    owner: str
    reason: str
    unattended: bool
    ticket: float
    duration_s: float
    started: bool = False
    over: list[str] = dataclasses.field(default_factory=list)
    run: str = ""
    returns_s: float = 0.0


class LeaseHeld(Exception):
    """Another run has the lease of this host. C(holder) says who: owner, reason, since, left_s, busy and more."""

    def __init__(self, holder: Json) -> None:
        super().__init__(f"{holder['owner']} acts on this host ({holder['reason']})")
        self.holder = holder


class Lease:
    """The lease of one host. The caller holds the host lock."""

    def __init__(self, state_dir: str, claim: Claim, *, clock: Clock = boot_clock) -> None:
        self._state_dir = state_dir
        self._claim = claim
        self._clock = clock
        self._since = iso_seconds(time.time())

    def take(self) -> None:
        """Take the lease, or take it again, before other hosts have granted theirs. Raises LeaseHeld."""
        found = self._read()
        if found and not self._gives_way(found):
            self._refuse(found, shown(found, self._clock()))
        first = self._first_in_line(found)
        if found and first:
            self._refuse(found, lease_queue.shown(first, self._clock(), self._since))
        own = self._own(found)
        self._since = own["since"] if own else self._since
        self._write(found, started=bool(own and own["started"]))

    def take_alone(self) -> None:
        """Take the lease of this host alone, and begin to act. Raises LeaseHeld."""
        found = self._read()
        if found and not (found["finished"] or self._is_over(found) or self._goes_first(found)):
            self._refuse(found, shown(found, self._clock()))
        own = self._own(found)
        self._since = own["since"] if own else self._since
        self._write(found, started=True)

    def resume(self) -> None:
        """Begin to act under a lease taken before. Raises LeaseHeld if another run has taken it since."""
        found = self._read()
        if found and not self._own(found):
            raise LeaseHeld(shown(found, self._clock()))
        self._since = found["since"] if found else self._since
        self._write(found, started=True)

    def finish(self) -> None:
        """Mark this host as done. Once no host works for this run, others need not wait until the lease expires."""
        self._write(self._read(), started=True, finished=True)

    # --- whose it is ---

    def _read(self) -> Json | None:
        return lease_file.read(self._state_dir, self._clock())[0]

    def _own(self, found: Json | None) -> Json | None:
        return found if found and found["token"] == self._claim.token else None

    def _is_over(self, found: Json) -> bool:
        return _is_over(found, self._clock())

    def _gives_way(self, found: Json) -> bool:
        """Whether this claim may replace the current lease."""
        claim = self._claim
        if found["token"] == claim.token:
            return True
        if found["token"] in claim.over and (found["finished"] or not found["started"]):
            return True
        # A later run may have acted since. A run that has started therefore continues only under another token.
        if claim.started:
            return False
        if self._is_over(found):
            return True
        if claim.unattended != found["unattended"]:
            return found["unattended"] is True
        return not found["started"] and claim.ticket < found["ticket"]

    def _goes_first(self, found: Json) -> bool:
        """Whether the lease is this claim's own, or a timer's while this one is a person's."""
        timers = found["unattended"] and not self._claim.unattended
        return found["token"] in (self._claim.token, *self._claim.over) or timers

    # --- whose turn it is ---

    def _first_in_line(self, found: Json | None) -> Json | None:
        """The person's run that asked earlier and waits; None if this claim may go on."""
        if self._claim.unattended or self._own(found):
            return None
        return lease_queue.first_before(self._others(found), self._claim.ticket)

    def _others(self, found: Json | None) -> list[Json]:
        return lease_queue.without(lease_queue.places(found, self._clock()), self._claim.run)

    def _refuse(self, found: Json, holder: Json) -> t.NoReturn:
        """Refuse the claim. A person's run gets its place in the queue."""
        claim = self._claim
        if claim.returns_s and not claim.unattended:
            place = {
                "run": claim.run,
                "owner": claim.owner,
                "reason": claim.reason,
                "ticket": claim.ticket,
                "until": self._clock() + claim.returns_s,
            }
            waiting = lease_queue.joined(self._others(found), place)
            lease_file.store(self._state_dir, {**found, "waiting": waiting})
        raise LeaseHeld(holder)

    def _write(self, found: Json | None, *, started: bool, finished: bool = False) -> None:
        claim = self._claim
        lease_file.store(
            self._state_dir,
            {
                "token": claim.token,
                "owner": claim.owner,
                "reason": claim.reason,
                "unattended": claim.unattended,
                "ticket": claim.ticket,
                "since": self._since,
                "until": self._clock() + claim.duration_s,
                "boot": boot_id(),
                "started": started,
                "finished": finished,
                "waiting": self._others(found),
            },
        )


def standing(state_dir: str, *, clock: Clock = boot_clock) -> Json | None:
    """The current lease, for observers; None if there is none or it has expired."""
    found, _fault = lease_file.read(state_dir, clock())
    return shown(found, clock()) if found and not _is_over(found, clock()) else None


def fault_of(state_dir: str, *, clock: Clock = boot_clock) -> str:
    """Why the lease file is ignored; empty if it is not."""
    return lease_file.read(state_dir, clock())[1]


def acting(state_dir: str, *, clock: Clock = boot_clock) -> Json | None:
    """The lease of the run that holds the host lock right now; None if no lease says that a run acts."""
    found = standing(state_dir, clock=clock)
    return {**found, "busy": True} if found and not found["finished"] else None


def ended_runs(found: list[Json]) -> list[str]:
    """Tokens of these runs if each has ended on some host and acts on none; otherwise empty."""
    by_token: dict[str, list[Json]] = {}
    for holder in found:
        by_token.setdefault(holder["token"], []).append(holder)
    ended = all(_has_ended(items) for items in by_token.values())
    return sorted(by_token) if ended else []


def _has_ended(items: list[Json]) -> bool:
    acting_now = any(item["busy"] or (item["started"] and not item["finished"]) for item in items)
    return not acting_now and any(item["finished"] for item in items)


def shown(found: Json, now: float) -> Json:
    """The public part of a lease. C(left_s): seconds until it expires."""
    left = max(0.0, round(found["until"] - now, 1))
    return {**{key: found[key] for key in _SHOWN}, "left_s": left, "busy": False}


def _is_over(found: Json, now: float) -> bool:
    return bool(now >= found["until"] or found["boot"] != boot_id())
