# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's report on a pull: how far it is, how it fails, and when it takes too long in all."""

from __future__ import annotations

import json

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    EngineError,
    EngineTimeout,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.pull import follow


def line(layer: str, status: str, **detail: int) -> bytes:
    return json.dumps({"id": layer, "status": status, "progressDetail": detail}).encode()


def test_how_far_it_is_is_told_over_all_layers() -> None:
    told: list[tuple[int, int]] = []
    lines = [
        line("a", "Pulling fs layer"),
        line("a", "Downloading", current=10, total=100),
        line("b", "Downloading", current=5, total=50),
        line("a", "Download complete"),
        b"",
        line("a", "Extracting", current=1, total=400),
    ]
    follow(lines, limit_s=60, progress=lambda current, total: told.append((current, total)))
    assert told[1:] == [(10, 100), (15, 150), (105, 150), (105, 150), (105, 150)]


def test_one_that_fails_half_way_has_failed() -> None:
    lines = [line("a", "Downloading", current=1, total=2), b'{"error": "toomanyrequests"}']
    with pytest.raises(EngineError, match="toomanyrequests"):
        follow(lines, limit_s=60)


def test_one_that_drips_for_ever_ends_at_its_limit() -> None:
    """No single silence is long; 0.1.0 had a limit for each of them only."""
    times = iter(range(0, 10_000, 50))
    drips = (line("a", "Downloading", current=number, total=10**9) for number in range(1000))
    with pytest.raises(EngineTimeout, match="did not end within 1800 s"):
        follow(drips, limit_s=1800, timer=lambda: next(times))
