# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner, compared as text: what it plans for a small world, and why."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    goes_on_later,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    EMPTY_PLACEMENT,
    Bench,
    body_of,
    service,
    stack,
)
from ansible_collections.drover.docker.tests.unit.shared.operations import operation

DATA: dict[str, list] = {
    "mounts": [{"kind": "anonymous", "source": None, "target": "/data", "options": []}]
}
WEB = stack({"web": service(scale=2)})


def test_first_up_on_one_host_makes_network_members_and_record() -> None:
    bench = Bench("h1")
    bench["h1"]["networks"] = {}
    assert bench.up(WEB).lines() == [
        "h1  record  shop v1  up",
        "h1  network  drover-local  no managed network yet",
        "h1  create  shop-web-1  no container",
        "h1  start  shop-web-1  new container",
        "h1  create  shop-web-2  no container",
        "h1  start  shop-web-2  new container",
    ]


def test_members_spread_over_hosts() -> None:
    bench = Bench("h1", "h2", "h3")
    body = bench.settled(stack({"web": service(scale=6)}))
    hosts = sorted(entry["host"] for entry in body["members"].values())
    assert hosts == ["h1", "h1", "h2", "h2", "h3", "h3"]


def test_settled_stack_plans_nothing() -> None:
    bench = Bench("h1", "h2", "h3")
    bench.settled(WEB)
    plan = bench.plan()
    assert plan.lines() == []
    assert not plan.errors
    assert not plan.held
    assert not plan.notes


def test_removed_container_comes_back_with_the_same_name_address_and_host() -> None:
    bench = Bench("h1", "h2")
    body = bench.settled(WEB)
    entry = body["members"]["web/2"]
    bench.remove("shop-web-2")
    plan = bench.plan()
    assert plan.lines() == [
        f"{entry['host']}  create  shop-web-2  no container",
        f"{entry['host']}  start  shop-web-2  new container",
    ]
    assert plan.operations[0]["args"]["address"] == entry["address"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"state": "exited", "exit_code": 137}, "start  shop-web-1  stopped (exit code 137)"),
        (
            {"state": "exited", "exit_code": 137, "oom": True},
            "start  shop-web-1  out of memory (exit code 137)",
        ),
        ({"state": "created"}, "start  shop-web-1  not started yet"),
        ({"state": "paused"}, "unpause  shop-web-1  paused"),
        ({"networks": {}}, "connect  shop-web-1 drover  not on the network drover"),
    ],
)
def test_what_is_done_to_a_container_is_undone(change: dict, expected: str) -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench.container("shop-web-1").update(change)
    assert [line.split("  ", 1)[1] for line in bench.plan().lines()] == [expected]


def test_stopped_and_off_the_network_is_connected_before_the_start() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench.container("shop-web-1").update(state="exited", networks={})
    connect, start = bench.plan().operations
    assert (connect["kind"], start["kind"], start["after"]) == ("connect", "start", [connect["id"]])


def test_dead_container_is_removed_and_made_again() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench.container("shop-web-1").update(state="dead")
    plan = bench.plan()
    assert [item["kind"] for item in plan.operations] == ["remove", "create", "start"]
    assert [item["after"] for item in plan.operations] == [[], [1], [2]]


def test_crash_loop_is_left_to_the_engine_and_shown() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench.container("shop-web-1").update(state="restarting", restart_count=7, exit_code=3)
    plan = bench.plan()
    assert plan.lines() == []
    assert [message.text for message in plan.held] == [
        "crash loop: restarted 7 times by the engine, exit code 3"
    ]


def test_crash_loop_is_shown_while_its_container_happens_to_run_and_not_for_ever() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": service()}))
    bench.container("shop-web-1").update(restart_count=7, started_at="2027-01-15T07:59:50Z")
    assert "crash loop" in bench.plan().held[0].text
    bench.container("shop-web-1").update(started_at="2027-01-15T07:58:00Z")
    assert bench.plan().held == []


def test_start_once_that_is_done_stays_done_but_a_removed_one_is_made_again() -> None:
    bench = Bench("h1", "h2")
    bench.settled(stack({"job": service(start_once=True)}))
    bench.container("shop-job-1").update(state="exited")
    assert bench.plan().lines() == []
    bench.remove("shop-job-1")
    assert [item["kind"] for item in bench.plan().operations] == ["create", "start"]


