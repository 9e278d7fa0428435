# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host remembers of a member between passes: the types of docs/schema.md section 4. Private to the collection.

All times are seconds since the epoch, by the clock of the member's host, except the end of a drain.
"""

from __future__ import annotations

import typing as t

from .fact import Fact, FactData


class _WhyHealth(t.TypedDict, total=False):
    cause: FactData
    """Why. Absent in entries of release 0.1.0, which have only the text."""
    why: str
    """Its text, which the host adds: release 0.1.0 and the inventory plugin read it."""


class Health(_WhyHealth):
    """The last verdict on a member, and its repairs (docs/schema.md section 10)."""

    generation: str
    """The judged generation of its container."""
    verdict: str
    since: float
    repairs: int
    """Number of replacements in a row."""
    last_repair: float
    repairing: bool
    """It was replaced and is not yet healthy."""
    basis: str
    """The basis of the count of repairs: a new definition or check resets it."""


class _WhyDrain(t.TypedDict, total=False):
    cause: FactData
    """Why. Absent in entries of release 0.1.0, which have only the text."""
    reason: str
    """Its text, which the host adds: release 0.1.0 reads it."""
    renewed: int
    """How often the drain's time ran out before the load balancers were told."""
    boot: str
    """The boot of the host that C(until) belongs to. Absent in drains of 0.1.0, whose C(until) is of the wall clock."""


class Drain(_WhyDrain):
    """A container that gets no new requests before it is stopped (docs/schema.md section 11)."""

    container: str
    since: float
    until: float
    """A time of the host's boot clock, which cannot be set."""


class RejectedConfig(t.TypedDict):
    """A config that a load balancer rejected, and how often."""

    revision: str
    failures: int
    last: float
    why: str


class Applied(t.TypedDict):
    """The launch that a container was updated to in place."""

    container: str
    """Its id."""
    launch: str


class LedgerEntry(t.TypedDict, total=False):
    """The ledger's entry of one member. Keys of events that never happened are absent."""

    seq: int
    """Increases with each change; of several copies the highest counts."""
    config_hash: str
    failures: int
    """Failed creates and starts in a row, with this config hash."""
    last_failure: float
    reason: str
    health: Health
    drain: Drain | None
    config: RejectedConfig | None
    applied: Applied
    ran: float
    """Of a hook: when it was started. It is never started again, though its container is gone."""
    volumes: list[str]
    """Volumes that the member had on this host. One that is missing is never replaced by an empty one."""


Ledger = t.Dict[str, LedgerEntry]
"""The entries of one stack, by the key of the member."""


def health_of(ledger: Ledger, key: str) -> Health | None:
    """The last verdict on a member; None if there is none."""
    return ledger[key].get("health") if key in ledger else None


def volumes_of(ledger: Ledger, key: str) -> list[str]:
    """The volumes that a member had on its host, as far as the host remembers."""
    return ledger[key].get("volumes", []) if key in ledger else []


def drain_of(ledger: Ledger, key: str) -> Drain | None:
    """The drain of a member; None if there is none."""
    return ledger[key].get("drain") if key in ledger else None


def rejected_config_of(ledger: Ledger, key: str) -> RejectedConfig | None:
    """The config that a load balancer rejected; None if it accepted the last one."""
    return ledger[key].get("config") if key in ledger else None


def cause_of(entry: Health | Drain) -> Fact:
    """Why an entry was written."""
    return Fact.read(entry.get("cause") or entry.get("why") or entry.get("reason", ""))
