# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that lie about records, with control nodes that sign them: what no control node ordered has no effect.

The watch finds a container that only a forged record wants; peace and the end find one that it stopped or moved.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from .dice import forgery, sequence
from .play import play
from .test_simulation import EXAMPLES, NUMBERS, SEED

KEY = "a key that no host has"


@seed(SEED)
@settings(
    max_examples=max(1, EXAMPLES // 4),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    hosts=st.sampled_from([2, 3, 3, 4]),
    about=NUMBERS,
    steps=st.lists(NUMBERS, min_size=6, max_size=16),
)
def test_a_forged_order_never_takes_effect(hosts: int, about: int, steps: list[int]) -> None:
    play(hosts, sequence(about, steps, forgery), seed=about, record_key=KEY)
