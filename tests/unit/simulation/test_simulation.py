# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random orders and faults, through the real planner, observe, execute and store code (issue 2, must show 7)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from .dice import sequence
from .play import play

EXAMPLES = int(os.environ.get("DROVER_SIM_EXAMPLES", "300"))
# The same sequences in every run, unless another choice is asked for.
SEED = int(os.environ.get("DROVER_SIM_SEED", "1"))


NUMBERS = st.integers(0, 2**32 - 1)


@seed(SEED)
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(
    hosts=st.sampled_from([1, 2, 3, 3, 3]),
    about=NUMBERS,
    steps=st.lists(NUMBERS, min_size=6, max_size=16),
)
def test_converges_and_keeps_its_invariants(hosts: int, about: int, steps: list[int]) -> None:
    play(hosts, sequence(about, steps), seed=about)
