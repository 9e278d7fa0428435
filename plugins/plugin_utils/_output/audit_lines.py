# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit lines of one host, checked: what a host says is data. Private to the collection; pure."""

from __future__ import annotations

import re
import typing as t

Json = dict[str, t.Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_TEXTS = (
    *("run", "who", "by", "command", "stack", "service", "member", "container"),
    *("action", "cause", "code", "result", "error"),
)


def lines_of(host: str, found: t.Any) -> tuple[list[Json], int]:
    """Return a host's lines, and how many of them are none.

    A line counts for the host that holds it, whatever its field C(host) says: nobody writes for another host.
    """
    listed = found if isinstance(found, list) else []
    sound = [{**line, "host": host} for line in listed if _is_sound(line)]
    return sound, len(listed) - len(sound)


def _is_sound(line: t.Any) -> bool:
    if not isinstance(line, dict) or not isinstance(line.get("time"), str):
        return False
    texts = all(isinstance(line.get(key, ""), str) for key in _TEXTS)
    numbers = line.get("seconds") is None or isinstance(line["seconds"], (int, float))
    return bool(_TIME.fullmatch(line["time"]) and texts and numbers) and _fits(line.get("evidence"))


def _fits(evidence: t.Any) -> bool:
    """Whether the evidence can be shown: a map, whose events are a list, and whose exit code comes with a state."""
    if evidence is None:
        return True
    if not isinstance(evidence, dict) or not isinstance(evidence.get("events", []), list):
        return False
    return "exit_code" not in evidence or "state" in evidence
