# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass does when another run has the lease of its hosts."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import ended_runs
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.plugin_utils._output.report import failure_text
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import (
    LONGEST_PAUSE_S,
    PAUSE_S,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    OBSERVE,
    OPERATIONS,
    PULL,
    RECORD,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.fleet import Fleet, holder

HOSTS = ("h1", "h2", "h3")
SHOP = stack({"web": service(scale=3)})


def tokens(fleet: Fleet) -> list[str]:
    claims = [share.claim for _host, stage, share in fleet.calls if stage != OBSERVE]
    return list(dict.fromkeys(claim["token"] for claim in claims))


def members(fleet: Fleet) -> list[int]:
    return [len(fleet.bench[host]["containers"]) for host in HOSTS]


@pytest.fixture
def fleet() -> Fleet:
    return Fleet(*HOSTS)


def test_all_hosts_give_the_lease_before_any_of_them_acts(fleet: Fleet) -> None:
    fleet.leased = {"h2": holder()}
    fleet.up(SHOP)
    fleet.go()
    assert fleet.called() == [(host, RECORD) for host in HOSTS]
    fleet.go()
    assert fleet.called()[3:] == [("h1", OPERATIONS), ("h3", OPERATIONS)]
    assert [bool(share.operations) for _host, _stage, share in fleet.calls] == [False] * 5
    assert fleet.step.stage == OBSERVE


def test_a_run_that_gives_way_takes_its_orders_back(fleet: Fleet) -> None:
    """They would take effect although it failed, and the lease would stop others."""
    fleet.wait_s = 0.0
    fleet.leased = {"h2": holder()}
    fleet.up(SHOP)
    assert [item.code for item in fleet.to_end().failures] == ["lease"]
    assert [share.last for _host, stage, share in fleet.calls if stage == OPERATIONS] == [
        True,
        True,
    ]
    assert [fleet.bench[host]["records"] for host in HOSTS] == [{}, {}, {}]


REFUSED = {"h2": {"shop": "No space left on device"}, "h3": {"shop": "No space left on device"}}


def test_an_order_that_fails_is_taken_back(fleet: Fleet) -> None:
    fleet.refusing = REFUSED
    fleet.up(SHOP)
    assert [item.code for item in fleet.to_end().failures] == ["no_majority"]
    assert fleet.bench["h1"]["records"] == {}
    fleet.refusing = {}
    assert fleet.bench.plan().lines() == []


def test_an_order_that_a_host_may_keep_is_told_apart(fleet: Fleet) -> None:
    """Its host dies before the order is taken back."""
    fleet.refusing = REFUSED
    fleet.up(SHOP)
    fleet.go()
    fleet.bench.seen["h1"] = None
    failure = fleet.to_end().failures[0]
    assert (failure.code, failure.error) == ("unsure", "h1")
    assert "but h1 may keep it" in failure_text(failure)


def test_a_person_waits_looks_again_and_is_told_for_whom_once(fleet: Fleet) -> None:
    fleet.leased = {"h2": holder()}
    fleet.up(SHOP)
    for _step in range(6):
        fleet.go()
    assert [(item.code, item.parameters["owner"]) for item in fleet.notices] == [
        ("lease_waits", "ann@c1")
    ]
    assert fleet.pauses == [PAUSE_S] * 2
    assert [stage for host, stage in fleet.called() if host == "h1"] == [
        *(RECORD, OPERATIONS, OBSERVE),
        *(RECORD, OPERATIONS, OBSERVE),
    ]
    fleet.leased = {}
    assert not fleet.to_end().failures
    assert members(fleet) == [1, 1, 1]
    assert len(tokens(fleet)) == 3


def test_a_host_that_the_run_leaves_out_is_not_looked_at_after_a_wait(fleet: Fleet) -> None:
    """With --limit it has no observation; to ask it in vain would make it a silent one."""
    fleet.bench.settled(SHOP)
    for seen in fleet.bench.seen.values():
        seen["containers"] = []
    fleet.bench.seen["h3"] = None
    fleet.leased = {"h1": holder(), "h2": holder()}
    fleet.begin()
    fleet.go()
    assert (fleet.step.stage, sorted(fleet.step.calls)) == (OBSERVE, ["h1", "h2"])


def test_who_waits_for_long_asks_less_often(fleet: Fleet) -> None:
    fleet.wait_s = 86400.0
    fleet.leased = {"h2": holder()}
    fleet.up(SHOP)
    fleet.to_end()
    assert sum(fleet.pauses) == pytest.approx(86400.0)
    assert max(fleet.pauses) == LONGEST_PAUSE_S
    hour = [sum(fleet.pauses[: number + 1]) for number in range(len(fleet.pauses))]
    assert sum(end <= 600 for end in hour) < 35


def test_a_person_does_not_wait_for_ever(fleet: Fleet) -> None:
    fleet.wait_s = 0.0
    fleet.leased = {"h2": holder()}
    fleet.up(SHOP)
    failure = fleet.to_end().failures[0]
    assert (failure.code, failure.notice and failure.notice.code) == ("lease", "lease_waited")


def test_a_timer_gives_way_and_that_is_no_failure(fleet: Fleet) -> None:
    fleet.unattended = True
    fleet.leased = {"h2": holder()}
    fleet.up(SHOP)
    end = fleet.to_end()
    assert (end.gave_way, end.failures, fleet.pauses) == (True, [], [])
    assert end.notice
    assert end.notice.code == "lease_gave_way"


def test_a_run_that_has_ended_is_not_waited_for(fleet: Fleet) -> None:
    fleet.leased = {"h1": holder(finished=True), "h2": holder(started=False)}
    fleet.up(SHOP)
    fleet.go()
    fleet.go()
    assert (fleet.pauses, fleet.notices) == ([0.0], [])
    fleet.leased = {}
    fleet.to_end()
    asked = [share.claim for _host, stage, share in fleet.calls if stage == RECORD]
    assert [item["over"] for item in asked[:3]] == [[], [], []]
    assert asked[3]["over"] == ["x", asked[0]["token"]]


def test_runs_that_end_again_and_again_do_not_make_it_hurry_for_ever(fleet: Fleet) -> None:
    fleet.wait_s = 0.0
    fleet.leased = {"h1": holder(finished=True)}
    fleet.up(SHOP)
    assert fleet.to_end().failures
    assert fleet.pauses == [0.0]


def test_who_has_ended_is_known_from_looking(fleet: Fleet) -> None:
    for host in ("h1", "h2"):
        fleet.bench[host]["lease"] = holder(finished=True)
    fleet.up(SHOP)
    assert fleet.step.calls["h3"].claim["over"] == ["x"]


def test_nobody_acts_where_the_hosts_were_slower_than_the_lease(fleet: Fleet) -> None:
    """The first ones may have given it to another run since. The next round asks for twice the time."""
    fleet.answers_in_s = 31.0
    fleet.up(SHOP)
    fleet.go()
    assert {stage for _host, stage in fleet.called()} == {RECORD}
    assert fleet.step.stage == RECORD
    assert [(item.code, item.parameters) for item in fleet.notices] == [
        ("lease_late", {"before_s": 30, "for_s": 60})
    ]
    fleet.to_end()
    assert fleet.calls[-1][2].claim["duration_s"] == 60
    assert members(fleet) == [1, 1, 1]


def test_a_lease_that_was_given_in_time_is_acted_on(fleet: Fleet) -> None:
    fleet.answers_in_s = 29.0
    fleet.up(SHOP)
    assert (fleet.step.stage, fleet.go().stage) == (RECORD, OPERATIONS)


def test_a_round_of_records_alone_gives_the_lease_back(fleet: Fleet) -> None:
    fleet.bench.settled(SHOP)
    fleet.up(stack({"web": service(scale=3, metadata={"new": "1"})}))
    fleet.to_end()
    assert [(*call[:2], call[2].last) for call in fleet.calls] == [
        *((host, RECORD, False) for host in HOSTS),
        *((host, OPERATIONS, False) for host in HOSTS),
    ]


@pytest.mark.parametrize("age_s", [1, 25, 4000])
def test_a_round_that_only_repairs_asks_the_hosts_that_it_touches(
    fleet: Fleet, age_s: float
) -> None:
    fleet.up(SHOP)
    fleet.go()
    exits_after_acting(fleet, "h2")
    fleet.now += age_s
    fleet.go()
    assert fleet.step.stage == OPERATIONS
    assert [(host, share.alone) for host, share in fleet.step.calls.items()] == [("h2", True)]


def exits_after_acting(fleet: Fleet, host: str) -> None:
    """The member of a host exits as soon as it was started."""
    run = fleet.bench.run

    def exits(operation: Operation, **changes: t.Any) -> dict[str, t.Any]:
        return run(
            operation, **({"state": "exited", "exit_code": 1} if operation["host"] == host else {})
        )

    fleet.bench.run = exits  # type: ignore[method-assign]
    operate = fleet._operate
    fleet._operate = lambda operation: (  # type: ignore[method-assign]
        operate({**operation, "container": ""} if operation["kind"] == "start" else operation)
    )


# --- repairs in place ---


def killed(fleet: Fleet, *members: str) -> None:
    """Members that are gone although their stack is up."""
    fleet.bench.settled(SHOP)
    for member in members:
        fleet.bench.remove(member)


def host_of(fleet: Fleet, member: str) -> str:
    key = member.replace("shop-", "").replace("-", "/")
    return str(fleet.bench["h1"]["records"]["shop"]["body"]["members"][key]["host"])


@pytest.mark.parametrize("unattended", [False, True])
def test_who_acts_on_one_host_stops_no_repair_on_another(fleet: Fleet, *, unattended: bool) -> None:
    """Also if the same pass would repair something there."""
    fleet.unattended, fleet.wait_s = unattended, 0.0
    killed(fleet, "shop-web-1", "shop-web-2")
    here, there = host_of(fleet, "shop-web-1"), host_of(fleet, "shop-web-2")
    fleet.leased = {there: holder()}
    fleet.begin()
    assert sorted(fleet.step.calls) == sorted([here, there])
    end = fleet.to_end()
    assert [len(fleet.bench[host]["containers"]) for host in (here, there)] == [1, 0]
    assert end.gave_way is unattended
    assert [item.code for item in end.failures] == ([] if unattended else ["lease"])


def test_a_repair_leases_no_host_that_it_does_not_touch(fleet: Fleet) -> None:
    killed(fleet, "shop-web-1")
    here = host_of(fleet, "shop-web-1")
    fleet.leased = {host: holder() for host in HOSTS if host != here}
    fleet.begin()
    assert not fleet.to_end().failures
    assert members(fleet) == [1, 1, 1]
    assert {host for host, _stage in fleet.called()} == {here}


def test_a_person_repairs_what_is_free_and_waits_for_the_rest(fleet: Fleet) -> None:
    killed(fleet, "shop-web-1", "shop-web-2")
    there = host_of(fleet, "shop-web-2")
    fleet.leased = {there: holder()}
    fleet.begin()
    fleet.go()
    assert (fleet.step.stage, fleet.pauses) == (OBSERVE, [PAUSE_S])
    fleet.leased = {}
    assert not fleet.to_end().failures
    assert members(fleet) == [1, 1, 1]


@pytest.mark.parametrize("unattended", [False, True])
def test_who_may_not_place_members_repairs_in_place(fleet: Fleet, *, unattended: bool) -> None:
    """One host refuses the lease that a placement needs of all hosts."""
    fleet.unattended, fleet.wait_s = unattended, 0.0
    fleet.bench.settled(stack({"web": service(scale=2), "db": service()}))
    fleet.bench.remove("shop-web-1")
    body = fleet.bench["h1"]["records"]["shop"]["body"]
    del body["members"]["web/2"]
    fleet.bench.record("shop", body)
    fleet.bench.remove("shop-web-2")
    here = body["members"]["web/1"]["host"]
    fleet.leased = {host: holder() for host in HOSTS if host != here}
    assert fleet.begin().stage == RECORD
    end = fleet.to_end()
    assert fleet.bench.container("shop-web-1")["state"] == "running"
    assert "web/2" not in fleet.bench[here]["records"]["shop"]["body"]["members"]
    if unattended:
        assert "places_wait_lease" in [fact.code for fact in end.plan.held]


def test_a_command_is_not_carried_out_in_part_while_it_waits(fleet: Fleet) -> None:
    fleet.bench.settled(SHOP)
    fleet.leased = {"h2": holder()}
    fleet.begin("scale", stacks=["shop"], service="web", scale=1)
    for _step in range(5):
        fleet.go()
    assert {stage for _host, stage in fleet.called()} == {RECORD, OPERATIONS, OBSERVE}
    assert fleet.bench["h1"]["records"]["shop"]["version"]["number"] == 1


# --- a host that can do nothing ---


def test_a_host_that_can_do_nothing_is_unknown_and_stops_nobody(fleet: Fleet) -> None:
    killed(fleet, "shop-web-1", "shop-web-2")
    there = host_of(fleet, "shop-web-2")
    fleet.unable = {there: "cannot lock /var/lib/drover: Read-only file system"}
    fleet.begin()
    end = fleet.to_end()
    assert (end.gave_way, len(fleet.bench[host_of(fleet, "shop-web-1")]["containers"])) == (
        False,
        1,
    )
    assert [(fact.code, fact.host) for fact in end.plan.errors] == [("host_unable", there)]
    text = "left alone, as nothing can be done on it: cannot lock /var/lib/drover: Read-only"
    assert text in str(end.plan.errors[0])


def test_a_command_goes_on_without_a_host_that_can_do_nothing(fleet: Fleet) -> None:
    fleet.unable = {"h2": "process 7 (flock lock sleep 600) holds the lock of this host"}
    fleet.up(stack({"web": service(scale=1)}))
    end = fleet.to_end()
    assert sum(members(fleet)) == 1
    assert [fact.code for fact in end.plan.errors] == ["host_unable"]


# --- pulls ---


def without_image(fleet: Fleet, *members: str) -> None:
    killed(fleet, *members)
    for host in HOSTS:
        fleet.bench[host]["images"] = {}


def test_a_pull_needs_no_lease_and_holds_up_nobody_else(fleet: Fleet) -> None:
    """A member is gone whose image is gone, too; another one has stopped."""
    without_image(fleet, "shop-web-1")
    fleet.bench.container("shop-web-2").update(state="exited")
    fleet.leased = {host_of(fleet, "shop-web-1"): holder()}
    fleet.slow_pulls = {"app:1": 3}
    fleet.begin()
    assert list(fleet.step.calls) == [host_of(fleet, "shop-web-2")]
    fleet.go()
    assert fleet.bench.container("shop-web-2")["state"] == "running"
    assert (fleet.step.stage, list(fleet.step.calls)) == (PULL, [host_of(fleet, "shop-web-1")])
    assert not fleet.step.calls[host_of(fleet, "shop-web-1")].alone


def test_a_person_waits_for_a_pull_and_repairs_meanwhile(fleet: Fleet) -> None:
    without_image(fleet, "shop-web-1")
    fleet.slow_pulls = {"app:1": 3}
    fleet.begin()
    fleet.go()
    assert (fleet.step.stage, fleet.notices[-1].code) == (OBSERVE, "pulling")
    fleet.bench.container("shop-web-2").update(state="exited")
    fleet.go()
    assert (fleet.step.stage, list(fleet.step.calls)) == (
        OPERATIONS,
        [host_of(fleet, "shop-web-2")],
    )
    assert not fleet.to_end().failures
    assert members(fleet) == [1, 1, 1]
    assert fleet.called().count((host_of(fleet, "shop-web-1"), PULL)) == 4


def test_a_timer_leaves_a_slow_pull_to_the_next_pass(fleet: Fleet) -> None:
    without_image(fleet, "shop-web-1")
    fleet.unattended, fleet.slow_pulls = True, {"app:1": 2}
    fleet.begin()
    end = fleet.to_end()
    assert [(fact.code, fact.place) for fact in end.plan.held] == [("pulling", "shop/web/1")]
    assert end.failures == []
    fleet.slow_pulls = {}
    fleet.begin()
    fleet.to_end()
    assert members(fleet) == [1, 1, 1]


def test_a_failed_pull_is_a_failure_and_holds_up_nobody_else(fleet: Fleet) -> None:
    without_image(fleet, "shop-web-1")
    fleet.failing = {"pull": "no such image"}
    fleet.bench.container("shop-web-2").update(state="exited")
    fleet.begin()
    end = fleet.to_end()
    assert [(item.code, item.error) for item in end.failures] == [("failed", "no such image")]
    assert fleet.bench.container("shop-web-2")["state"] == "running"
    assert fleet.called().count((host_of(fleet, "shop-web-1"), PULL)) == 1


# --- drains ---


def draining(fleet: Fleet, left_s: float) -> None:
    """A pass that finds a drain, whatever it looks at."""
    make = fleet.running._make_plan

    def plan(now: float) -> Plan:
        found = make(now)
        told = {"sessions": 1, "left_s": end - now}
        found.held += [Fact("draining", told, "shop", "web", 2)] if end > now else []
        return found

    end = fleet.now + left_s
    fleet.running._make_plan = plan  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("unattended", "left_s", "waits"),
    [(False, 10.0, 10.0), (True, 10.0, 10.0), (False, 3600.0, 0.0), (True, 16.0, 0.0)],
)
def test_a_pass_looks_at_short_drains_and_leaves_long_ones_to_the_next(
    fleet: Fleet, *, unattended: bool, left_s: float, waits: float
) -> None:
    killed(fleet, "shop-web-1")
    fleet.unattended = unattended
    fleet.begin()
    draining(fleet, left_s)
    end = fleet.to_end()
    assert sum(fleet.pauses) == pytest.approx(waits, abs=2.0)
    assert [fact.code for fact in end.plan.held] == ([] if waits else ["draining"])
    assert members(fleet) == [1, 1, 1]


