# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No operation waits for one of another stack: what stops one stack must not stop another."""

from __future__ import annotations

from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.operations import crossings


def two_stacks(bench: Bench) -> None:
    for name in ("a", "b"):
        bench.settled(stack({"web": service(image="app:9")}, name=name))


def test_each_stack_pulls_its_own_image() -> None:
    bench = Bench("h1")
    two_stacks(bench)
    for name in ("a-web-1", "b-web-1"):
        bench.remove(name)
    plan = bench.plan()
    assert [item["stack"] for item in plan.operations if item["kind"] == "pull"] == ["a", "b"]
    assert crossings(plan) == []


def test_all_join_before_the_first_leaves_and_nobody_waits_for_another_stack() -> None:
    """The inventory has one more host now: members move to the overlay, and leave the bridge in a later round."""
    bench = Bench("h1")
    two_stacks(bench)
    bench.seen["h2"] = Bench("h2")["h2"]
    kinds = [(item["kind"], item["stack"]) for item in bench.plan().operations]
    moves = [item for item in kinds if item[0] in ("connect", "disconnect")]
    assert moves == [("connect", "a"), ("connect", "b")]
    assert crossings(bench.plan()) == []
