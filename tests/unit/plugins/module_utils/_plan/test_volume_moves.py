# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against a move of a member with its volumes, told at once and before anything is touched."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    body_of,
    service,
    stack,
)

Json = dict[str, t.Any]
MOUNT = {"kind": "volume", "source": "data", "target": "/data", "options": []}
ANONYMOUS: Json = {"kind": "anonymous", "source": None, "target": "/data", "options": []}
BIND = {"kind": "bind", "source": "/srv/www", "target": "/www", "options": []}


def declared(**changes: t.Any) -> Json:
    volume = {"driver": "local", "driver_opts": {}, "external": False, "per_container": False}
    return {"data": {**volume, "name": "shop_data", **changes}}


def bench(definition: Json | None = None, **changes: t.Any) -> tuple[Bench, Json]:
    """A settled stack, and the entry of its member db/1."""
    db = service(container={"mounts": [MOUNT]}, **changes)
    found = Bench("h1", "h2", "h3")
    body = found.settled(definition or stack({"db": db}, volumes=declared()))
    return found, body["members"]["db/1"]


def move(found: Bench, to: str, *, step: str = "leave", **more: t.Any) -> Plan:
    asked = {"step": step, "to": to, "index": 1, **more}
    return found.plan("volume_move", stacks=["shop"], service="db", move=asked)


def against(plan: Plan) -> list[str]:
    """The codes of the reasons. Nothing is planned, then."""
    assert (plan.records, plan.operations) == ([], [])
    (error,) = plan.errors
    if error.code != "not_moved":
        return [error.code]
    return [
        item["parameters"]["why"]["code"] if item["code"] == "unfit" else item["code"]
        for item in error.parameters["reasons"]
    ]


def other(entry: Json) -> str:
    return next(host for host in ("h1", "h2", "h3") if host != entry["host"])


def test_it_is_stopped_on_its_host_and_kept() -> None:
    found, entry = bench()
    plan = move(found, other(entry))
    assert plan.errors == []
    assert [item["kind"] for item in plan.operations] == ["stop"]
    after = body_of(plan.records[0])["members"]["db/1"]
    ends = {"to": other(entry), "from": entry["host"]}
    assert after == {**entry, "move": {**ends, "phase": "leaves", "mark": "t"}}


def test_a_sentence_names_all_reasons() -> None:
    found, entry = bench()
    found.labels = {}
    to = other(entry)
    found[to]["volumes"]["shop_data"] = {"driver": "local", "labels": {}}
    found[entry["host"]]["volumes"]["shop_data"]["driver"] = "nfs"
    assert str(move(found, to).errors[0]) == (
        "shop: not moved: the driver nfs keeps the data of volume shop_data;"
        f" {to} has a volume shop_data already: remove it there, or overwrite it with -e force=true"
    )


def test_hosts_that_do_not_fit() -> None:
    found, entry = bench()
    assert against(move(found, "nowhere")) == ["not_in_inventory"]
    found.seen[other(entry)] = None
    assert against(move(found, other(entry))) == ["not_reached"]


def test_labels_and_ports_count_as_for_any_member() -> None:
    placement = {**service()["placement"], "host_label": [["ssd", "true"]]}
    port = {"ip": "", "public": 80, "private": 80, "protocol": "tcp"}
    found = Bench("h1", "h2", "h3")
    found.labels = {"h1": {"ssd": "true"}, "h2": {"ssd": "true"}, "h3": {}}
    db = service(placement=placement, container={"mounts": [MOUNT], "ports": [port]})
    entry = found.settled(stack({"db": db}, volumes=declared()))["members"]["db/1"]
    assert against(move(found, "h3")) == ["host_labels"]
    free = ({"h1", "h2"} - {entry["host"]}).pop()
    taken = {"id": "x", "name": "nginx", "state": "running", "labelled": False}
    ports = [["0.0.0.0", 80, "tcp"]]
    found[free]["foreign"].append({**taken, "ports": ports, "addresses": {}})
    assert against(move(found, free)) == ["port_taken"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"global": True}, "member_global"), ({"start_once": True}, "member_once")],
)
def test_services_that_do_not_move(changes: Json, why: str) -> None:
    found, entry = bench(**changes)
    assert why in against(move(found, other(entry)))


