# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each host's share of a round."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    Outcome,
    Outcomes,
    blocked_stacks,
    operation_work,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK


def test_an_order_that_did_not_reach_its_majority_changes_no_config() -> None:
    """Checkers were told of the new scale already, although the command failed."""
    bench = Bench("h1")
    bench.settled(stack({"web": service(scale=2, health_check=CHECK)}))
    plan = bench.plan("scale", stacks=["shop"], service="web", scale=1)
    kinds = {item["kind"] for item in operation_work(plan, ["h1"], [])["h1"].operations}
    assert {"checker", "stop", "remove"} <= kinds
    assert operation_work(plan, ["h1"], ["shop"])["h1"].operations == []


def test_a_version_is_stored_only_if_what_it_undoes_never_counted() -> None:
    """A host that was seen without the undone version refuses: it may have that version by now."""
    bench = Bench("h1", "h2", "h3")
    bench.settled(stack({"web": service()}))
    down = bench.plan("down", stacks=["shop"])
    body = down.records[0].record["body"]
    bench.record("shop", body, number=2, hosts=["h1"], token="failed")
    plan = bench.plan()
    stored, refused = Outcome([], {}, None), Outcome([], {"shop": "newer there"}, None)
    outcomes: Outcomes = {"h1": stored, "h2": refused, "h3": stored}
    assert blocked_stacks(plan, outcomes) == ["shop"]
    assert blocked_stacks(plan, {**outcomes, "h2": stored}) == []
