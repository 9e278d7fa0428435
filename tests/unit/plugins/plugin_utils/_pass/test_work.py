# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each host's share of a round."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import operation_work
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
