# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drain of a member ends with the operation that stops or removes its container: no later pass has to undo it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.tests.unit.shared.acting_host import NOW, Host
from ansible_collections.drover.docker.tests.unit.shared.builders import body_of, brief
from ansible_collections.drover.docker.tests.unit.shared.front_bench import FrontBench, kinds

DRAIN: dict[str, t.Any] = {"since": NOW, "until": NOW + 10, "reason": "the service is stopped"}


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize("kind", ["stop", "remove"])
def test_a_drain_ends_with_the_stop(host: Host, kind: str) -> None:
    container = host.up()
    host.run(host.operation("drain", args={"entry": {**DRAIN, "container": container.id}}))
    assert host.life()["web/1"]["drain"]["container"] == container.id
    assert host.outcome(host.operation(kind, container_id=container.id)) == ("done", "")
    assert host.life()["web/1"]["drain"] is None


def test_without_a_drain_a_stop_writes_nothing(host: Host) -> None:
    host.up()
    before = host.life()
    assert host.outcome(host.operation("stop"))[0] == "done"
    assert host.life() == before


def test_after_a_stop_there_is_nothing_left_to_do() -> None:
    bench = FrontBench("h1")
    bench.start()
    plan = bench.plan("stop", stacks=["shop"], service="web")
    bench.record("shop", body_of(plan.records[0]), number=2)
    bench.remember(plan)
    bench.report("h1", plan.operations[-1]["args"]["model"])
    assert kinds(bench.plan()) == ["stop shop-web-1", "stop shop-web-2"]
    for index in (1, 2):
        bench.container(f"shop-web-{index}")["state"] = "exited"
        bench["h1"]["records"]["shop"]["life"][f"web/{index}"]["drain"] = None
    bench.take()
    assert kinds(bench.plan()) == []


@pytest.mark.parametrize("is_of_old_release", [False, True])
def test_a_drain_that_nobody_told_keeps_its_cause(*, is_of_old_release: bool) -> None:
    """Release 0.1.0 stored the text of the cause only."""
    bench = FrontBench("h1")
    bench.start()
    plan = bench.scaled_down()
    bench.remember(plan)
    drain = bench["h1"]["records"]["shop"]["life"]["web/2"]["drain"]
    if is_of_old_release:
        drain["reason"] = Fact.read(drain.pop("cause")).text
        drain.pop("boot")
        drain["until"] = drain["since"] + 10
    bench.later("h1", 11)
    again = bench.plan()
    assert brief(again)[0] == "drain  shop-web-2  scaled down"
    assert again.operations[0]["args"]["entry"]["renewed"] == 1
