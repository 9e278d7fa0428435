# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only volumes that we made for a stack are offered for removal: never external, shared or plain named ones."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    body_of,
    service,
    stack,
)

MOUNT = {"kind": "volume", "source": "data", "target": "/data", "options": []}
MOUNTED = service(container={"mounts": [MOUNT]})


def declared(name: str, *, external: bool = False) -> dict[str, t.Any]:
    volume = {"driver": "local", "driver_opts": {}, "external": external, "per_container": False}
    return {"data": {**volume, "name": name}}


def test_our_own_volume_is_offered_and_removed_by_name() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": MOUNTED}, volumes=declared("shop_data")))
    assert bench.plan("down", stacks=["shop"]).kept_volumes == [("h1", "shop_data")]
    plan = bench.plan("down", stacks=["shop"], remove_volumes=["shop_data"])
    assert [item["args"]["volume"] for item in plan.operations if item["kind"] == "remove_volume"]


def test_an_external_volume_is_neither_offered_nor_removed() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": MOUNTED}, volumes=declared("company_archive", external=True)))
    for labels in ({}, {"io.drover.stack": "shop"}):
        bench["h1"]["volumes"]["company_archive"] = {"driver": "local", "labels": labels}
        plan = bench.plan("down", stacks=["shop"], remove_volumes=["company_archive"])
        assert plan.kept_volumes == []
        assert "remove_volume" not in [item["kind"] for item in plan.operations]
        assert "not removed" in str(plan.notes[-1])


def test_a_plain_name_is_the_engines_and_not_offered() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": MOUNTED}))
    bench["h1"]["volumes"]["data"] = {"driver": "local", "labels": {}}
    assert bench.plan("down", stacks=["shop"]).kept_volumes == []


def test_a_volume_that_another_stack_uses_is_not_offered() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": MOUNTED}, volumes=declared("shop_data")))
    other = stack({"web": MOUNTED}, name="blog", volumes=declared("shop_data", external=True))
    plan = bench.up(other)
    bench.record("blog", body_of(next(item for item in plan.records if item.stack == "blog")))
    plan = bench.plan("down", stacks=["shop"], remove_volumes=["shop_data"])
    assert plan.kept_volumes == []
    assert "remove_volume" not in [item["kind"] for item in plan.operations]
