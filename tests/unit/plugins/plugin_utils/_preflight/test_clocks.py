# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks that differ, seen through calls that take their time."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.clocks import clock_problems
from ansible_collections.drover.docker.tests.unit.shared.preflight_looks import NOW, look


def told(*offsets: float, took_s: float = 1.0) -> dict[str, str]:
    looks = {
        f"h{number}": look(now=NOW + offset)._replace(before=NOW - took_s)
        for number, offset in enumerate(offsets, 1)
    }
    return {
        host: "{seconds} {direction} {other}".format(**problem.parameters)
        for host, problem in clock_problems(looks)
    }


def test_clocks_that_nearly_agree_are_no_problem() -> None:
    assert told(0, 4, -0.5) == {}
    assert told(0) == {}


def test_five_seconds_are_the_limit() -> None:
    assert told(0, 0, 4.9, took_s=0) == {}
    assert told(0, 0, 5.1, took_s=0) == {"h3": "5 ahead of h2"}


def test_the_host_that_differs_from_the_others_is_named() -> None:
    assert told(0, 0.2, 60) == {"h3": "60 ahead of h2"}
    assert told(-60, 0.2, 0.3) == {"h1": "60 behind h2"}


def test_that_all_differ_from_the_control_node_is_no_problem() -> None:
    assert told(90, 90, 90) == {}


def test_of_two_hosts_the_control_node_decides() -> None:
    assert told(90, 0) == {"h1": "90 ahead of h2"}
    assert told(0, -90) == {"h2": "90 behind h1"}


@pytest.mark.parametrize(("took_s", "differs"), [(1, True), (20, False)])
def test_a_slow_call_accuses_nobody(took_s: float, differs: bool) -> None:
    assert bool(told(0, -8, took_s=took_s)) is differs
