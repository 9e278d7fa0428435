# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that lie about records, with control nodes that sign them: what no control node ordered has no effect.

The watch finds a container that only a forged record wants; peace and the end find one that it stopped or moved.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from .dice import forgery, sequence
from .histories import TOTAL, Note, parts, play_part
from .play import play
from .test_simulation import NUMBERS

MINE = TOTAL // 7
KEY = "a key that no host has"


def history(hosts: int, about: int, steps: list[int]) -> None:
    """One random sequence."""
    play(hosts, sequence(about, steps, forgery), seed=about, record_key=KEY)


@pytest.mark.parametrize("part", parts(MINE))
def test_a_forged_order_never_takes_effect(part: int, record_property: Note) -> None:
    play_part(
        part,
        MINE,
        record_property,
        history,
        hosts=st.sampled_from([2, 3, 3, 4]),
        about=NUMBERS,
        steps=st.lists(NUMBERS, min_size=6, max_size=16),
    )
