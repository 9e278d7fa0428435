# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Status says why a service is not as it should be: as lines for people, and as facts with codes."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    World,
    settings_for,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._output.status import ServiceRow
from ansible_collections.drover.docker.plugins.plugin_utils._output.status_rows import rows_of
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack

WEB = stack({"web": service(scale=2)})


def row(bench: Bench) -> ServiceRow:
    """The only row of status."""
    world = World(bench.seen, settings=settings_for(list(bench.seen)), host_labels={})
    planner = Planner(world, Request("status", inventory=sorted(bench.seen)))
    (found,) = rows_of(planner, planner.run())
    return found


def test_a_service_that_is_as_it_should_be_has_no_facts() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    found = row(bench)
    assert (found.wanted, found.running, found.why_not, found.facts) == (2, 2, [], [])


def test_what_holds_a_member_is_a_line_and_a_fact() -> None:
    bench = Bench("h1", "h2")
    body = bench.settled(WEB)
    bench.container("shop-web-1").update(state="restarting", restart_count=7, exit_code=3)
    found = row(bench)
    text = "crash loop: restarted 7 times by the engine, exit code 3"
    assert found.why_not == [f"1: {text}"]
    assert found.facts == [
        {
            "code": "crash_loop",
            "parameters": {"restarts": 7, "exit_code": 3},
            "index": 1,
            "host": body["members"]["web/1"]["host"],
            "text": text,
        }
    ]


def test_what_a_pass_would_do_is_a_fact() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench.remove("shop-web-2")
    kinds = [(item["code"], item["parameters"]["kind"]) for item in row(bench).facts]
    assert kinds == [("to_do", "create"), ("to_do", "start")]


def test_what_the_engines_own_check_says_is_a_fact() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench.container("shop-web-1").update(health="unhealthy")
    found = row(bench)
    assert [(item["code"], item["index"]) for item in found.facts] == [("engine_unhealthy", 1)]
    assert found.why_not == ["1: the engine's HEALTHCHECK says unhealthy (shown only)"]
