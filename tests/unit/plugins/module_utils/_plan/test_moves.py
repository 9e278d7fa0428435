# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of network connections: never all members at once, and drained where a load balancer is before them."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    goes_on_later,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    brief,
    service,
    stack,
)
from ansible_collections.drover.docker.tests.unit.shared.front_bench import FrontBench, kinds
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK, HealthBench
from ansible_collections.drover.docker.tests.unit.shared.operations import operation

HOSTS = ("h1", "h2", "h3")
LINK = {"stack": "shop", "service": "db", "alias": "x"}
MAC = "02:42:ac:11:65:43"


def linked(scale: int, **changes: t.Any) -> dict[str, t.Any]:
    return stack({"web": service(scale=scale, links=[LINK], **changes), "db": service()})


def checked(scale: int, **check: t.Any) -> dict[str, t.Any]:
    """The stack of HealthBench, with a link."""
    web = service(scale=scale, links=[LINK], health_check={**CHECK, **check})
    return stack({"web": web})


def carry_out(bench: Bench, plan: Plan) -> list[str]:
    """Let the engines do the connects and disconnects; returns the containers that were cut off."""
    cut = []
    for item in plan.operations:
        networks = bench.container(item["container"])["networks"]
        args = item["args"]
        if item["kind"] == "disconnect":
            del networks[args["network"]]
            cut.append(item["container"])
        elif item["kind"] == "connect":
            fields = {key: args[key] for key in ("address", "aliases", "links")}
            networks[args["network"]] = {**fields, "mac": args["mac_address"] or "02:01"}
    return cut


def record(bench: Bench, plan: Plan) -> None:
    for write in plan.records:
        bench.record(write.stack, write.record["body"], number=write.record["version"]["number"])


# --- changed links ---


def test_changed_links_reach_one_member_in_each_round() -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service(scale=4), "db": service()}))
    plan = bench.up(linked(4))
    record(bench, plan)
    cut = []
    while plan.operations:
        cut.append(carry_out(bench, plan))
        plan = bench.plan()
    assert cut == [[f"shop-web-{index}"] for index in (1, 2, 3, 4)]
    assert plan.held == []


@pytest.mark.parametrize(("before", "after"), [([], ["www"]), (["www"], []), (["a"], ["b"])])
def test_changed_names_reach_one_member_in_each_round(before: list[str], after: list[str]) -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service(scale=2, aliases=before)}))
    plan = bench.up(stack({"web": service(scale=2, aliases=after)}))
    record(bench, plan)
    cut = []
    while plan.operations:
        cut.append(carry_out(bench, plan))
        plan = bench.plan()
    assert cut == [["shop-web-1"], ["shop-web-2"]]
    names = bench.container("shop-web-1")["networks"]["drover"]["aliases"]
    assert [name for name in names if name.endswith(".shop")] == [
        f"{name}.shop" for name in ["web", *after]
    ]


def test_what_waits_is_said_and_goes_on_in_the_next_pass() -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service(scale=4), "db": service()}))
    plan = bench.up(linked(4))
    assert [item.text for item in plan.held] == ["its links changed: 1 of 4 at a time, 3 to go"]
    assert goes_on_later(Plan(operations=plan.operations))
    assert not goes_on_later(Plan(operations=[*plan.operations, operation("start", index=9)]))


def test_with_a_health_check_as_many_as_may_be_repaired_at_once() -> None:
    bench = HealthBench(*HOSTS)
    bench.settings["repair_percent"] = 50
    bench.checked(4)
    bench.say("up")
    plan = bench.up(checked(4))
    assert carry_out(bench, plan) == ["shop-web-1", "shop-web-2"]


def test_while_a_member_is_sick_no_healthy_one_is_cut_off() -> None:
    bench = HealthBench(*HOSTS)
    bench.checked(3)
    record(bench, bench.up(checked(3)))
    bench.say("up", web_2="500")
    plan = bench.plan()
    assert [item["container"] for item in plan.operations if item["kind"] == "disconnect"] == []
    assert [item["container"] for item in plan.operations if item["kind"] == "create"] == [
        "shop-web-2"
    ]


def test_a_member_that_was_given_up_is_not_waited_for() -> None:
    bench = HealthBench(*HOSTS)
    bench.checked(3, strategy="none")
    record(bench, bench.up(checked(3, strategy="none")))
    bench.say("up", web_2="500")
    bench.carry_out(bench.plan())
    assert carry_out(bench, bench.plan()) == ["shop-web-2", "shop-web-1"]


def test_while_a_member_is_missing_no_other_is_cut_off() -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service(scale=2), "db": service()}))
    record(bench, bench.up(linked(2)))
    bench.remove("shop-web-2")
    plan = bench.plan()
    assert {item["container"] for item in plan.operations} == {"shop-web-2"}


def test_a_member_is_drained_before_it_is_cut_off() -> None:
    bench = FrontBench("h1")
    bench.start()
    web = bench.container("shop-web-1")
    web["networks"]["drover-local"]["links"] = ["db.shop:x"]
    plan = bench.plan()
    assert kinds(plan) == ["drain shop-web-1", "balancer shop-lb-1"]
    bench.remember(plan)
    bench.report("h1", plan.operations[-1]["args"]["model"])
    plan = bench.plan()
    assert kinds(plan) == ["disconnect shop-web-1", "connect shop-web-1"]
    carry_out(bench, plan)
    assert kinds(bench.plan()) == ["drain shop-web-1", "balancer shop-lb-1"]