def test_start_on_create_false_makes_members_without_starting_them_until_start() -> None:
    bench = Bench("h1")
    plan = bench.up(stack({"web": service(start_on_create=False)}))
    assert [item["kind"] for item in plan.operations] == ["network", "create"]
    bench.settled(stack({"web": service(start_on_create=False)}))
    bench.container("shop-web-1").update(state="created")
    assert bench.plan().lines() == []
    started = bench.plan("start", stacks=["shop"])
    assert [item["kind"] for item in started.operations if item["kind"] != "network"] == ["start"]


# --- unknown hosts and majorities ---


def test_members_of_an_unknown_host_count_and_nothing_is_made_in_their_stead() -> None:
    bench = Bench("h1", "h2", "h3")
    bench.settled(stack({"web": service(scale=3)}))
    bench.seen["h3"] = None
    plan = bench.plan()
    assert plan.lines() == []
    assert [str(message) for message in plan.held] == [
        f"shop/web/{plan.held[0].index} on h3: its host was not seen; taken as present"
    ]
    assert plan.notes[0].host == "h3"


def test_repair_in_place_needs_no_majority() -> None:
    bench = Bench("h1", "h2", "h3")
    body = bench.settled(stack({"web": service(scale=3)}))
    lost = next(key for key, entry in body["members"].items() if entry["host"] == "h1").replace(
        "web/", "shop-web-"
    )
    bench.remove(lost)
    bench.seen["h2"] = bench.seen["h3"] = None
    assert [item["container"] for item in bench.plan().operations] == [lost, lost]


def test_scale_without_majority_is_refused() -> None:
    bench = Bench("h1", "h2", "h3")
    bench.settled(WEB)
    bench.seen["h2"] = bench.seen["h3"] = None
    plan = bench.plan("scale", stacks=["shop"], service="web", scale=3)
    assert plan.lines() == []
    assert [str(error) for error in plan.errors] == [
        "shop: scale: needs 2 of the stack's 3 hosts (h1, h2, h3); reached: h1"
    ]


def test_refused_command_does_nothing_else_either() -> None:
    """What is to be repaired waits for the next pass: a second round would not know of the error."""
    bench = Bench("h1", "h2", "h3")
    body = bench.settled(WEB)
    here = next(key for key, entry in body["members"].items() if entry["host"] == "h1")
    bench.remove(here.replace("web/", "shop-web-"))
    bench.seen["h2"] = bench.seen["h3"] = None
    assert bench.plan().has_work
    plan = bench.plan("scale", stacks=["shop"], service="web", scale=3)
    assert plan.refused
    assert not plan.has_work


def test_a_limited_view_does_not_fake_a_majority() -> None:
    bench = Bench("h1", "h2", "h3")
    bench.seen["h2"] = bench.seen["h3"] = None
    assert "needs 2 of the stack's 3 hosts" in str(bench.up(WEB).errors[0])


def test_host_with_an_old_copy_is_brought_up_to_date_without_a_stage_of_its_own() -> None:
    bench = Bench("h1", "h2", "h3")
    bench.settled(WEB)
    del bench["h3"]["records"]["shop"]
    plan = bench.plan()
    assert plan.lines() == ["h3  record  shop v1  this copy is missing or old"]
    assert not plan.records[0].required


def test_copy_beside_damaged_ones_needs_its_majority_first() -> None:
    bench = Bench("h1", "h2", "h3")
    bench.settled(WEB)
    for host in ("h2", "h3"):
        del bench[host]["records"]["shop"]
        bench[host]["damaged_records"]["shop"] = "not JSON"
    assert bench.plan().records[0].required


def test_records_of_one_number_that_differ_are_a_conflict() -> None:
    bench = Bench("h1", "h2")
    body = bench.settled(WEB)
    other = copy.deepcopy(body)
    other["counters"]["web"] = 9
    bench.record("shop", other, hosts=["h2"], token="u")
    bench.remove("shop-web-1")
    plan = bench.plan()
    assert plan.lines() == []
    assert "different records of the same number (h1 against h2)" in str(plan.errors[0])
    taken = bench.up(WEB, take="h2")
    assert taken.records[0].record["version"]["number"] == 2
    assert body_of(taken.records[0])["counters"]["web"] == 9


