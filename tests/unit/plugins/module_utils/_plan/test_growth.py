# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning grows with the fleet and not faster: four times the fleet takes about four times the steps."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.counted import steps
from ansible_collections.drover.docker.tests.unit.shared.health_bench import HealthBench

MOST = 4.6
"""How many times as many steps four times as much may take. Sorting takes a bit more than in proportion."""
LOAD = 3
"""Checked members on each host."""


def named(count: int) -> list[str]:
    return [f"h{number:02d}" for number in range(count)]


def checked(hosts: int, members: int) -> HealthBench:
    """A fleet at rest with a checker on each host."""
    bench = HealthBench(*named(hosts))
    bench.checked(members)
    return bench


def test_of_four_times_the_hosts_with_four_times_the_members() -> None:
    """Review 6: each checker's config once sorted all hosts for each member, so this grew by the third power."""
    few, many = (steps(checked(hosts, LOAD * hosts).plan) for hosts in (10, 40))
    assert many < MOST * few


def test_of_four_times_the_members_on_the_same_hosts() -> None:
    few, many = (steps(checked(6, members).plan) for members in (30, 120))
    assert many < MOST * few


@pytest.mark.parametrize("hosts", [1, 4])
def test_of_four_times_the_stacks(hosts: int) -> None:
    counts = []
    for stacks in (8, 32):
        bench = Bench(*named(hosts))
        for number in range(stacks):
            bench.settled(stack({"web": service(scale=2)}, name=f"s{number}"))
        counts.append(steps(bench.plan))
    few, many = counts
    assert many < MOST * few