def test_volumes_that_cannot_be_copied() -> None:
    found, entry = bench(stack({"db": service()}))
    assert against(move(found, other(entry))) == ["no_volumes"]
    options = {"type": "nfs", "device": ":/x"}
    db = service(container={"mounts": [MOUNT]})
    found, entry = bench(stack({"db": db}, volumes=declared(driver_opts=options)))
    assert against(move(found, other(entry))) == ["volume_options"]
    found, entry = bench()
    del found[entry["host"]]["volumes"]["shop_data"]
    assert against(move(found, other(entry))) == ["volume_gone"]


def test_a_volume_of_another_member_stays() -> None:
    """Of the same stack or another one; of a member that is retired it does not matter."""
    db = service(container={"mounts": [MOUNT]})
    found, entry = bench(stack({"db": db, "dump": db}, volumes=declared()))
    assert against(move(found, other(entry))) == ["volume_used"]
    assert found.plan("scale", stacks=["shop"], service="dump", scale=0).errors == []
    plan = found.plan("scale", stacks=["shop"], service="dump", scale=0)
    found.record("shop", body_of(plan.records[0]), number=2)
    found.remove("shop-dump-1")
    assert move(found, other(entry)).errors == []


def test_only_with_a_word_volumes_of_the_other_host_are_overwritten() -> None:
    found, entry = bench()
    to = other(entry)
    found[to]["volumes"]["shop_data"] = {"driver": "local", "labels": {}}
    assert against(move(found, to)) == ["volume_there"]
    assert move(found, to, force=True).errors == []


def test_folders_of_the_host_are_told() -> None:
    db = service(container={"mounts": [MOUNT, BIND]})
    found, entry = bench(stack({"db": db}, volumes=declared()))
    plan = move(found, other(entry))
    assert "folders of the host are not moved: /srv/www" in str(plan.notes)


def test_a_member_without_its_container_is_made_first() -> None:
    found, entry = bench()
    found.remove("shop-db-1")
    assert against(move(found, other(entry))) == ["no_such_container"]


def test_no_such_member() -> None:
    found, entry = bench()
    asked = {"step": "leave", "to": other(entry), "index": 2}
    plan = found.plan("volume_move", stacks=["shop"], service="db", move=asked)
    assert against(plan) == ["no_such_index"]
    plan = found.plan("volume_move", stacks=["shop"], service="web", move=asked)
    assert against(plan) == ["no_service"]


def test_a_retired_member_of_the_same_volumes_goes_along() -> None:
    """Its data are there now; with another volume it stays, and a new life elsewhere finds no old data."""
    db = service(container={"mounts": [MOUNT]})
    more = service(container={"mounts": [MOUNT, {**ANONYMOUS, "target": "/own"}]})
    found, entry = bench(stack({"db": db, "dump": db, "more": more}, volumes=declared()))
    home, to = entry["host"], other(entry)
    body = body_of(found.plan("scale", stacks=["shop"], service="dump", scale=0).records[0])
    found.record("shop", body, number=2)
    body = body_of(found.plan("scale", stacks=["shop"], service="more", scale=0).records[0])
    found.record("shop", body, number=3)
    found.record("shop", body_of(move(found, to).records[0]), number=4)
    found.container("shop-db-1")["state"] = "exited"
    members = body_of(move(found, to, step="arrive").records[0])["members"]
    hosts = {key: entry["host"] for key, entry in members.items()}
    assert hosts == {"db/1": to, "dump/1": to, "more/1": home}


def test_where_it_is_already_nothing_is_done() -> None:
    found, entry = bench()
    for step in ("leave", "finish"):
        plan = move(found, entry["host"], step=step)
        assert (plan.errors, plan.records, plan.operations) == ([], [], [])


# --- between the steps


def leaving(*, stopped: bool = True) -> tuple[Bench, str, str]:
    found, entry = bench()
    home, to = entry["host"], other(entry)
    found.record("shop", body_of(move(found, to).records[0]), number=2)
    if stopped:
        found.container("shop-db-1")["state"] = "exited"
    return found, home, to


def arriving() -> tuple[Bench, str, str]:
    found, home, to = leaving()
    found.record("shop", body_of(move(found, to, step="arrive").records[0]), number=3)
    found.remove("shop-db-1")
    (made,) = [item for item in found.plan().operations if item["kind"] == "create"]
    found.run(made, state="created", started_at="0001-01-01T00:00:00Z")
    return found, home, to