def test_the_variant_that_a_majority_holds_wins() -> None:
    bench = Bench("h1", "h2", "h3")
    body = bench.settled(WEB)
    other = copy.deepcopy(body)
    other["counters"]["web"] = 9
    bench.record("shop", other, hosts=["h3"], token="u")
    plan = bench.plan()
    assert not plan.errors
    assert plan.records[0].record["version"]["number"] == 2
    assert body_of(plan.records[0])["counters"]["web"] == body["counters"]["web"]


def test_host_that_another_inventory_calls_differently_is_not_acted_on() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench["h2"]["records"]["shop"]["host"] = "web-two"
    assert "written for the name web-two" in str(bench.plan().notes[0])
    assert "rename_host=web-two=h2" in str(bench.plan().notes[0])


# --- scale ---


def test_scale_down_removes_the_newest_and_keeps_volumes() -> None:
    bench = Bench("h1", "h2", "h3")
    data = service(scale=6, container=DATA)
    bench.settled(stack({"web": data}))
    plan = bench.plan("scale", stacks=["shop"], service="web", scale=3)
    removed = [item["container"] for item in plan.operations if item["kind"] == "remove"]
    assert sorted(removed) == ["shop-web-4", "shop-web-5", "shop-web-6"]
    assert len(plan.kept_volumes) == 3
    assert [item for item in plan.operations if item["kind"] == "remove_volume"] == []


def test_scale_up_returns_an_index_to_the_host_of_its_volume() -> None:
    bench = Bench("h1", "h2", "h3")
    data = service(scale=3, container=DATA)
    body = bench.settled(stack({"web": data}))
    before = {key: entry["host"] for key, entry in body["members"].items()}
    down = bench.plan("scale", stacks=["shop"], service="web", scale=1)
    bench.record("shop", body_of(down.records[0]), number=2)
    bench.remove("shop-web-2")
    bench.remove("shop-web-3")
    again = bench.plan("scale", stacks=["shop"], service="web", scale=3)
    after = {key: entry["host"] for key, entry in body_of(again.records[0])["members"].items()}
    assert after == before


def test_member_whose_data_is_on_an_unknown_host_waits() -> None:
    bench = Bench("h1", "h2", "h3")
    data = service(scale=3, container=DATA)
    body = bench.settled(stack({"web": data}))
    home = body["members"]["web/3"]["host"]
    down = bench.plan("scale", stacks=["shop"], service="web", scale=2)
    bench.record("shop", body_of(down.records[0]), number=2)
    bench.remove("shop-web-3")
    bench.seen[home] = None
    plan = bench.plan("scale", stacks=["shop"], service="web", scale=3)
    assert [item for item in plan.operations if item["container"] == "shop-web-3"] == []
    assert any(f"it was on {home} before" in message.text for message in plan.held)


def test_members_that_share_a_local_volume_share_its_host() -> None:
    bench = Bench("h1", "h2", "h3")
    mount = {"kind": "volume", "source": "data", "target": "/data", "options": []}
    declared = {
        "data": {
            "driver": "local",
            "driver_opts": {},
            "external": False,
            "name": "shop_data",
            "per_container": False,
        }
    }
    body = bench.settled(
        stack({"web": service(scale=3, container={"mounts": [mount]})}, volumes=declared)
    )
    assert len({entry["host"] for entry in body["members"].values()}) == 1


@pytest.mark.parametrize(
    ("scale", "message"), [(-1, "must be 0 to 1000"), (1001, "must be 0 to 1000")]
)
def test_senseless_scale_is_refused(scale: int, message: str) -> None:
    bench = Bench("h1")
    bench.settled(WEB)
    assert message in str(
        bench.plan("scale", stacks=["shop"], service="web", scale=scale).errors[0]
    )


# --- global services, labels, ports ---


def test_global_service_has_one_member_on_each_matching_host_new_ones_included() -> None:
    placement = {
        "host_label": [["disk", "ssd"]],
        "host_label_ne": [],
        "host_label_soft": [],
        "host_label_soft_ne": [],
    }
    bench = Bench("h1", "h2", "h3")
    bench.labels = {"h1": {"disk": "SSD"}, "h3": {"disk": "ssd"}}
    body = bench.settled(stack({"agent": service(**{"global": True}, placement=placement)}))
    assert sorted(entry["host"] for entry in body["members"].values()) == ["h1", "h3"]
    bench.labels["h2"] = {"Disk": "ssd"}
    assert [item["host"] for item in bench.plan().operations if item["kind"] == "create"] == ["h2"]