# --- a connection that somebody made by hand ---


BY_HAND = [
    ({"aliases": []}, "does not answer to the name web.shop"),
    ({"aliases": ["web.shop"]}, "does not answer to the name web.shop.rancher.internal"),
    ({"links": ["old.shop:old"]}, "its links changed"),
]


@pytest.mark.parametrize(("have", "cause"), BY_HAND)
def test_what_is_missing_of_a_connection_is_restored(have: dict[str, t.Any], cause: str) -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service()}))
    assert bench.plan().lines() == []
    bench.container("shop-web-1")["networks"]["drover"].update(have)
    plan = bench.plan()
    assert brief(plan) == [
        f"disconnect  shop-web-1 drover  {cause}",
        f"connect  shop-web-1 drover  {cause}",
    ]
    carry_out(bench, plan)
    assert bench.plan().lines() == []


OTHER_MAC = (
    {"mac": "02:42:00:00:00:01"},
    f"has hardware address 02:42:00:00:00:01, should have {MAC}",
)


@pytest.mark.parametrize("state", ["running", "exited"])
@pytest.mark.parametrize(("have", "cause"), [*BY_HAND, OTHER_MAC])
def test_a_hardware_address_comes_back_with_a_new_container(
    have: dict[str, t.Any], cause: str, state: str
) -> None:
    """Engines 26.1 and 28.5 lose it at each connect, also if that asks for it."""
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service(container={"mac_address": MAC})}))
    container = bench.container("shop-web-1")
    container["networks"]["drover"]["mac"] = MAC
    assert bench.plan().lines() == []
    container["networks"]["drover"].update(have)
    container["state"] = state
    kinds_of = [item["kind"] for item in bench.plan().operations]
    assert kinds_of[-3:] == ["remove", "create", "start"]
    assert cause in bench.plan().lines()[0]
    assert "disconnect" not in kinds_of


def test_an_old_engine_gives_the_hardware_address_back() -> None:
    bench = Bench("h1")
    bench["h1"]["engine"]["api"] = "1.41"
    bench.settled(stack({"web": service(container={"mac_address": MAC})}))
    bench.container("shop-web-1")["networks"]["drover-local"]["aliases"] = []
    plan = bench.plan()
    assert [item["kind"] for item in plan.operations] == ["disconnect", "connect"]
    assert plan.operations[1]["args"]["mac_address"] == MAC


def test_members_with_a_hardware_address_are_replaced_one_after_the_other() -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service(scale=3, container={"mac_address": MAC})}))
    for index in (1, 2, 3):
        bench.container(f"shop-web-{index}")["networks"]["drover"]["aliases"] = []
    assert {item["container"] for item in bench.plan().operations} == {"shop-web-1"}


def test_more_names_than_ours_are_no_fault() -> None:
    bench = Bench(*HOSTS)
    bench.settled(stack({"web": service()}))
    bench.container("shop-web-1")["networks"]["drover"]["aliases"].append("by-hand")
    assert bench.plan().lines() == []


@pytest.mark.parametrize(("api", "mac"), [("1.41", "02:42:00:00:00:01"), ("1.45", "")])
def test_a_hardware_address_that_cannot_be_set_is_not_compared(api: str, mac: str) -> None:
    """Engines before 1.44 take none at a connect, and a stopped container has none: each pass would cut it off."""
    bench = Bench("h1")
    bench["h1"]["engine"]["api"] = api
    bench.settled(stack({"web": service(container={"mac_address": MAC})}))
    bench.container("shop-web-1")["networks"]["drover-local"]["mac"] = mac
    assert bench.plan().lines() == []


def test_a_container_that_does_not_run_is_put_right_at_once() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": service(scale=3)}))
    for index in (1, 2, 3):
        container = bench.container(f"shop-web-{index}")
        container.update(state="exited")
        container["networks"]["drover-local"]["aliases"] = []
    assert len(carry_out(bench, bench.plan())) == 3


# --- from one host to several ---


def several(scale: int) -> Bench:
    """A stack of one host whose inventory has two now."""
    bench = Bench("h1")
    bench["h1"]["networks"] = {}
    bench.settled(stack({"web": service(scale=scale)}))
    bench.seen = {"h1": bench["h1"], **Bench("h2").seen}
    bench["h1"]["networks"] = copy.deepcopy(bench["h2"]["networks"])
    return bench


def test_all_join_the_overlay_before_one_after_the_other_leaves_the_bridge() -> None:
    bench = several(3)
    plan = bench.plan()
    assert kinds(plan) == ["connect shop-web-1", "connect shop-web-2", "connect shop-web-3"]
    assert plan.records[0].quorums == [["h1"], ["h1", "h2"]]
    record(bench, plan)
    carry_out(bench, plan)
    cut = []
    while plan.operations:
        plan = bench.plan()
        cut += [carry_out(bench, plan)]
    assert cut == [["shop-web-1"], ["shop-web-2"], ["shop-web-3"], []]
    assert all(list(item["networks"]) == ["drover"] for item in bench["h1"]["containers"])


def test_nobody_leaves_the_bridge_while_another_has_not_joined() -> None:
    bench = several(2)
    plan = bench.plan()
    record(bench, plan)
    plan.operations.pop()  # the second join failed
    carry_out(bench, plan)
    plan = bench.plan()
    assert kinds(plan) == ["connect shop-web-2"]
    assert [item.text for item in plan.held] == [
        "the network is drover now: 1 wait until shop-web-2 has joined the network"
    ]
