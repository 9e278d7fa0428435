# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the containers of a host (Rancher's behaviours 95 and 96): beside whom a new member may be."""

from __future__ import annotations

import collections
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    EMPTY_PLACEMENT,
    Bench,
    service,
    stack,
)

HOSTS = ("h1", "h2", "h3")
SELF = [["io.rancher.stack_service.name", "shop/web"]]
DB = [["role", "db"]]


def web(scale: int, **rules: t.Any) -> dict[str, t.Any]:
    return service(scale=scale, placement={**EMPTY_PLACEMENT, **rules})


def places(bench: Bench, **services: t.Any) -> dict[str, str]:
    """The host of each member."""
    members = bench.settled(stack(services))["members"]
    return {key: entry["host"] for key, entry in members.items()}


def test_no_two_members_on_one_host() -> None:
    bench = Bench(*HOSTS)
    plan = bench.up(stack({"web": web(4, container_label_ne=SELF)}))
    assert sorted({item["host"] for item in plan.operations if item["kind"] == "create"}) == [
        *HOSTS
    ]
    (held,) = plan.held
    assert held.code == "no_host_fits"
    assert "it has a member with io.rancher.stack_service.name=shop/web" in str(held)


def test_a_preference_gives_way() -> None:
    found = places(Bench(*HOSTS), web=web(4, container_label_soft_ne=SELF))
    assert sorted(collections.Counter(found.values()).values()) == [1, 1, 2]


@pytest.mark.parametrize("name", ["container_label", "container_label_soft"])
def test_beside_a_member_of_another_service(name: str) -> None:
    """Also where the other one comes later in the order of names."""
    db = service(container={"labels": {"Role": "DB"}})
    found = places(Bench(*HOSTS), web=web(3, **{name: DB}), zdb=db)
    assert {found[f"web/{index}"] for index in (1, 2, 3)} == {found["zdb/1"]}


def test_without_a_member_to_be_beside() -> None:
    plan = Bench(*HOSTS).up(stack({"web": web(1, container_label=DB)}))
    assert "it has no member with role=db" in str(plan.held[0])


@pytest.mark.parametrize(("name", "beside"), [("container", True), ("container_ne", False)])
def test_by_the_name_of_a_container(name: str, beside: bool) -> None:
    found = places(Bench(*HOSTS), web=web(2, **{name: ["shop-db-1"]}), db=service())
    assert {found["web/1"] == found["db/1"], found["web/2"] == found["db/1"]} == {beside}


def test_members_of_other_stacks_count() -> None:
    bench = Bench(*HOSTS)
    taken = places(bench, db=service(container={"labels": {"role": "db"}}))["db/1"]
    other = stack({"web": web(3, container_label_ne=DB)}, name="other")
    members = bench.settled(other)["members"]
    assert taken not in {entry["host"] for entry in members.values()}


def test_global_services_ask_for_labels_of_hosts_only() -> None:
    everywhere = {**web(1, container_label_ne=SELF), "global": True}
    assert sorted(places(Bench(*HOSTS), web=everywhere).values()) == [*HOSTS]


def test_a_rule_moves_nobody() -> None:
    """As in Rancher, it counts when a member gets its host."""
    bench = Bench("h1")
    bench.settled(stack({"web": web(2)}))
    plan = bench.up(stack({"web": web(2, container_label_ne=SELF)}))
    assert [item["kind"] for item in plan.operations] == []
