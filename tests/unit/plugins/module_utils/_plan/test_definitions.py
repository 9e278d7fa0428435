# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a service takes a corrected definition at once: if none of its members has a container."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.fold import current_definition
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack

Json = dict[str, t.Any]


def published(port: int) -> Json:
    return {"ports": [{"ip": "", "public": port, "private": 80, "protocol": "tcp"}]}


def taken(bench: Bench, port: int) -> None:
    """A foreign container has a host port on each host."""
    for host in bench.seen:
        foreign = {"id": "x", "name": "other", "state": "running", "addresses": {}}
        ports = {"ports": [["0.0.0.0", port, "tcp"]], "labelled": False}
        bench[host]["foreign"] = [{**foreign, **ports}]


def created(plan: Plan) -> list[str]:
    return [item["container"] for item in plan.operations if item["kind"] == "create"]


def test_after_no_host_fits_the_corrected_definition_is_taken() -> None:
    bench = Bench("h1")
    taken(bench, 18080)
    bench.settled(stack({"web": service(container=published(18080))}))
    plan = bench.up(stack({"web": service(container=published(18097))}))
    assert (created(plan), plan.notes, plan.held) == (["shop-web-1"], [], [])


def test_a_balancer_without_a_container_takes_its_corrected_definition() -> None:
    bench = Bench("h1")
    taken(bench, 18080)
    bench.settled(stack({"lb": service(container=published(18080), balancer=BALANCER)}))
    plan = bench.up(stack({"lb": service(container=published(18097), balancer=BALANCER)}))
    assert (created(plan), plan.notes, plan.held) == (["shop-lb-1"], [], [])


def scaled_to_zero(bench: Bench) -> None:
    bench.settled(stack({"web": service(container=published(18080))}))
    down = bench.plan("scale", stacks=["shop"], service="web", scale=0)
    bench.record("shop", down.records[0].record["body"], number=2)


def test_after_scale_0_the_new_definition_is_taken() -> None:
    bench = Bench("h1")
    scaled_to_zero(bench)
    bench.remove("shop-web-1")
    plan = bench.up(stack({"web": service(container=published(18097))}))
    assert plan.notes == []
    (write,) = plan.records
    definition = current_definition(write.record["body"])["services"]["web"]
    assert definition["container"] == published(18097)


def test_a_retired_member_on_an_unseen_host_may_still_run() -> None:
    bench = Bench("h1", "h2", "h3")
    scaled_to_zero(bench)
    home = next(host for host in bench.seen if bench[host]["containers"])
    bench.seen[home] = None
    plan = bench.up(stack({"web": service(container=published(18097))}))
    assert [item.code for item in plan.notes if item.stack] == ["definition_kept"]


def test_a_container_that_is_stopped_keeps_its_definition_without_an_upgrade() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": service(container=published(18080))}))
    bench.container("shop-web-1").update(state="exited")
    plan = bench.up(stack({"web": service(container=published(18097))}))
    assert "as this command does not upgrade it" in plan.notes[0].text