def test_it_does_not_arrive_while_it_runs_or_its_host_does_not_know() -> None:
    found, _home, to = leaving(stopped=False)
    assert against(move(found, to, step="arrive")) == ["still_runs"]
    found, home, to = leaving()
    found.record("shop", bench()[0][home]["records"]["shop"]["body"], hosts=[home])
    assert against(move(found, to, step="arrive")) == ["does_not_know"]


def test_it_is_not_started_where_it_was_not_made() -> None:
    found, _home, to = arriving()
    found.remove("shop-db-1")
    assert against(move(found, to, step="finish")) == ["not_made"]


def test_at_the_end_it_is_started_as_any_other() -> None:
    found, _home, to = arriving()
    plan = move(found, to, step="finish")
    assert [(item["kind"], item["host"]) for item in plan.operations] == [("start", to)]
    assert "move" not in body_of(plan.records[0])["members"]["db/1"]


@pytest.mark.parametrize("phase", [leaving, arriving])
def test_its_data_are_no_unused_volumes(phase: t.Callable[[], tuple[Bench, str, str]]) -> None:
    """Not where they come from, and not where they are filled in."""
    found, _home, _to = phase()
    assert found.plan("scale", stacks=["shop"], service="db", scale=1).kept_volumes == []


def test_what_it_left_is_listed_at_the_end() -> None:
    found, home, to = arriving()
    assert move(found, to, step="finish").kept_volumes == [(home, "shop_data")]


def test_a_volume_that_it_once_had_there_may_be_made_anew() -> None:
    """Elsewhere a volume that is gone holds its member: here the copy is filled in."""
    found, _home, to = leaving()
    found.record("shop", body_of(move(found, to, step="arrive").records[0]), number=3)
    found.remove("shop-db-1")
    found[to]["records"]["shop"]["life"] = {"db/1": {"seq": 1, "volumes": ["shop_data"]}}
    plan = found.plan()
    (made,) = [item for item in plan.operations if item["kind"] == "create"]
    assert (made["host"], made["args"]["new_volumes"]) == (to, ["shop_data"])


def test_the_names_of_hosts_may_change_meanwhile() -> None:
    found, home, to = leaving()
    assert renamed(found, to)["move"] == {
        "from": home,
        "to": "new",
        "phase": "leaves",
        "mark": "t",
    }


def test_and_after_it() -> None:
    found, home, to = arriving()
    found.record("shop", body_of(move(found, to, step="finish").records[0]), number=4)
    assert renamed(found, home)["moved"] == {"from": "new", "mark": "t"}


def renamed(found: Bench, host: str) -> Json:
    """The entry of the member once a host is called new."""
    found.seen["new"] = found.seen.pop(host)
    found["new"]["host"] = "new"
    plan = found.plan(rename={host: "new"})
    return dict(body_of(plan.records[0])["members"]["db/1"])


# --- afterwards, with the old volume where it was


def moved(*, retired: bool = False) -> tuple[Bench, str, str]:
    """The member is on the other host; a retired service has recorded the old volume, beside one of its own."""
    db = service(container={"mounts": [MOUNT]})
    more = service(container={"mounts": [MOUNT, {**ANONYMOUS, "target": "/own"}]}, scale=0)
    found, entry = bench(stack({"db": db, "more": more}, volumes=declared()))
    home, to = entry["host"], other(entry)
    body = found[home]["records"]["shop"]["body"]
    body = {**body, "members": {"db/1": {**entry, "host": to, "create_index": 2}}}
    if retired:
        own = {**entry["volumes"], "/own": "own"}
        body["members"]["more/1"] = {**entry, "volumes": own, "retired": True}
        body["members"]["db/1"]["retired"] = True
    found.record("shop", body, number=2)
    found.remove("shop-db-1")
    found[to]["volumes"]["shop_data"] = dict(found[home]["volumes"]["shop_data"])
    return found, home, to


def placed(plan: Plan, key: str) -> str:
    return str(body_of(plan.records[0])["members"][key]["host"])


def test_a_new_member_goes_where_the_record_has_the_volume() -> None:
    found, _home, to = moved()
    plan = found.plan("scale", stacks=["shop"], service="db", scale=2)
    assert placed(plan, "db/2") == to


def test_a_member_comes_back_to_its_own_host() -> None:
    """Though the record has the volume on the other one, too."""
    found, _home, to = moved(retired=True)
    assert placed(found.plan("reconcile", stacks=["shop"]), "db/1") == to
