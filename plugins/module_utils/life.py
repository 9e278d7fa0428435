# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host remembers of its members between passes: failures in a row, and their health. Private to the collection.

Kept in the stack record beside its body (docs/schema.md section 4, "life"); the planner's back-off reads it.
"""

from __future__ import annotations

import typing as t

from .names import member_key
from .store import in_one_piece, read_record, update_life

Json = t.Dict[str, t.Any]

_MAX_REASON = 300
_NOTHING: Json = {"config_hash": "", "failures": 0, "last_failure": 0.0, "reason": ""}


@in_one_piece
def note_failure(state_dir: str, operation: Json, reason: str, *, now: float) -> None:
    """Count a failed create or start.

    Args:
        state_dir: Folder of all our files on this host.
        operation: The operation that failed; its arguments name the config hash.
        reason: What the engine said; kept short.
        now: The host's wall clock, in seconds since the epoch.
    """
    before = _entry(state_dir, operation)
    config_hash = operation["args"].get("config_hash", "")
    same = before.get("config_hash") == config_hash
    _write(
        state_dir,
        operation,
        {
            **before,
            "seq": before.get("seq", 0) + 1,
            "config_hash": config_hash,
            "failures": before.get("failures", 0) + 1 if same else 1,
            "last_failure": now,
            "reason": reason[:_MAX_REASON],
        },
    )


@in_one_piece
def note_success(state_dir: str, operation: Json) -> None:
    """Forget the failures of a member that was started. Writes nothing where there were none."""
    before = _entry(state_dir, operation)
    if before.get("failures"):
        fresh = {"seq": before["seq"] + 1, "failures": 0, "last_failure": 0.0, "reason": ""}
        _write(state_dir, operation, {**before, **fresh})


@in_one_piece
def note_health(state_dir: str, operation: Json) -> bool:
    """Remember the verdict on a member, or that its repair begins.

    Returns:
        Whether there was a record to remember it in.
    """
    before = _entry(state_dir, operation)
    entry = operation["args"]["entry"]
    kept = {**_NOTHING, **before}
    why = str(entry["why"])[:_MAX_REASON]
    fresh = {**kept, "seq": before.get("seq", 0) + 1, "health": {**entry, "why": why}}
    return update_life(state_dir, operation["stack"], _key(operation), fresh)


@in_one_piece
def note_drain(state_dir: str, operation: Json) -> bool:
    """Remember that a member is drained, or no longer (entry null).

    Returns:
        Whether there was a record to remember it in.
    """
    before = _entry(state_dir, operation)
    kept = {**_NOTHING, **before}
    fresh = {**kept, "seq": before.get("seq", 0) + 1, "drain": operation["args"]["entry"]}
    return update_life(state_dir, operation["stack"], _key(operation), fresh)


@in_one_piece
def forget_drain(state_dir: str, operation: Json) -> None:
    """The drain of a member ends with its stop. Writes nothing where there is none."""
    if _entry(state_dir, operation).get("drain"):
        note_drain(state_dir, {**operation, "args": {"entry": None}})


@in_one_piece
def note_config(state_dir: str, operation: Json, why: str, *, now: float) -> None:
    """Remember that a load balancer did not take a config, or (why empty) forget that it ever did not.

    Args:
        state_dir: Folder of all our files on the host.
        operation: The operation; its arguments name the config's marker.
        why: What HAProxy said; kept short.
        now: The host's wall clock, in seconds since the epoch.
    """
    before = _entry(state_dir, operation)
    failed = before.get("config") or {}
    if not why and not failed:
        return
    revision = operation["args"]["revision"]
    times = failed["failures"] + 1 if failed.get("revision") == revision else 1
    entry = {"revision": revision, "failures": times, "last": now, "why": why[:_MAX_REASON]}
    kept = {**_NOTHING, **before, "seq": before.get("seq", 0) + 1}
    _write(state_dir, operation, {**kept, "config": entry if why else None})


def _entry(state_dir: str, operation: Json) -> Json:
    record = read_record(state_dir, operation["stack"])
    return dict((record or {}).get("life", {}).get(_key(operation), {}))


def _write(state_dir: str, operation: Json, entry: Json) -> None:
    update_life(state_dir, operation["stack"], _key(operation), entry)


def _key(operation: Json) -> str:
    return member_key(operation["service"], operation["index"])
