# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A volume that a member had and that is gone holds it; only a person's request begins with an empty one."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack

DATA: dict[str, list] = {
    "mounts": [{"kind": "anonymous", "source": None, "target": "/data", "options": []}]
}
VOLUME = {
    "driver": "local",
    "driver_opts": {},
    "external": False,
    "name": "shop_all",
    "per_container": False,
}
HOSTS = ("h1", "h2", "h3")


class DataBench(Bench):
    """A stack shop with members of db, each with a volume that its host remembers."""

    def __init__(self, scale: int = 1) -> None:
        super().__init__(*HOSTS)
        self.body = self.settled(stack({"db": service(scale=scale, container=DATA)}))
        for key, entry in self.body["members"].items():
            self[entry["host"]]["records"]["shop"]["life"][key] = {
                "seq": 1,
                "volumes": list(entry["volumes"].values()),
            }

    def home(self, index: int = 1) -> str:
        return str(self.body["members"][f"db/{index}"]["host"])

    def volume(self, index: int = 1) -> str:
        (name,) = self.body["members"][f"db/{index}"]["volumes"].values()
        return str(name)

    def lose(self, index: int = 1) -> None:
        """As C(docker volume rm), a prune, or an empty disk would."""
        del self[self.home(index)]["volumes"][self.volume(index)]

    def keep(self, plan: Plan) -> None:
        """Write the record of a plan, and keep what the hosts remember."""
        (write,) = plan.records
        for host in HOSTS:
            life = self[host]["records"]["shop"]["life"]
            self[host]["records"]["shop"] = {**write.record, "host": host, "life": life}


def held(plan: Plan) -> list[str]:
    return [item.code for item in plan.held]


@pytest.mark.parametrize("state", ["", "exited", "created", "dead"])
def test_a_member_without_its_volume_waits(state: str) -> None:
    bench = DataBench()
    bench.lose()
    if state:
        bench.container("shop-db-1").update(state=state)
    else:
        bench.remove("shop-db-1")
    plan = bench.plan()
    assert plan.operations == []
    (fact,) = plan.held
    assert str(fact) == (
        f"shop/db/1 on {bench.home()}: its volume {bench.volume()} is gone from {bench.home()}: bring it back, or"
        " begin with an empty one: reconcile -e new_volumes=shop/db/1"
    )


def test_a_person_can_ask_for_a_new_one() -> None:
    bench = DataBench()
    bench.lose()
    bench.remove("shop-db-1")
    plan = bench.plan(new_volumes=["shop/db/1"])
    created = plan.operations[0]
    assert created["args"]["new_volumes"] == [bench.volume()]
    assert plan.lines()[0].endswith(f"no container; new, empty volume {bench.volume()}")
    assert held(plan) == []


def test_a_stopped_container_is_replaced_for_its_new_volume() -> None:
    bench = DataBench()
    bench.lose()
    bench.container("shop-db-1").update(state="exited")
    plan = bench.plan(new_volumes=["shop/db/1"])
    assert [item["kind"] for item in plan.operations] == ["remove", "create", "start"]


def test_the_request_is_for_the_named_member_only() -> None:
    bench = DataBench(scale=2)
    for index in (1, 2):
        bench.lose(index)
        bench.remove(f"shop-db-{index}")
    plan = bench.plan(new_volumes=["shop/db/2", "shop/db/7"])
    assert [item["container"] for item in plan.operations] == ["shop-db-2", "shop-db-2"]
    assert [item.index for item in plan.held] == [1]
    assert [item.text for item in plan.notes] == ["new_volumes: there is no member shop/db/7"]


def test_a_volume_that_was_never_made_holds_nothing() -> None:
    """The record was written, and the run died before it made the container: the host remembers no volume."""
    bench = Bench(*HOSTS)
    plan = bench.up(stack({"db": service(container=DATA)}))
    bench.record("shop", plan.records[0].record["body"])
    assert [item["kind"] for item in bench.plan().operations] == ["create", "start"]


def test_a_host_that_lost_its_record_too_had_all_of_them() -> None:
    bench = DataBench()
    bench.remove("shop-db-1")
    bench.lose()
    bench[bench.home()]["records"] = {}
    plan = bench.plan()
    assert held(plan) == ["volume_lost"]
    assert plan.operations == []
    (write,) = plan.records
    assert write.ledgers == {bench.home(): {"db/1": {"seq": 0, "volumes": [bench.volume()]}}}


def test_what_runs_goes_on() -> None:
    bench = DataBench()
    bench.lose()
    plan = bench.plan()
    assert (plan.lines(), plan.held) == ([], [])


def test_a_stopped_service_waits_for_nothing() -> None:
    bench = DataBench()
    bench.keep(bench.plan("stop", stacks=["shop"]))
    bench.container("shop-db-1").update(state="exited")
    bench.lose()
    assert bench.plan().held == []


def test_a_retired_member_does_not_come_back_with_an_empty_volume() -> None:
    bench = DataBench(scale=2)
    bench.keep(bench.plan("scale", stacks=["shop"], service="db", scale=1))
    bench.remove("shop-db-2")
    bench.lose(2)
    plan = bench.plan("scale", stacks=["shop"], service="db", scale=2)
    assert (plan.operations, held(plan)) == ([], ["volume_lost"])
    bench.keep(plan)
    plan = bench.plan(new_volumes=["shop/db/2"])
    assert [item["container"] for item in plan.operations] == ["shop-db-2", "shop-db-2"]


def test_a_volume_that_was_brought_to_another_host_is_followed() -> None:
    bench = DataBench(scale=2)
    bench.keep(bench.plan("scale", stacks=["shop"], service="db", scale=1))
    bench.remove("shop-db-2")
    other = next(host for host in HOSTS if host != bench.home(2))
    bench[other]["volumes"][bench.volume(2)] = {"driver": "local", "labels": {}}
    bench.lose(2)
    plan = bench.plan("scale", stacks=["shop"], service="db", scale=2)
    assert {item["host"] for item in plan.operations} == {other}


def test_a_new_member_does_not_begin_anew_what_others_share() -> None:
    """Members added meanwhile share the volume of those that had it."""
    shared = {"mounts": [{"kind": "volume", "source": "all", "target": "/data", "options": []}]}
    bench = Bench(*HOSTS)
    body = bench.settled(stack({"db": service(container=shared)}, volumes={"all": VOLUME}))
    entry = body["members"]["db/1"]
    names = list(entry["volumes"].values())
    bench[entry["host"]]["records"]["shop"]["life"]["db/1"] = {"seq": 1, "volumes": names}
    del bench[entry["host"]]["volumes"][names[0]]
    bench.remove("shop-db-1")
    plan = bench.plan("scale", service="db", scale=3)
    assert held(plan) == ["volume_lost"] * 3
    assert plan.operations == []
