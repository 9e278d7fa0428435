# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a member that failed to start may be tried again. Private to the collection."""

from __future__ import annotations

import typing as t

from .constants import BACKOFF_FIRST_S, BACKOFF_MAX_S, GIVE_UP_AFTER

Json = t.Dict[str, t.Any]


def delay_s(failures: int) -> float:
    """Seconds to wait after this many failures in a row."""
    return min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** (failures - 1))


def is_given_up(entry: t.Mapping[str, t.Any], *, config_hash: str) -> bool:
    """Whether a member failed too often to be tried again with this definition."""
    failures = int(entry.get("failures", 0))
    return entry.get("config_hash") == config_hash and failures >= GIVE_UP_AFTER


def hold_reason(
    entry: t.Mapping[str, t.Any], *, config_hash: str, now: float
) -> tuple[str, Json] | None:
    """Code and parameters of the fact that holds a member now; None if it may be tried.

    Times are on the member's own host's clock, so differences between clocks do not matter.
    A failure in the future means that the clock was set back: the time passed is unknown,
    so the member is not held.
    """
    failures = int(entry.get("failures", 0))
    if not failures or entry.get("config_hash") != config_hash:
        return None
    told = {"failures": failures, "error": entry.get("reason", "")}
    if is_given_up(entry, config_hash=config_hash):
        return "given_up", told
    passed = now - float(entry["last_failure"])
    wait = delay_s(failures) - passed
    if passed < 0 or wait <= 0:
        return None
    return "failed", {**told, "wait_s": wait}
