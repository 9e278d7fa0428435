# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass does when another run has the lease of its hosts."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import ended_runs
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.plugin_utils._output.report import failure_text
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import (
    LONGEST_PAUSE_S,
    PAUSE_S,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    OBSERVE,
    OPERATIONS,
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
    fleet.bench.remove("shop-web-1")
    fleet.bench.seen["h3"] = None
    fleet.leased = {"h1": holder(), "h2": holder()}
    fleet.begin()
    fleet.go()
    assert (fleet.step.stage, sorted(fleet.step.calls)) == (OBSERVE, ["h1", "h2"])


def test_who_waits_for_long_asks_less_often(fleet: Fleet) -> None:
    """A driver may need room for each try: with Ansible each one nests an include."""
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
    fleet.go()
    assert fleet.step.stage == OPERATIONS


def test_a_round_of_records_alone_gives_the_lease_back(fleet: Fleet) -> None:
    fleet.bench.settled(SHOP)
    fleet.up(stack({"web": service(scale=3, metadata={"new": "1"})}))
    fleet.to_end()
    assert [(*call[:2], call[2].last) for call in fleet.calls] == [
        *((host, RECORD, False) for host in HOSTS),
        *((host, OPERATIONS, False) for host in HOSTS),
    ]


@pytest.mark.parametrize(
    ("age_s", "called"), [(1, ["h2"]), (25, ["h1", "h2", "h3"])], ids=["soon", "late"]
)
def test_every_host_ends_a_term_that_is_begun_once_more(
    fleet: Fleet, age_s: float, called: list[str]
) -> None:
    """A round that comes late takes the lease anew from all, though only one of them has a share of it."""
    fleet.up(SHOP)
    fleet.go()
    fleet.failing = {}
    exits_after_acting(fleet, "h2")
    fleet.now += age_s
    fleet.go()
    if age_s > 20:
        assert fleet.step.stage == RECORD
        fleet.go()
    assert fleet.step.stage == OPERATIONS
    assert {host: share.last for host, share in fleet.step.calls.items()} == dict.fromkeys(
        called, age_s > 20
    )


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