def test_global_member_leaves_a_host_that_does_not_match_any_more() -> None:
    placement = {
        "host_label": [["disk", "ssd"]],
        "host_label_ne": [],
        "host_label_soft": [],
        "host_label_soft_ne": [],
    }
    bench = Bench("h1", "h2")
    bench.labels = {"h1": {"disk": "ssd"}, "h2": {"disk": "ssd"}}
    bench.settled(stack({"agent": service(**{"global": True}, placement=placement)}))
    bench.labels["h2"] = {}
    assert [(item["host"], item["kind"]) for item in bench.plan().operations] == [
        ("h2", "stop"),
        ("h2", "remove"),
    ]


@pytest.mark.parametrize(
    ("rule", "hosts"), [("host_label", ["h2"]), ("host_label_ne", ["h1", "h3"])]
)
def test_a_host_is_chosen_by_its_name(rule: str, hosts: list[str]) -> None:
    """A label of the engine or the inventory with this name does not hide the host's."""
    placement = {**EMPTY_PLACEMENT, rule: [["io.drover.host.name", "h2"]]}
    bench = Bench("h1", "h2", "h3")
    bench.labels = {"h1": {"io.drover.host.name": "h2"}}
    body = bench.settled(stack({"agent": service(**{"global": True}, placement=placement)}))
    assert sorted(entry["host"] for entry in body["members"].values()) == hosts


def test_member_whose_host_does_not_match_any_more_stays_and_is_noted() -> None:
    placement = {**EMPTY_PLACEMENT, "host_label": [["disk", "ssd"]]}
    bench = Bench("h1", "h2")
    bench.labels = {"h1": {"disk": "ssd"}, "h2": {"disk": "ssd"}}
    bench.settled(stack({"web": service(placement=placement)}))
    bench.labels = {}
    plan = bench.plan()
    assert plan.lines() == []
    assert "do not match any more; it is not moved" in plan.notes[0].text


def test_published_port_is_a_hard_constraint_and_the_rest_is_reported() -> None:
    port = {"ip": "", "public": 80, "private": 80, "protocol": "tcp"}
    bench = Bench("h1", "h2")
    bench["h2"]["foreign"] = [
        {
            "id": "f",
            "name": "nginx",
            "state": "running",
            "ports": [["0.0.0.0", 80, "tcp"]],
            "addresses": {},
            "labelled": False,
        }
    ]
    plan = bench.up(stack({"web": service(scale=2, container={"ports": [port]})}))
    assert [item["host"] for item in plan.operations if item["kind"] == "create"] == ["h1"]
    assert str(plan.held[0]) == (
        "shop/web/2: no host fits: h1: port 80/tcp is taken by shop/web/1; h2: port 80/tcp is taken by container nginx"
    )


def test_soft_labels_are_preferred_not_needed() -> None:
    placement = {
        "host_label": [],
        "host_label_ne": [],
        "host_label_soft": [["zone", "a"]],
        "host_label_soft_ne": [],
    }
    bench = Bench("h1", "h2")
    bench.labels = {"h2": {"zone": "a"}}
    body = bench.settled(stack({"web": service(scale=2, placement=placement)}))
    assert {entry["host"] for entry in body["members"].values()} == {"h2"}


# --- only ours ---


def test_foreign_container_with_our_name_is_an_error_not_a_victim() -> None:
    bench = Bench("h1")
    bench.settled(WEB)
    bench.remove("shop-web-1")
    bench["h1"]["foreign"] = [
        {
            "id": "abcdef0123456789",
            "name": "shop-web-1",
            "state": "running",
            "ports": [],
            "addresses": {},
            "labelled": False,
        }
    ]
    plan = bench.plan()
    assert [item for item in plan.operations if item["container"] == "shop-web-1"] == []
    assert "another container holds the name shop-web-1 on h1 (abcdef012345)" in str(plan.errors[0])


def test_two_containers_of_one_member_on_two_hosts_are_shown_and_left_alone() -> None:
    bench = Bench("h1", "h2")
    bench.settled(stack({"web": service()}))
    twin = {**bench.container("shop-web-1"), "id": "twin"}
    bench["h2"]["containers"].append(twin)
    plan = bench.plan()
    assert plan.operations == []
    assert "left alone" in str(plan.errors[0])


