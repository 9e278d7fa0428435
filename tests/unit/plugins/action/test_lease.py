# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does when another one has the lease of its hosts."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import ended_runs
from ansible_collections.drover.docker.plugins.plugin_utils._run import lease_claims, run_files
from ansible_collections.drover.docker.tests.unit.plugins.action.play import Play, shop
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack

Json = dict[str, t.Any]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without their time."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


def holder(**given: t.Any) -> Json:
    who = {"owner": "ann@c1", "reason": "up blog", "since": "2026-11-22T10:00:00Z", "token": "x"}
    state = {"unattended": False, "started": True, "finished": False, "busy": False, "left_s": 12.0}
    return {**who, **state, **given}


def tokens(play: Play) -> list[str]:
    claims_made = [item["claim"] for name, _host, item in play.calls if name.endswith(".act")]
    return list(dict.fromkeys(item["token"] for item in claims_made))


def test_all_hosts_give_the_lease_before_any_of_them_acts(play: Play) -> None:
    play.leased = {"h2": holder()}
    play.up(shop(3))
    play.act()
    assert play.called("act") == ["h1", "h2", "h3"]


def test_a_person_waits_and_is_told_for_whom(play: Play, pauses: list[float]) -> None:
    play.leased = {"h2": holder()}
    play.up(shop(3))
    assert [play.act()["work"], play.act()["work"]] == [True, True]
    assert [line for line in play.printed if line.startswith("wait")] == [
        "wait   ann@c1 acts (up blog); for up to 120 s"
    ]
    assert pauses == [lease_claims.PAUSE_S] * 2
    play.leased = {}
    assert not play.act()["work"]
    assert all(play.bench[host]["containers"] for host in ("h1", "h2", "h3"))
    assert len(tokens(play)) == 3


def test_a_person_does_not_wait_for_ever(play: Play) -> None:
    play.variables = {"drover_lease_wait_s": 0}
    play.leased = {"h2": holder()}
    play.up(shop(3))
    result = play.act()
    text = "ann@c1 acts (up blog), for longer than 0 s: try again later"
    assert (result["failed"], result["msg"], result["work"]) == (True, text, False)


def test_a_timer_gives_way_and_that_is_no_failure(play: Play, pauses: list[float]) -> None:
    play.variables = {"drover_unattended": True}
    play.leased = {"h2": holder()}
    play.up(shop(3))
    result = play.act()
    assert ("failed" in result, result["work"], pauses) == (False, False, [])
    assert play.printed[-1] == "held   ann@c1 acts (up blog): this pass gives way"


def test_for_a_run_that_has_ended_nobody_waits(play: Play, pauses: list[float]) -> None:
    play.leased = {"h1": holder(finished=True), "h2": holder(started=False)}
    play.up(shop(3))
    assert play.act()["work"]
    assert set(pauses) == {0.0}
    assert not [line for line in play.printed if line.startswith("wait")]
    play.leased = {}
    play.act()
    asked = [item["claim"] for name, _host, item in play.calls if name.endswith(".act")]
    assert [item["over"] for item in asked[:3]] == [[], [], []]
    assert asked[3]["over"] == ["x", asked[0]["token"]]


def test_runs_that_end_again_and_again_do_not_make_it_hurry_for_ever(
    play: Play, pauses: list[float]
) -> None:
    play.variables = {"drover_lease_wait_s": 0}
    play.leased = {"h1": holder(finished=True)}
    play.up(shop(3))
    assert play.act()["work"]
    assert play.act()["failed"]
    assert pauses == [0.0]


def acted(play: Play) -> list[tuple[str, str, bool]]:
    """Host, stage and whether the lease is given back, of each call that acts."""
    return [
        (host, item["stage"], item["last"])
        for name, host, item in play.calls
        if name.endswith(".act")
    ]


def test_who_has_ended_is_known_from_looking(play: Play) -> None:
    for host in ("h1", "h2"):
        play.bench[host]["lease"] = holder(finished=True)
    play.up(shop(3))
    play.on_all("act", stage="record")
    assert play.calls[-1][2]["claim"]["over"] == ["x"]


