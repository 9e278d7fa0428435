# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Acting on a plan: who is called with what, and what stops operations."""

from __future__ import annotations

from ansible_collections.drover.docker.tests.unit.plugins.action.play import Play, shop

BLOCKED = "shop: the record did not reach a majority of its hosts"
NOTHING = {"changed": False}


def test_without_a_plan_nothing_is_done(play: Play) -> None:
    assert play.task("act") == NOTHING
    assert play.calls == []


def test_only_hosts_with_a_share_are_called(play: Play) -> None:
    play.bench.settled(shop())
    (home,) = (host for host in ("h1", "h2", "h3") if play.bench[host]["containers"])
    play.bench[home]["containers"][0]["state"] = "exited"
    play.on_all("observe")
    play.task("plan", command="reconcile")
    found = play.on_all("act")
    assert found.count(NOTHING) == 2
    assert play.called("act") == [home]


def test_all_hosts_hear_that_a_record_is_committed(play: Play) -> None:
    play.up(shop())
    play.on_all("act")
    play.task("plan", command="continue")
    play.on_all("act")
    assert play.called("act") == ["h1", "h2", "h3"] * 2
    assert [play.bench[host]["records"]["shop"].get("proposed") for host in play.bench.seen] == [
        None
    ] * 3


def test_each_host_gets_its_own_share(play: Play) -> None:
    play.up(shop(3))
    play.act()
    shares = {
        host: [(item["host"], item["kind"]) for item in arguments["operations"]]
        for name, host, arguments in play.calls
        if name == "drover.docker.internal_act" and arguments["operations"]
    }
    assert shares == {host: [(host, "create"), (host, "start")] for host in ("h1", "h2", "h3")}


def test_a_record_without_a_majority_stops_its_operations(play: Play) -> None:
    play.refusing = ["h1", "h2"]
    play.up(shop())
    result = play.act()
    acted = [item for name, _host, item in play.calls if name.endswith(".internal_act")]
    assert [item["operations"] for item in acted] == [[]] * 6
    assert play.bench["h3"]["records"] == {}
    assert play.bench["h3"]["containers"] == []
    assert "refused  h1  record  shop v1  up: a newer one" in play.printed
    assert (result["work"], play.failure()) == (False, BLOCKED)


def test_a_record_with_a_majority_does_not_stop_them(play: Play) -> None:
    play.refusing = ["h1"]
    play.up(shop())
    play.act()
    assert "done   h2,h3  record  shop v1  up" in play.printed
    assert [item["name"] for item in play.bench["h3"]["containers"]] == ["shop-web-1"]


def test_a_host_that_is_lost_while_acting_is_a_fact(play: Play) -> None:
    play.up(shop())
    play.bench.seen["h1"] = None
    reason = "not reached (try: ansible h1 -m ping)"
    assert play.on_all("act")[0] == {"changed": True, "msg": reason}
    play.task("plan", command="continue")
    play.act()
    assert f"note   on h1: not seen: {reason}" in play.printed


def test_the_plan_goes_on_from_what_hosts_report_after_acting(play: Play) -> None:
    play.up(shop())
    play.act()
    assert play.called("observe") == ["h1", "h2", "h3"]
    assert play.printed[-1] == "all is as it should be"