def test_labels_without_a_place_are_shown_and_left_alone() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    stray = {
        **bench.container("shop-web-1"),
        "id": "stray",
        "name": "shop-web-9",
        "index": 9,
        "networks": {},
    }
    bench["h1"]["containers"].append(stray)
    plan = bench.plan()
    assert plan.operations == []
    assert "no record knows; left alone" in str(plan.notes[0])


def test_containers_of_a_module_are_never_touched() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench["h1"]["containers"].append(
        {
            **bench.container("shop-web-1"),
            "id": "m",
            "name": "m",
            "managed": "module",
            "networks": {},
        }
    )
    assert bench.plan().lines() == []


def test_colliding_names_of_two_stacks_are_an_error() -> None:
    bench = Bench("h1")
    bench.settled(stack({"c": service()}, name="a-b"))
    plan = bench.up(stack({"b-c": service()}, name="a"))
    assert "another container holds the name a-b-c-1" in str(plan.errors[0])


# --- stop, start, down ---


def test_stop_keeps_members_and_start_starts_the_same_ones() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    stop = bench.plan("stop", stacks=["shop"])
    assert {item["kind"] for item in stop.operations} == {"stop"}
    bench.record("shop", body_of(stop.records[0]), number=2)
    for name in ("shop-web-1", "shop-web-2"):
        bench.container(name).update(state="exited")
    assert bench.plan().lines() == []
    start = bench.plan("start", stacks=["shop"])
    assert [item["container_id"] for item in start.operations] == ["id-shop-web-1", "id-shop-web-2"]


def test_down_removes_members_and_keeps_volumes_unless_named() -> None:
    bench = Bench("h1")
    body = bench.settled(stack({"web": service(container=DATA)}))
    volume = body["members"]["web/1"]["volumes"]["/data"]
    plan = bench.plan("down", stacks=["shop"])
    assert [item["kind"] for item in plan.operations] == ["stop", "remove"]
    assert plan.kept_volumes == [("h1", volume)]
    asked = bench.plan("down", stacks=["shop"], remove_volumes=[volume, "other"])
    assert [item["kind"] for item in asked.operations] == ["stop", "remove", "remove_volume"]
    assert asked.operations[2]["after"] == [2]
    assert "volume other: not an unused volume of this stack" in str(asked.notes[0])


def test_tombstone_removes_what_turns_up_later() -> None:
    bench = Bench("h1", "h2", "h3")
    bench.settled(stack({"web": service(scale=3)}))
    away, bench.seen["h3"] = bench["h3"], None
    down = bench.plan("down", stacks=["shop"])
    bench.record("shop", body_of(down.records[0]), number=2)
    for host in ("h1", "h2"):
        bench[host]["containers"] = []
    bench.seen["h3"] = away
    assert [item["kind"] for item in bench.plan().operations] == ["stop", "remove"]
    again = bench.up(WEB)
    assert body_of(again.records[0])["revisions"][-1]["number"] == 3


# --- definitions ---


def test_changed_definition_is_reported_with_what_changed_and_left_as_it_runs() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    plan = bench.up(stack({"web": service(scale=2, image="app:2")}))
    assert plan.lines() == []
    assert "web: definition changed (image)" in str(plan.notes[0])


def test_new_service_is_added_and_the_scale_of_others_is_kept() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    plan = bench.up(stack({"web": service(scale=5), "db": service()}))
    assert [item["container"] for item in plan.operations] == ["shop-db-1", "shop-db-1"]
    assert body_of(plan.records[0])["revisions"][-1]["services"]["web"]["scale"] == 2


def test_scale_given_with_up_counts() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    plan = bench.up(WEB, scales={"web": 3})
    assert [item["container"] for item in plan.operations] == ["shop-web-3", "shop-web-3"]


def test_service_that_left_the_files_is_kept_until_pruned() -> None:
    bench = Bench("h1", "h2")
    both = stack({"web": service(), "old": service()})
    bench.settled(both)
    plan = bench.up(stack({"web": service()}))
    assert plan.lines() == []
    assert "old: not in the stack files any more" in str(plan.notes[0])
    pruned = bench.up(stack({"web": service()}), prune=True)
    assert [(item["kind"], item["container"]) for item in pruned.operations] == [
        ("stop", "shop-old-1"),
        ("remove", "shop-old-1"),
    ]


