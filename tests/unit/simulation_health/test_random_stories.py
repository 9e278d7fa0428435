# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random faults of all kinds, and peace at the end (docs/schema.md section 10)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from .random_story import play

SOAK = bool(os.environ.get("DROVER_SOAK"))
EXAMPLES = int(os.environ.get("DROVER_HEALTH_EXAMPLES", "1000" if SOAK else "25"))
# The same stories in every run, unless another choice is asked for.
SEED = int(os.environ.get("DROVER_SIM_SEED", "1"))
NUMBERS = st.integers(0, 2**32 - 1)


@seed(SEED)
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(
    hosts=st.sampled_from([1, 2, 3, 3, 3, 4]),
    about=NUMBERS,
    steps=st.lists(NUMBERS, min_size=4, max_size=14),
)
def test_nothing_healthy_is_killed_and_peace_returns(
    hosts: int, about: int, steps: list[int]
) -> None:
    play(hosts, about, steps)
