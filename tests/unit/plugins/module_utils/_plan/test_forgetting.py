# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forgetting a stack that is down: no content is left on any reached host, and no copy brings the stack back."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._record.copies import is_majority
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from hypothesis import given, settings
from hypothesis import strategies as st

Json = dict[str, t.Any]
SECRET = "correct horse battery"
WEB = stack({"web": service(container={"environment": {"PASSWORD": SECRET}}, **{"global": True})})


def down(*hosts: str) -> Bench:
    """The stack was up on all hosts and is down: the records are there, no container is."""
    bench = Bench(*hosts)
    bench.settled(WEB)
    (write,) = bench.plan("down", stacks=["shop"]).records
    for seen in bench.seen.values():
        seen["containers"] = []
    bench.record("shop", write.record["body"], number=2)
    return bench


def forget(bench: Bench) -> t.Any:
    return bench.plan("down", stacks=["shop"], forget=True)


def store(bench: Bench, plan: t.Any) -> None:
    """What the hosts do with the record of a plan."""
    (write,) = plan.records
    for host in write.hosts:
        bench[host]["records"]["shop"] = {**write.record, "host": host, "life": {}}


def delete(bench: Bench, plan: t.Any, *, but: str = "") -> list[str]:
    """What the hosts do with the operations of a plan; returns them."""
    for item in plan.operations:
        if item["host"] != but:
            del bench[item["host"]]["records"]["shop"]
    return [line.partition("  all")[0] for line in plan.lines()]


def test_first_a_record_without_content_replaces_all_copies_then_they_are_deleted() -> None:
    bench = down("h1", "h2", "h3")
    plan = forget(bench)
    assert plan.lines() == ["h1,h2,h3  record  shop v3  forgotten"]
    assert SECRET not in json.dumps(plan.records[0].record)
    store(bench, plan)
    plan = bench.plan(stacks=["shop"], continued=True)
    assert delete(bench, plan) == [f"{host}  forget  shop" for host in ("h1", "h2", "h3")]
    plan = bench.plan(stacks=["shop"], continued=True)
    assert (plan.lines(), plan.errors, plan.held, plan.notes) == ([], [], [], [])


def test_a_timers_pass_goes_on_with_it() -> None:
    bench = down("h1", "h2", "h3")
    store(bench, forget(bench))
    assert len(delete(bench, bench.plan())) == 3
    assert (bench.plan().lines(), bench.plan().errors) == ([], [])


def test_while_a_host_is_away_a_record_without_content_stays() -> None:
    """Its copy has a lower version: with no record on the others it would come back as the only one."""
    bench = down("h1", "h2", "h3")
    old = bench["h3"]
    bench.seen["h3"] = None
    store(bench, forget(bench))
    plan = bench.plan(stacks=["shop"], continued=True)
    assert plan.lines() == []
    assert [str(note) for note in plan.notes] == [
        "on h3: not seen: not reached",
        "shop: forgotten; a record without content stays until h3 was seen",
    ]
    bench.seen["h3"] = old
    plan = bench.plan()
    assert plan.lines() == ["h1,h2,h3  record  shop v4  placement"]
    assert SECRET not in json.dumps(plan.records[0].record)
    store(bench, plan)
    assert len(delete(bench, bench.plan())) == 3
    assert not any("shop" in bench[host]["records"] for host in bench.seen)


def test_a_host_with_an_older_copy_gets_the_record_without_content_first() -> None:
    bench = down("h1", "h2", "h3")
    old = bench["h3"]["records"]["shop"]
    store(bench, forget(bench))
    bench["h3"]["records"]["shop"] = old
    plan = bench.plan()
    assert plan.lines() == ["h3  record  shop v3  this copy is missing or old"]


def test_members_of_a_host_that_is_away_are_removed_when_it_is_back() -> None:
    """It was away during down as well, so its container runs; only the record's entry proves whose it is."""
    bench = Bench("h1", "h2", "h3")
    bench.settled(WEB)
    away = bench["h3"]
    bench.seen["h3"] = None
    (write,) = bench.plan("down", stacks=["shop"]).records
    for host in ("h1", "h2"):
        bench[host]["containers"] = []
        bench[host]["records"]["shop"] = {**write.record, "host": host, "life": {}}
    store(bench, forget(bench))
    bench.seen["h3"] = away
    plan = bench.plan()
    assert [line.split()[:2] for line in plan.lines()] == [
        ["h3", "record"],
        ["h3", "stop"],
        ["h3", "remove"],
    ]
    bench["h3"]["containers"] = []
    store(bench, plan)
    plan = bench.plan()
    assert plan.lines() == ["h1,h2,h3  record  shop v4  placement"]
    store(bench, plan)
    assert len(delete(bench, bench.plan())) == 3


def test_a_deletion_that_was_interrupted_goes_on() -> None:
    bench = down("h1", "h2", "h3")
    store(bench, forget(bench))
    delete(bench, bench.plan(), but="h3")
    plan = bench.plan()
    assert (plan.held, plan.errors, plan.notes) == ([], [], [])
    assert delete(bench, plan) == ["h3  forget  shop"]
    assert bench.plan().lines() == []


def test_a_deletion_of_which_one_host_was_done_goes_on() -> None:
    bench = down("h1", "h2", "h3")
    store(bench, forget(bench))
    del bench["h1"]["records"]["shop"]
    assert delete(bench, bench.plan()) == ["h2  forget  shop", "h3  forget  shop"]


