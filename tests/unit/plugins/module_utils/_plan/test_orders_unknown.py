# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An order for a stack that nobody knows: which one may be meant."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack


@pytest.mark.parametrize("command", ["down", "stop", "scale", "reconcile", "status"])
@pytest.mark.parametrize(
    ("asked", "hint"),
    [("shpo", "; did you mean shop?"), ("wiki", "; there are: blog, shop")],
)
def test_another_stack_is_named(command: str, asked: str, hint: str) -> None:
    bench = Bench("h1", "h2", "h3")
    bench.settled(stack({"web": service()}))
    bench.settled(stack({"web": service()}, name="blog"))
    plan = bench.plan(command, stacks=[asked], service="web" if command == "scale" else "")
    assert [str(error) for error in plan.errors] == [
        f"{asked}: no reachable host knows this stack{hint}"
    ]


def test_stacks_that_are_down_are_not_meant() -> None:
    bench = Bench("h1")
    assert [str(error) for error in bench.plan("down", stacks=["shop"]).errors] == [
        "shop: no reachable host knows this stack"
    ]
