# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's report on a pull, line by line. Private to the collection."""

from __future__ import annotations

import json
import time
import typing as t

from .errors import EngineError, EngineTimeout

PULL_LIMIT_S = 1800.0
"""Seconds for one pull in all. An engine that reports something now and then would otherwise pull for ever."""

Progress = t.Callable[[int, int], None]
"""Told how many bytes have arrived, and how many are known to come."""


def no_progress(_current: int, _total: int) -> None:
    """Tell nobody."""


def follow(
    lines: t.Iterable[bytes],
    *,
    limit_s: float,
    progress: Progress = no_progress,
    timer: t.Callable[[], float] = time.monotonic,
) -> None:
    """Read the report to its end.

    Raises:
        EngineTimeout: The pull takes longer than limit_s seconds.
        EngineError: The pull failed. It may fail half-way, and then the answer has the status 200.
    """
    end = timer() + limit_s
    layers: dict[str, tuple[int, int]] = {}
    for line in lines:
        if timer() > end:
            raise EngineTimeout(f"the pull did not end within {limit_s:g} s")
        told = json.loads(line) if line.strip() else {}
        if told.get("error"):
            raise EngineError(str(told["error"]))
        detail = told.get("progressDetail") or {}
        if told.get("status") == "Downloading" and detail.get("total"):
            layers[str(told.get("id"))] = (int(detail.get("current", 0)), int(detail["total"]))
        if told.get("status") == "Download complete" and told.get("id") in layers:
            total = layers[told["id"]][1]
            layers[told["id"]] = (total, total)
        progress(sum(part[0] for part in layers.values()), sum(part[1] for part in layers.values()))
