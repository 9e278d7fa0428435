# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random faults of all kinds, and peace at the end (docs/schema.md section 10)."""

from __future__ import annotations

import os

import pytest
from ansible_collections.drover.docker.tests.unit.simulation.histories import (
    Note,
    parts,
    play_part,
)
from hypothesis import strategies as st

from .random_story import play

SOAK = bool(os.environ.get("DROVER_SOAK"))
EXAMPLES = int(os.environ.get("DROVER_HEALTH_EXAMPLES", "1000" if SOAK else "25"))
NUMBERS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("part", parts(EXAMPLES))
def test_nothing_healthy_is_killed_and_peace_returns(part: int, record_property: Note) -> None:
    play_part(
        part,
        EXAMPLES,
        record_property,
        play,
        hosts=st.sampled_from([1, 2, 3, 3, 3, 4]),
        about=NUMBERS,
        steps=st.lists(NUMBERS, min_size=4, max_size=14),
    )