def test_a_stack_that_is_up_is_not_forgotten() -> None:
    bench = Bench("h1")
    bench.settled(WEB)
    plan = forget(bench)
    assert plan.lines() == []
    assert "it is up: take it down first (down -e stack=shop)" in str(plan.errors[0])


def test_a_stack_with_containers_is_not_forgotten() -> None:
    bench = Bench("h1")
    bench.settled(WEB)
    (write,) = bench.plan("down", stacks=["shop"]).records
    bench.record("shop", write.record["body"], number=2)
    assert "it still has containers (shop-web-1)" in str(forget(bench).errors[0])


def test_without_a_majority_nothing_is_forgotten() -> None:
    bench = down("h1", "h2", "h3")
    bench.seen.update(h2=None, h3=None)
    plan = forget(bench)
    assert plan.lines() == []
    assert plan.errors


def test_an_unknown_stack_cannot_be_forgotten() -> None:
    plan = Bench("h1").plan("down", stacks=["shop"], forget=True)
    assert [str(error) for error in plan.errors] == [
        "shop: no reachable host remembers a stack shop"
    ]


def test_a_forgotten_stack_can_be_brought_up_again_with_higher_create_indexes() -> None:
    """A container of its former life on a host that was away must never be taken for a member of the new one."""
    bench = down("h1", "h2", "h3")
    store(bench, forget(bench))
    plan = bench.up(WEB)
    body = plan.records[0].record["body"]
    assert plan.records[0].record["version"]["number"] == 4
    assert sorted(entry["create_index"] for entry in body["members"].values()) == [4, 5, 6]
    assert plan.errors == []


def test_up_on_an_interrupted_deletion_begins_anew() -> None:
    bench = down("h1", "h2", "h3")
    store(bench, forget(bench))
    delete(bench, bench.plan(), but="h3")
    plan = bench.up(WEB)
    assert (plan.errors, plan.records[0].record["version"]["number"]) == ([], 4)


# --- any order of absences and failures ---

HOSTS = ("h1", "h2", "h3")
SOME = st.sets(st.sampled_from(HOSTS))


class Fleet:
    """Three hosts whose stack was up everywhere. Some are away in a round, and some calls of a round fail."""

    def __init__(self) -> None:
        self.bench = Bench(*HOSTS)
        self.bench.settled(WEB)
        self.all = dict(self.bench.seen)

    def round(self, away: set[str], failing: set[str], command: str = "", **how: t.Any) -> None:
        self.bench.seen = {host: None if host in away else self.all[host] for host in HOSTS}
        if command:
            how["stacks"] = ["shop"]
        plan = self.bench.plan(command or "reconcile", **how)
        assert [item for item in plan.operations if item["kind"] == "create"] == []
        stored = {"shop": True}
        for write in plan.records:
            took = [host for host in write.hosts if host not in failing]
            for host in took:
                self.all[host]["records"]["shop"] = {**write.record, "host": host, "life": {}}
            have = [*took, *write.holders]
            stored["shop"] &= not write.required or all(
                is_majority(quorum, have) for quorum in write.quorums
            )
        for item in plan.operations if stored["shop"] else []:
            if item["host"] not in failing:
                self._do(item)

    def _do(self, item: t.Any) -> None:
        seen = self.all[item["host"]]
        if item["kind"] == "remove":
            left = [one for one in seen["containers"] if one["id"] != item["container_id"]]
            seen["containers"] = left
        elif item["kind"] == "forget":
            version = seen["records"]["shop"]["version"]
            assert (version["number"], version["token"]) == (item["version"], item["args"]["token"])
            del seen["records"]["shop"]


ROUNDS = st.lists(st.tuples(SOME, SOME), max_size=8)


@settings(deadline=None)
@given(SOME, ROUNDS, ROUNDS)
def test_whatever_is_away_or_fails_in_the_end_nothing_is_left(
    away: set[str], before: list[t.Any], after: list[t.Any]
) -> None:
    """Once a command to forget was accepted, no pass starts anything, and passes with all hosts leave no trace."""
    fleet = Fleet()
    fleet.round(set(), set(), "down")
    for gone, failing in before:
        fleet.round(gone, failing)
    fleet.round(set(), set())
    fleet.round(set(), set())
    fleet.round(away, set(), "down", forget=True)
    for gone, failing in after:
        fleet.round(gone, failing)
    for _round in range(3):
        fleet.round(set(), set())
    records = [host for host in HOSTS if "shop" in fleet.all[host]["records"]]
    assert [fleet.all[host]["containers"] for host in HOSTS] == [[], [], []]
    if len(away) < 2:  # a majority accepted it
        assert records == []
    else:
        assert records == list(HOSTS)


def test_without_the_key_a_signed_record_is_not_deleted() -> None:
    """Also the last copy of an interrupted deletion: this control node cannot tell that it is right."""
    bench = down("h1", "h2", "h3")
    plan = forget(bench)
    plan.records[0].record["version"]["signature"] = "a control node's"
    store(bench, plan)
    assert bench.plan().operations == []
    assert len(bench.plan(signs=True).operations) == 3
    for host in ("h2", "h3"):
        bench[host]["records"].clear()
    assert bench.plan().operations == []
    assert len(bench.plan(signs=True).operations) == 1
