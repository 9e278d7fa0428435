# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the audit of this host back: docs/schema.md section 13. Private to the collection."""

from __future__ import annotations

import json
import os
import re
import typing as t

from .._common.regular_files import read_regular
from .._common.times import iso_milliseconds
from .log import FILE, KEPT_FILES, LARGEST_BYTES, audit_folder

Json = t.Dict[str, t.Any]

FILTERS = ("stack", "service", "member", "container", "action", "result", "run")
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def since_time(text: str, *, now: float) -> str:
    """The oldest wanted time, in the format of the lines.

    Args:
        text: How long ago, C(45s), C(30min), C(2h) or C(7d); or a UTC time, C(2026-11-22) or C(2026-11-22T10:00:00Z).
        now: The host's wall clock, in seconds since the epoch.

    Raises:
        ValueError: It is neither.
    """
    age = re.fullmatch(r"(\d+)\s*(s|min|h|d)", text)
    if age:
        return iso_milliseconds(max(0.0, now - int(age.group(1)) * _UNITS[age.group(2)]))
    if re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?Z?)?", text):
        return text.rstrip("Z")
    raise ValueError(
        f"since={text!r} must be an age such as 45s, 30min, 2h or 7d, or a time such as 2026-11-22T10:00:00Z"
    )


def read_audit(
    state_dir: str, *, wanted: dict[str, str], since: str = "", limit: int = 1000
) -> list[Json]:
    """The newest matching lines, oldest first.

    Args:
        state_dir: Folder of all our files on this host.
        wanted: Field to value; a line must have all of them. Empty values are ignored.
        since: The oldest time, as since_time gives it.
        limit: How many lines at most.
    """
    found: list[Json] = []
    for path in _files(state_dir):  # the newest file first
        lines = [line for line in _lines(path) if _fits(line, wanted, since)]
        found = lines + found
        if len(found) >= limit:
            break
    return found[-limit:]


def _files(state_dir: str) -> list[str]:
    path = os.path.join(audit_folder(state_dir), FILE)
    return [path, *(f"{path}.{number}" for number in range(1, KEPT_FILES + 1))]


def _lines(path: str) -> t.Iterator[Json]:
    """The lines of one file. A line truncated by a full disk or a power cut is skipped."""
    try:
        data = read_regular(path, limit=LARGEST_BYTES)
    except OSError:
        return
    for text in data.decode("utf-8", "replace").split("\n"):
        line = _parsed(text)
        if line:
            yield line


def _parsed(text: str) -> Json:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) and "time" in line else {}


def _fits(line: Json, wanted: dict[str, str], since: str) -> bool:
    same = all(line.get(key, "") == value for key, value in wanted.items() if value)
    return same and line["time"] >= since
