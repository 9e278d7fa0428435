# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of the engine, and durations for people. Private to the collection; pure."""

from __future__ import annotations

import datetime
import re
import time


def parse_time(text: str) -> float:
    """Seconds since the epoch of an engine's RFC 3339 time (nanoseconds are cut)."""
    match = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:\d\d)", text)
    if not match:
        return 0.0
    zone = "+00:00" if match.group(3) == "Z" else match.group(3)
    fraction = (match.group(2) or ".0")[1:].ljust(6, "0")
    moment = datetime.datetime.strptime(
        f"{match.group(1)}.{fraction}{zone}", "%Y-%m-%dT%H:%M:%S.%f%z"
    )
    return moment.timestamp()


def age(seconds: float | None) -> str:
    """A duration for people: 45 s, 3 min, 2 h, 5 d."""
    if seconds is None:
        return "-"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def iso_seconds(seconds: float) -> str:
    """A wall clock's time in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def iso_milliseconds(seconds: float) -> str:
    """A wall clock's time in UTC, to the millisecond."""
    return f"{iso_seconds(seconds)[:-1]}.{int(seconds * 1000) % 1000:03d}Z"
