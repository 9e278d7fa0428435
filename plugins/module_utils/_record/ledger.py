# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host remembers of its members between passes: failures in a row, and their health. Private to the collection.

Kept in the stack record beside its body (docs/schema.md section 4, "life"); the planner's back-off reads it.
"""

from __future__ import annotations

import typing as t

from .._model.ledger import Applied, Drain, Health, LedgerEntry, RejectedConfig, cause_of
from .._model.member import MemberId
from .._model.operation import Operation, config_hash_of
from .store import read_record, update_ledger

Change = t.Callable[[LedgerEntry], t.Optional[LedgerEntry]]

_MAX_REASON = 300
_NOTHING = LedgerEntry(config_hash="", failures=0, last_failure=0.0, reason="")


def note_failure(state_dir: str, operation: Operation, reason: str, *, now: float) -> None:
    """Count a failed create or start.

    Args:
        state_dir: Folder of all our files on this host.
        operation: The operation that failed; its arguments name the config hash.
        reason: What the engine said; kept short.
        now: The host's wall clock, in seconds since the epoch.
    """
    config_hash = config_hash_of(operation)

    def change(before: LedgerEntry) -> LedgerEntry:
        same = before["config_hash"] == config_hash
        return LedgerEntry(
            config_hash=config_hash,
            failures=before["failures"] + 1 if same else 1,
            last_failure=now,
            reason=reason[:_MAX_REASON],
        )

    _note(state_dir, operation, change)


def note_success(state_dir: str, operation: Operation) -> None:
    """Clear the failures of a started member. Writes nothing if there are none."""
    fresh = LedgerEntry(failures=0, last_failure=0.0, reason="")
    _note(state_dir, operation, lambda before: fresh if before["failures"] else None)


def note_health(state_dir: str, operation: Operation, entry: Health) -> bool:
    """Store the verdict on a member, or that its repair begins.

    Returns:
        Whether there was a record to store it in.
    """
    health = entry.copy()
    health["why"] = cause_of(entry).text[:_MAX_REASON]
    return _note(state_dir, operation, lambda _before: LedgerEntry(health=health))


def note_drain(state_dir: str, operation: Operation, drain: Drain | None) -> bool:
    """Store the drain of a member; None ends it.

    Returns:
        Whether there was a record to store it in.
    """
    noted = drain.copy() if drain else None
    if noted:
        noted["reason"] = cause_of(noted).text[:_MAX_REASON]
    return _note(state_dir, operation, lambda _before: LedgerEntry(drain=noted))


def note_applied(state_dir: str, operation: Operation, applied: Applied) -> bool:
    """Store that a container was updated in place, which ends its failures.

    Returns:
        Whether there was a record to store it in.
    """
    fresh = LedgerEntry(applied=applied, failures=0, last_failure=0.0, reason="")
    return _note(state_dir, operation, lambda _before: fresh)


def note_run(state_dir: str, operation: Operation, *, now: float) -> bool:
    """Store that a hook is started. C(now): the host's wall clock, in seconds since the epoch.

    Returns:
        Whether there was a record to store it in.
    """
    config_hash = config_hash_of(operation)
    return _note(
        state_dir, operation, lambda _before: LedgerEntry(ran=now, config_hash=config_hash)
    )


def forget_drain(state_dir: str, operation: Operation) -> None:
    """Clear the drain of a stopped member. Writes nothing if there is none."""
    _note(state_dir, operation, _without_drain)


def _without_drain(before: LedgerEntry) -> LedgerEntry | None:
    return LedgerEntry(drain=None) if before.get("drain") else None


def note_volumes(state_dir: str, stack: str, key: str, names: t.Iterable[str]) -> None:
    """Store that a member has these volumes on this host. Writes nothing if all are known."""

    def change(before: LedgerEntry) -> LedgerEntry | None:
        known = set(before.get("volumes", []))
        return None if known.issuperset(names) else LedgerEntry(volumes=sorted(known.union(names)))

    _change(state_dir, stack, key, change)


def forget_volume(state_dir: str, stack: str, name: str) -> None:
    """A person had a volume removed: no member of the stack has it any more."""
    record = read_record(state_dir, stack)
    for key, entry in (record["life"] if record else {}).items():
        left = [volume for volume in entry.get("volumes", []) if volume != name]
        if left != entry.get("volumes", []):
            fresh = LedgerEntry(volumes=left)
            _change(state_dir, stack, key, lambda _before, fresh=fresh: fresh)  # type: ignore[misc]


def note_config(
    state_dir: str, operation: Operation, revision: str, why: str, *, now: float
) -> None:
    """Store that a load balancer rejected a config; with an empty C(why), clear earlier rejections.

    Args:
        state_dir: Folder of all our files on the host.
        operation: The operation.
        revision: The config's marker.
        why: What HAProxy said; kept short.
        now: The host's wall clock, in seconds since the epoch.
    """

    def change(before: LedgerEntry) -> LedgerEntry | None:
        failed = before.get("config")
        if not why:
            return LedgerEntry(config=None) if failed else None
        again = failed is not None and failed["revision"] == revision
        times = failed["failures"] + 1 if failed and again else 1
        rejected = RejectedConfig(
            revision=revision, failures=times, last=now, why=why[:_MAX_REASON]
        )
        return LedgerEntry(config=rejected)

    _note(state_dir, operation, change)


def _note(state_dir: str, operation: Operation, change: Change) -> bool:
    """Change the entry of an operation's member."""
    return _change(state_dir, operation["stack"], MemberId.of(operation).key, change)


def _change(state_dir: str, stack: str, key: str, change: Change) -> bool:
    """Change the entry of a member. A new entry begins without failures."""

    def complete(before: LedgerEntry) -> LedgerEntry | None:
        kept = _NOTHING.copy()
        kept.update(before)
        new = change(kept)
        if new is not None:
            kept.update(new)
        return None if new is None else kept

    return update_ledger(state_dir, stack, key, complete)