def test_while_a_drain_is_waited_for_others_are_repaired(fleet: Fleet) -> None:
    killed(fleet, "shop-web-1")
    fleet.begin()
    draining(fleet, 10.0)
    fleet.go()
    assert fleet.step.stage == OBSERVE
    fleet.bench.remove("shop-web-2")
    fleet.go()
    assert (fleet.step.stage, list(fleet.step.calls)) == (
        OPERATIONS,
        [host_of(fleet, "shop-web-2")],
    )


@pytest.mark.parametrize("state", [{"busy": True}, {"started": True, "finished": False}])
def test_one_that_acts_on_any_host_has_not_ended(state: dict[str, t.Any]) -> None:
    assert ended_runs([holder(finished=True), holder(**state)]) == []


def test_the_command_is_carried_out_from_its_beginning_after_waiting(fleet: Fleet) -> None:
    """What a person asked for is not lost when only a minority of the hosts stored it."""
    fleet.leased = {"h2": holder(), "h3": holder()}
    fleet.up(SHOP)
    fleet.go()
    fleet.leased = {}
    fleet.to_end()
    assert members(fleet) == [1, 1, 1]


def test_what_is_held_is_told_once_and_needs_no_lease(fleet: Fleet) -> None:
    fleet.bench.settled(SHOP)
    fleet.bench.seen["h3"] = None
    fleet.begin()
    assert [(*call, fleet.step.calls[call[0]].last) for call in [("h1", fleet.step.stage)]] == [
        ("h1", OPERATIONS, False)
    ]
    fleet.to_end()
    assert fleet.called() == [("h1", OPERATIONS)]
    assert "host_unseen" in str(fleet.bench["h1"]["refusals"])
    assert fleet.begin().end
