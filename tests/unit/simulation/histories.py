# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many random histories are played, and in which parts: C(pytest -n auto) plays parts on all cores at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, seed, settings

TOTAL = int(os.environ.get("DROVER_SIM_EXAMPLES", "490"))
"""Histories of all tests of C(simulation) together."""
SEED = int(os.environ.get("DROVER_SIM_SEED", "1"))
"""The same histories in every run, unless another choice is asked for."""
PROPERTY = "histories"
"""What a test notes for C(conftest.py): how many it played."""
_PART = 140
_SEEDS_APART = 1000

Note = Callable[[str, object], None]
"""The fixture C(record_property)."""


def parts(number: int) -> list[int]:
    """The parts of so many histories. Each has a seed of its own."""
    return list(range(max(1, round(number / _PART))))


def play_part(
    part: int, most: int, note: Note, history: Callable[..., None], /, **values: Any
) -> None:
    """Play one part of C(most) histories. C(values): the strategies of a history's arguments."""
    played = 0

    @seed(SEED * _SEEDS_APART + part)
    @settings(
        max_examples=max(1, round(most / len(parts(most)))),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(**values)
    def one(**chosen: Any) -> None:
        nonlocal played
        played += 1
        history(**chosen)

    try:
        one()
    finally:
        note(PROPERTY, played)
