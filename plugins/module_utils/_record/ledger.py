# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host remembers of its members between passes: failures in a row, and their health. Private to the collection.

Kept in the stack record beside its body (docs/schema.md section 4, "life"); the planner's back-off reads it.
"""

from __future__ import annotations

import typing as t

from .._model.member import MemberId
from .store import update_ledger

Json = t.Dict[str, t.Any]

_MAX_REASON = 300
_NOTHING: Json = {"config_hash": "", "failures": 0, "last_failure": 0.0, "reason": ""}


def note_failure(state_dir: str, operation: Json, reason: str, *, now: float) -> None:
    """Count a failed create or start.

    Args:
        state_dir: Folder of all our files on this host.
        operation: The operation that failed; its arguments name the config hash.
        reason: What the engine said; kept short.
        now: The host's wall clock, in seconds since the epoch.
    """
    config_hash = operation["args"].get("config_hash", "")

    def change(before: Json) -> Json:
        same = before["config_hash"] == config_hash
        failures = before["failures"] + 1 if same else 1
        told = {"failures": failures, "last_failure": now, "reason": reason[:_MAX_REASON]}
        return {"config_hash": config_hash, **told}

    _note(state_dir, operation, change)


def note_success(state_dir: str, operation: Json) -> None:
    """Forget the failures of a member that was started. Writes nothing where there were none."""
    fresh = {"failures": 0, "last_failure": 0.0, "reason": ""}
    _note(state_dir, operation, lambda before: fresh if before["failures"] else None)


def note_health(state_dir: str, operation: Json) -> bool:
    """Remember the verdict on a member, or that its repair begins.

    Returns:
        Whether there was a record to remember it in.
    """
    entry = operation["args"]["entry"]
    health = {**entry, "why": str(entry["why"])[:_MAX_REASON]}
    return _note(state_dir, operation, lambda _before: {"health": health})


def note_drain(state_dir: str, operation: Json) -> bool:
    """Remember that a member is drained, or no longer (entry null).

    Returns:
        Whether there was a record to remember it in.
    """
    return _note(state_dir, operation, lambda _before: {"drain": operation["args"]["entry"]})


def forget_drain(state_dir: str, operation: Json) -> None:
    """The drain of a member ends with its stop. Writes nothing where there is none."""
    _note(state_dir, operation, lambda before: {"drain": None} if before.get("drain") else None)


def note_config(state_dir: str, operation: Json, why: str, *, now: float) -> None:
    """Remember that a load balancer did not take a config, or (why empty) forget that it ever did not.

    Args:
        state_dir: Folder of all our files on the host.
        operation: The operation; its arguments name the config's marker.
        why: What HAProxy said; kept short.
        now: The host's wall clock, in seconds since the epoch.
    """
    revision = operation["args"]["revision"]

    def change(before: Json) -> Json | None:
        failed = before.get("config") or {}
        if not why:
            return {"config": None} if failed else None
        times = failed["failures"] + 1 if failed.get("revision") == revision else 1
        entry = {"revision": revision, "failures": times, "last": now, "why": why[:_MAX_REASON]}
        return {"config": entry}

    _note(state_dir, operation, change)


def _note(state_dir: str, operation: Json, change: t.Callable[[Json], Json | None]) -> bool:
    """Change the entry of an operation's member. One that is new begins without failures."""

    def complete(before: Json) -> Json | None:
        kept = {**_NOTHING, **before}
        new = change(kept)
        return None if new is None else {**kept, **new}

    key = MemberId.of(operation).key
    return update_ledger(state_dir, operation["stack"], key, complete)