# --- back-off ---


def test_failing_member_backs_off_until_given_up_and_a_person_can_retry() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": service()}))
    container = bench.container("shop-web-1")
    container.update(state="exited")
    record = bench["h1"]["records"]["shop"]
    life = {
        "seq": 1,
        "config_hash": container["config_hash"],
        "failures": 3,
        "last_failure": bench["h1"]["now"] - 15,
        "reason": "no",
    }
    record["life"]["web/1"] = life
    assert [message.text for message in bench.plan().held] == [
        "failed 3 times, next try in 25 s: no"
    ]
    life["last_failure"] -= 30
    assert [item["kind"] for item in bench.plan().operations] == ["start"]
    life["failures"] = 8
    assert [message.text for message in bench.plan().held] == ["given up after 8 failures: no"]
    assert [item["kind"] for item in bench.plan(retry=["shop/web"]).operations] == ["start"]
    life["config_hash"] = "another definition"
    assert [item["kind"] for item in bench.plan().operations] == ["start"]


# --- the network ---


def test_lost_manager_quorum_holds_starts_and_counts_no_failure() -> None:
    bench = Bench("h1", "h2", "h3")
    body = bench.settled(stack({"web": service(scale=3)}))
    for host in bench.seen:
        bench[host]["engine"]["swarm"]["error"] = "The swarm does not have a leader."
    bench.remove("shop-web-1")
    plan = bench.plan()
    assert plan.operations == []
    assert plan.held[0].host == body["members"]["web/1"]["host"]
    assert (
        plan.held[0].text == "the Swarm managers do not answer: The swarm does not have a leader."
    )


def test_managers_that_all_report_a_lost_quorum_hold_starts_on_workers_too() -> None:
    bench = Bench("h1", "h2", "h3")
    bench.settled(stack({"web": service(scale=3)}))
    bench["h1"]["engine"]["swarm"]["error"] = "The swarm does not have a leader."
    for host in ("h2", "h3"):
        bench[host]["engine"]["swarm"]["manager"] = False
    for name in ("shop-web-1", "shop-web-2", "shop-web-3"):
        bench.remove(name)
    plan = bench.plan()
    assert plan.operations == []
    assert len(plan.held) == 3


def test_lost_only_manager_holds_starts_but_a_limited_run_does_not_presume_it() -> None:
    bench = Bench("h1", "h2")
    body = bench.settled(stack({"web": service(scale=2)}))
    bench["h2"]["engine"]["swarm"]["manager"] = False
    lost = next(key for key, entry in body["members"].items() if entry["host"] == "h2")
    bench.remove(lost.replace("web/", "shop-web-"))
    bench.seen["h1"] = {"error": "not reached"}
    assert [item.text for item in bench.plan().held if item.host == "h2"] == [
        "no Swarm manager was reached (silent: h1)"
    ]
    bench.seen["h1"] = None
    assert [item["kind"] for item in bench.plan().operations] == ["create", "start"]


def test_pending_swarm_is_waited_for() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    for host in bench.seen:
        bench[host]["engine"]["swarm"]["state"] = "pending"
    bench.remove("shop-web-1")
    plan = bench.plan()
    assert plan.operations == []
    assert plan.held[0].text == "the Swarm is not ready on it yet (state pending)"


def test_up_without_the_overlay_is_refused_before_anything_is_recorded() -> None:
    bench = Bench("h1", "h2")
    for host in bench.seen:
        bench[host]["networks"] = {}
    plan = bench.up(WEB)
    assert plan.lines() == []
    assert str(plan.errors[0]) == (
        "shop: no host can start anything on the managed network: "
        "h1, h2: the overlay network drover does not exist: run drover.docker.network"
    )


def test_address_that_a_stranger_took_is_replaced() -> None:
    bench = Bench("h1", "h2")
    body = bench.settled(WEB)
    bench.remove("shop-web-1")
    taken = body["members"]["web/1"]["address"]
    bench["h2"]["foreign"] = [
        {
            "id": "f",
            "name": "x",
            "state": "running",
            "ports": [],
            "addresses": {"drover": taken},
            "labelled": False,
        }
    ]
    plan = bench.plan()
    assert body_of(plan.records[0])["members"]["web/1"]["address"] != taken


