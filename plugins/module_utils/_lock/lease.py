# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run may act on this host: docs/schema.md section 12. Private to the collection.

One small file, written only under the host lock (host_lock.py). Its times are on the host's boot clock, which cannot
be set; a reboot voids the lease. An expired lease cannot be taken while the host lock is held, so
operations that take long, such as image pulls, need no renewal.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
import typing as t

from .._common.regular_files import open_regular, read_regular
from .._common.times import iso_seconds
from .boot_clock import boot_clock, boot_id

Json = t.Dict[str, t.Any]
Clock = t.Callable[[], float]

FILE = "lease"
LARGEST_BYTES = 64 * 1024
_SHOWN = ("owner", "reason", "since", "token", "unattended", "started", "finished")


@dataclasses.dataclass
class Claim:
    """What a run presents when it asks for the lease.

    C(token) is new for each term: a run that lost the lease asks again under another token. C(ticket) decides between
    two runs that ask at the same moment: the lower one wins. C(over): tokens whose terms have ended on some host.
    """

    token: str
    owner: str
    reason: str
    unattended: bool
    ticket: float
    duration_s: float
    started: bool = False
    over: list[str] = dataclasses.field(default_factory=list)


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
        """Take the lease, or take it again. Raises LeaseHeld."""
        found = _read(self._state_dir)
        if found and not self._gives_way(found):
            raise LeaseHeld(shown(found, self._clock()))
        own = found if found and found["token"] == self._claim.token else None
        self._since = own["since"] if own else self._since
        self._write(started=bool(own and own["started"]))

    def resume(self) -> None:
        """Begin to act under a lease taken before. Raises LeaseHeld if another run has taken it since."""
        found = _read(self._state_dir)
        if found and found["token"] != self._claim.token:
            raise LeaseHeld(shown(found, self._clock()))
        self._since = found["since"] if found else self._since
        self._write(started=True)

    def finish(self) -> None:
        """Mark this host as done. Once no host works for this run, others need not wait until the lease expires."""
        self._write(started=True, finished=True)

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
        if _is_over(found, self._clock()):
            return True
        if claim.unattended != found["unattended"]:
            return found["unattended"] is True
        return not found["started"] and claim.ticket < found["ticket"]

    def _write(self, *, started: bool, finished: bool = False) -> None:
        claim = self._claim
        _store(
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
            },
        )


def standing(state_dir: str, *, clock: Clock = boot_clock) -> Json | None:
    """The current lease, for observers; None if there is none or it has expired."""
    found = _read(state_dir)
    return shown(found, clock()) if found and not _is_over(found, clock()) else None


def holder_of(state_dir: str, *, clock: Clock = boot_clock) -> Json | None:
    """The lease of the run that holds the host lock right now, for a run that could not get the lock."""
    found = _read(state_dir)
    return {**shown(found, clock()), "busy": True} if found else None


def ended_runs(found: list[Json]) -> list[str]:
    """Tokens of these runs if each has ended on some host and acts on none; otherwise empty."""
    by_token: dict[str, list[Json]] = {}
    for holder in found:
        by_token.setdefault(holder["token"], []).append(holder)
    ended = all(_has_ended(items) for items in by_token.values())
    return sorted(by_token) if ended else []


def _has_ended(items: list[Json]) -> bool:
    acting = any(item["busy"] or (item["started"] and not item["finished"]) for item in items)
    return not acting and any(item["finished"] for item in items)


def shown(found: Json, now: float) -> Json:
    """The public part of a lease. C(left_s): seconds until it expires."""
    left = max(0.0, round(found["until"] - now, 1))
    return {**{key: found[key] for key in _SHOWN}, "left_s": left, "busy": False}


def _is_over(found: Json, now: float) -> bool:
    return bool(now >= found["until"] or found["boot"] != boot_id())


def _read(state_dir: str) -> Json | None:
    """The content of the lease file; None if it is missing or malformed."""
    try:
        data = read_regular(os.path.join(state_dir, FILE), limit=LARGEST_BYTES)
        found = json.loads(data.decode("utf-8"))
        known = {*_SHOWN, "until", "boot", "ticket"}
        return found if known <= set(found) else None
    except (OSError, ValueError, TypeError):
        return None


def _store(state_dir: str, content: Json) -> None:
    """Write in place, which works on a full disk. If that fails, remove the file and rely on the lock alone."""
    path = os.path.join(state_dir, FILE)
    data = json.dumps(content).encode("utf-8")
    try:
        handle = open_regular(path, os.O_RDWR | os.O_CREAT)
        try:
            os.pwrite(handle, data, 0)
            os.ftruncate(handle, len(data))
        finally:
            os.close(handle)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
