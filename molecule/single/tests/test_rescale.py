# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fault and a new scale at once. As in Rancher's tests the result is the scale, and names are contiguous after a
scale-up. A scale-down takes those that met the fault first, so that it never takes what serves in their stead.
"""

from __future__ import annotations

import os

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Host
from ...shared.stacks import Stack

FAULTS = {
    "stop-first": ("kill", [1]),
    "stop-last": ("kill", [3]),
    "stop-several": ("kill", [1, 3]),
    "delete-first": ("rm -f", [1]),
    "delete-middle": ("rm -f", [2]),
    "delete-last": ("rm -f", [3]),
    "delete-several": ("rm -f", [2, 3]),
}
FEW = ["stop-last", "delete-first", "delete-several"]
CASES = list(FAULTS) if os.environ.get("DROVER_SOAK") else FEW


@pytest.fixture(scope="module")
def rescale(make_stack: MakeStack) -> Stack:
    """A service of three members for each case."""
    service = {"scale": 3, "network_mode": "none"}
    stack = make_stack("rescale").define(**dict.fromkeys(CASES, service))
    stack.up()
    return stack


def survivors(case: str, scale: int) -> list[int]:
    """The indexes that are left: after a scale-down from 4 the first ones that did not meet the fault."""
    if scale > 3:
        return list(range(1, scale + 1))
    faulty = FAULTS[case][1]
    return sorted(sorted(range(1, 5), key=lambda index: (index in faulty, index))[:scale])


@pytest.mark.parametrize("scale", [4, 2])
def test_fault_and_new_scale_at_once(rescale: Stack, h1: Host, scale: int) -> None:
    """Rancher behaviour 28 test_service_activate_{stop,delete}_instance_scale_{up,down}[_1.._3]."""
    for case in CASES:
        verb, indexes = FAULTS[case]
        h1.run(f"docker {verb} " + " ".join(f"rescale-{case}-{index}" for index in indexes))
    rescale.up(scale=",".join(f"{case}={scale}" for case in CASES))
    found = h1.containers("rescale")
    wanted = [f"rescale-{case}-{index}" for case in CASES for index in survivors(case, scale)]
    assert sorted(found) == sorted(wanted)
    assert {item.state for item in found.values()} == {"running"}