def test_dependencies_start_first_on_their_host() -> None:
    bench = Bench("h1")
    plan = bench.up(stack({"a-web": service(depends_on=["db"]), "db": service()}))
    kinds = {(item["kind"], item["service"]): item for item in plan.operations}
    assert kinds[("start", "db")]["id"] in kinds[("create", "a-web")]["after"]


def test_missing_image_is_pulled_once_for_each_host() -> None:
    bench = Bench("h1")
    plan = bench.up(stack({"web": service(scale=3, image="app:9")}))
    assert [item["args"]["image"] for item in plan.operations if item["kind"] == "pull"] == [
        "app:9"
    ]


def test_inventory_of_one_host_does_not_take_a_stack_off_the_overlay() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench.seen = {"h1": bench["h1"]}
    plan = bench.plan()
    assert plan.lines() == []


def test_host_with_a_new_name_is_taken_over_when_a_person_says_so() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    bench.seen = {"h1": bench["h1"], "web2": bench["h2"]}
    assert "written for the name h2" in str(bench.plan().notes[0])
    plan = bench.plan(rename={"h2": "web2"})
    assert plan.lines() == ["h1,web2  record  shop v2  new host names"]
    assert plan.records[0].quorums == [["h1", "web2"], ["h1", "web2"]]
    hosts = {entry["host"] for entry in body_of(plan.records[0])["members"].values()}
    assert hosts == {"h1", "web2"}


def test_definition_that_never_ran_is_corrected() -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": service(container={"command": ["wrong"]})}))
    never = {"state": "created", "started_at": "0001-01-01T00:00:00Z"}
    bench.container("shop-web-1").update(never)
    plan = bench.up(stack({"web": service(container={"command": ["right"]})}))
    assert plan.notes == []
    assert [item["kind"] for item in plan.operations if item["kind"] != "network"] == [
        "remove",
        "create",
        "start",
    ]


def test_containers_that_no_record_knows_are_shown_and_adopted_by_up() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    for host in bench.seen:
        bench[host]["records"] = {}
    assert "no record on the reachable hosts; left alone" in str(bench.plan("status").notes[0])
    assert bench.up(WEB).operations == []


def test_nothing_is_decided_where_no_host_was_seen() -> None:
    bench = Bench("h1")
    bench.seen["h1"] = None
    plan = bench.plan("down", stacks=["shop"])
    assert [str(error) for error in plan.errors] == ["no Docker host could be looked at"]


def test_a_service_that_could_never_be_made_takes_its_corrected_definition() -> None:
    """A misspelt image: the pull fails, and there is no container that could be left as it is."""
    bench = Bench("h1")
    bench.settled(stack({"web": service(image="ap:1")}))
    bench.remove("shop-web-1")
    failed = {"seq": 1, "config_hash": "x", "failures": 1, "last_failure": 0.0, "reason": "no"}
    bench["h1"]["records"]["shop"]["life"] = {"web/1": failed}
    plan = bench.up(stack({"web": service(image="app:1")}))
    assert not plan.notes
    created = next(item for item in plan.operations if item["kind"] == "create")
    assert created["args"]["service"]["image"] == "app:1"


def test_what_is_left_of_judging_and_healing_goes_on_in_the_next_pass() -> None:
    plan = Plan(operations=[operation("verdict"), operation("stop")])
    plan.operations.append(operation("checker", stack="drover", service="checker"))
    assert goes_on_later(plan)
    plan.operations.append(operation("start", index=2))
    assert not goes_on_later(plan)


def test_a_pull_is_not_shared_with_another_stack() -> None:
    """If the other stack's record is refused, its operations are not carried out, and ours would be skipped."""
    bench = Bench("h1")
    bench["h1"]["images"] = {}
    for name in ("blog", "shop"):
        bench.record(name, bench.up(stack({"web": service()}, name=name)).records[0].record["body"])
    plan = bench.plan()
    stacks = {item["id"]: item["stack"] for item in plan.operations}
    assert [item["stack"] for item in plan.operations if item["kind"] == "pull"] == ["blog", "shop"]
    for item in plan.operations:
        assert {stacks[number] for number in item["after"]} <= {item["stack"], ""}
