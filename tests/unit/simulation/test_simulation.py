# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random orders and faults, through the real planner, observe, execute and store code (issue 2, must show 7)."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from .dice import sequence
from .histories import TOTAL, Note, parts, play_part
from .play import play

MINE = TOTAL * 4 // 7
NUMBERS = st.integers(0, 2**32 - 1)


def history(hosts: int, about: int, steps: list[int]) -> None:
    """One random sequence."""
    play(hosts, sequence(about, steps), seed=about)


@pytest.mark.parametrize("part", parts(MINE))
def test_converges_and_keeps_its_invariants(part: int, record_property: Note) -> None:
    play_part(
        part,
        MINE,
        record_property,
        history,
        hosts=st.sampled_from([1, 2, 3, 3, 3]),
        about=NUMBERS,
        steps=st.lists(NUMBERS, min_size=6, max_size=16),
    )
