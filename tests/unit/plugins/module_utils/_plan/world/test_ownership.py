# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels prove nothing: what only looks like a member's container is shown, and never adopted, changed or removed."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.ledger import Health
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    body_of,
    brief,
    service,
    stack,
)

DATA: dict[str, list] = {
    "mounts": [{"kind": "anonymous", "source": None, "target": "/data", "options": []}]
}
WEB = stack({"web": service(scale=2, container=DATA)})
VOLUME = "shop_web_1_data_bd47413b"


def world() -> tuple[Bench, dict[str, t.Any]]:
    bench = Bench("h1", "h2")
    return bench, bench.settled(WEB)


def commit_of(bench: Bench, member: str, **changes: t.Any) -> dict[str, t.Any]:
    """What `docker commit` and `docker run` make of a member: all labels, nothing else."""
    copy = {
        **bench.container(member),
        "id": "c0ffee" * 10,
        "name": "debug-copy",
        "networks": {"bridge": {"address": "172.17.0.9", "aliases": [], "links": []}},
        "mounts": {"/data": "0123456789abcdef"},
    }
    return {**copy, **changes}


def test_a_committed_copy_is_never_adopted_and_the_member_gets_its_own_volume_back() -> None:
    bench, body = world()
    host = body["members"]["web/1"]["host"]
    bench[host]["containers"].append(commit_of(bench, "shop-web-1"))
    bench.remove("shop-web-1")
    plan = bench.plan()
    assert plan.records == []
    assert brief(plan) == ["create  shop-web-1  no container", "start  shop-web-1  new container"]
    assert plan.operations[0]["args"]["volumes"] == {"/data": VOLUME}
    assert "container debug-copy has labels of this member" in str(plan.notes[0])
    assert "its name is not shop-web-1; left alone" in str(plan.notes[0])


def test_beside_its_member_a_copy_changes_nothing() -> None:
    bench, body = world()
    host = body["members"]["web/1"]["host"]
    bench[host]["containers"].append(commit_of(bench, "shop-web-1"))
    plan = bench.plan()
    assert (plan.lines(), plan.errors) == ([], [])
    assert "left alone" in str(plan.notes[0])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": "other"}, "its name is not shop-web-1"),
        ({"create_index": 7}, "its create index is 7, the recorded one 1"),
        ({"create_index": 0}, "its create index is missing, the recorded one 1"),
        (
            {"mounts": {"/data/": "strange"}},
            f"it has volume strange at /data, the record says {VOLUME}",
        ),
    ],
)
def test_what_the_record_contradicts_is_left_alone(change: dict, why: str) -> None:
    bench, _body = world()
    bench.container("shop-web-1").update(change)
    plan = bench.plan()
    assert plan.records == []
    assert not [
        item for item in plan.operations if item["kind"] != "create" and item["kind"] != "start"
    ]
    assert [message.text for message in plan.notes if why in message.text]


def test_a_container_whose_id_the_ledger_has_is_the_members_whatever_it_is_called() -> None:
    bench, _body = world()
    member = bench.container("shop-web-1")
    member.update(name="renamed", state="exited", id="f" * 64)
    for seen in ("h1", "h2"):
        bench[seen]["records"]["shop"]["life"] = {
            "web/1": {
                "seq": 1,
                "failures": 0,
                "health": Health(
                    generation=f"{member['id'][:12]}-2027",
                    verdict="healthy",
                    since=0.0,
                    why="",
                    repairs=0,
                    last_repair=0.0,
                    repairing=False,
                    basis="",
                ),
            }
        }
    assert brief(bench.plan()) == ["start  shop-web-1  stopped (exit code 0)"]


def test_a_stranger_with_the_members_volume_holds_the_member() -> None:
    bench, _body = world()
    bench.container("shop-web-1").update(name="renamed-by-hand")
    plan = bench.plan()
    assert plan.operations == []
    assert f"container renamed-by-hand uses its volume {VOLUME}" in str(plan.errors[0])


def test_a_stopped_stranger_holds_nobody() -> None:
    bench, _body = world()
    bench.container("shop-web-1").update(name="renamed-by-hand", state="exited")
    assert brief(bench.plan())[0] == "create  shop-web-1  no container"


@pytest.mark.parametrize("command", ["scale", "down"])
def test_only_the_proven_containers_of_what_is_not_wanted_are_removed(command: str) -> None:
    bench, body = world()
    hosts = [body["members"][key]["host"] for key in ("web/1", "web/2")]
    other = next(host for host in ("h1", "h2") if host != hosts[1])
    bench[other]["containers"].append(
        commit_of(bench, "shop-web-2", name="precious", create_index=0, revision=0)
    )
    bench[other]["containers"].append(
        commit_of(bench, "shop-web-2", name="shop-web-99", index=99, id="d" * 64)
    )
    bench[other]["containers"].append(
        commit_of(bench, "shop-web-2", id="e" * 64, name="shop-web-2")
    )
    fields = {"service": "web", "scale": 1} if command == "scale" else {}
    plan = bench.plan(command, stacks=["shop"], **fields)
    removed = {item["container_id"] for item in plan.operations if item["kind"] == "remove"}
    assert removed <= {"id-shop-web-1", "id-shop-web-2"}
    assert "id-shop-web-2" in removed
    assert [text for text in map(str, plan.notes) if "precious" in text and "left alone" in text]


def test_a_stack_that_is_down_removes_only_what_it_recorded() -> None:
    bench, _body = world()
    down = bench.plan("down", stacks=["shop"])
    bench.record("shop", body_of(down.records[0]), number=2)
    precious = commit_of(bench, "shop-web-1", name="precious", index=7)
    bench["h1"]["containers"] = [precious]
    bench["h2"]["containers"] = []
    plan = bench.plan()
    assert plan.lines() == []
    assert "left alone" in str(plan.notes[0])


def test_up_does_not_adopt_a_copy_either() -> None:
    bench = Bench("h1")
    bench.settled(WEB)
    bench["h1"]["containers"] = [commit_of(bench, "shop-web-1")]
    bench["h1"]["records"] = {}
    plan = bench.up(WEB)
    entry = body_of(plan.records[0])["members"]["web/1"]
    assert entry["volumes"] == {"/data": VOLUME}
    assert [item["container"] for item in plan.operations if item["kind"] == "create"] == [
        "shop-web-1",
        "shop-web-2",
    ]


def test_up_adopts_the_members_themselves_when_the_record_is_lost() -> None:
    bench = Bench("h1")
    bench.settled(WEB)
    bench["h1"]["records"] = {}
    assert bench.up(WEB).operations == []
