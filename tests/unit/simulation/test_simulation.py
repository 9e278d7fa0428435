# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences of orders and faults, through the real planner, observe, execute and store code (issue 2, must show 7)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .play import play
from .steps import Step, sequences

EXAMPLES = int(os.environ.get("DROVER_SIM_EXAMPLES", "300"))


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(hosts=st.sampled_from([1, 2, 3, 3]), steps=sequences())
def test_converges_and_keeps_its_invariants(hosts: int, steps: list[Step]) -> None:
    play(hosts, steps)
