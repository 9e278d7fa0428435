# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An order that most hosts could not store has failed: whichever hosts are seen later, it has no effect."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from .failing import failing
from .histories import TOTAL, Note, parts, play_part
from .play import play
from .steps import Fault, Order, Run, Step

MINE = TOTAL // 7
FULL = [(0, 1), (0, 2), (1, 2)]
"""The hosts whose disks are full: a majority of three."""


@pytest.mark.parametrize("full", FULL)
@pytest.mark.parametrize("hidden", [1, 2, 4, 3, 5, 6])
@pytest.mark.parametrize(
    "order", [Order("down", "jobs"), Order("stop", "jobs"), Order("up", "jobs", variant=1)]
)
def test_a_failed_order_never_takes_effect(
    full: tuple[int, int], hidden: int, order: Order
) -> None:
    steps: list[Step] = [
        Run(Order("up", "jobs")),
        *(Fault("disk_full", host) for host in full),
        Run(order),
        *(Fault("disk_freed", host) for host in full),
        Run(Order("reconcile"), limit=hidden),
        Run(Order("reconcile", unattended=True), limit=hidden),
    ]
    play(3, steps, seed=hidden)


def history(number: int) -> None:
    """One random sequence; the play looks for failed orders that take effect after each step."""
    play(3, failing(number), seed=number)


@pytest.mark.parametrize("part", parts(MINE))
def test_no_failed_order_ever_takes_effect(part: int, record_property: Note) -> None:
    numbers = st.integers(0, 2**32 - 1)
    play_part(part, MINE, record_property, history, number=numbers)