def answers_after(play: Play, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The record stage of a round of which the last host answered so late."""
    play.on_all("act", stage="record")
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + seconds)
    run_files.save(
        run_files.for_host("record", "h3"),
        {**run_files.load(run_files.for_host("record", "h3")), "answered_at": now + seconds},
    )


def test_nobody_acts_where_the_hosts_were_slower_than_the_lease(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first ones may have given it to another run since. The next round asks for twice the time."""
    play.up(shop(3))
    answers_after(play, monkeypatch, 31)
    play.on_all("act", stage="operations")
    assert {stage for _host, stage, _last in acted(play)} == {"record"}
    assert play.task("plan", command="continue")["prepare"]
    told = "wait   the hosts took longer than 30 s to give the lease: once more, for 60 s"
    assert told in play.printed
    play.act()
    assert play.calls[-1][2]["claim"]["duration_s"] == 60
    assert all(play.bench[host]["containers"] for host in ("h1", "h2", "h3"))


def test_a_lease_that_was_given_in_time_is_acted_on(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.up(shop(3))
    answers_after(play, monkeypatch, 29)
    play.on_all("act", stage="operations")
    assert {stage for _host, stage, _last in acted(play)} == {"record", "operations"}


def test_a_round_of_records_alone_gives_the_lease_back(play: Play) -> None:
    """What runs is left as it is, so that no operation follows."""
    play.bench.settled(shop(3))
    play.up(stack({"web": service(scale=3, container={"environment": {"NEW": "1"}})}))
    play.act()
    assert acted(play) == [(host, "record", True) for host in ("h1", "h2", "h3")]


def exits(play: Play, host: str) -> None:
    """The member of a host has exited by the time of the look at it."""
    play.bench[host]["containers"][0].update(state="exited", exit_code=1)
    seen = {**play.bench[host], "taken_at": time.monotonic()}
    run_files.save(run_files.for_host("observation", host), seen)


@pytest.mark.parametrize(
    ("age_s", "called"), [(1, ["h2"]), (25, ["h1", "h2", "h3"])], ids=["soon", "late"]
)
def test_every_host_ends_a_term_that_is_begun_once_more(
    play: Play, age_s: float, called: list[str]
) -> None:
    """A round that comes late takes the lease anew from all, though only one of them has a share of it."""
    play.up(shop(3))
    play.on_all("act", stage="record")
    play.on_all("act", stage="operations")
    exits(play, "h2")
    term = lease_claims.load()
    run_files.save("claim", {**vars(term), "prepared_at": term.prepared_at - age_s})
    assert play.task("plan", command="continue")["prepare"] is (age_s > 20)
    play.calls.clear()
    play.on_all("act", stage="operations")
    assert acted(play) == [(host, "operations", age_s > 20) for host in called]


@pytest.mark.parametrize("state", [{"busy": True}, {"started": True, "finished": False}])
def test_one_that_acts_on_any_host_has_not_ended(state: Json) -> None:
    assert ended_runs([holder(finished=True), holder(**state)]) == []


def test_the_command_is_carried_out_from_its_beginning_after_waiting(play: Play) -> None:
    """What a person asked for is not lost when only a minority of the hosts stored it."""
    play.leased = {"h2": holder(), "h3": holder()}
    play.up(shop(3))
    play.act()
    play.leased = {}
    play.act()
    assert [len(play.bench[host]["containers"]) for host in ("h1", "h2", "h3")] == [1, 1, 1]


@pytest.mark.parametrize("value", ["soon", "0", "4", "-1", "3601"])
def test_the_time_of_a_lease_is_checked(play: Play, value: str) -> None:
    play.variables = {"drover_lease_s": value}
    with pytest.raises(AnsibleError, match="drover_lease_s must be a whole number of seconds"):
        play.up(shop())


def test_what_is_held_is_told_once_and_needs_no_lease(play: Play) -> None:
    play.bench.settled(shop(3))
    play.bench.seen["h3"] = None
    for host in ("h1", "h2"):
        play.task("observe", host)
    assert not play.task("plan", command="reconcile")["prepare"]
    play.calls.clear()
    play.on_all("act", stage="operations")
    assert acted(play) == [("h1", "operations", False)]
    assert "not seen" in str(play.bench["h1"]["refusals"])
    assert not play.task("plan", command="continue")["work"]
    assert not play.task("plan", command="reconcile")["work"]
