# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load balancer's config is shown to HAProxy before anything is recorded: the tasks of a play."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.tests.unit.plugins.action.play import Play
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER, rule
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack

Json = dict[str, t.Any]
TYPO = "backend 80_\n  retires 3"


def front(name: str = "shop") -> Json:
    lb = service(balancer={**BALANCER, "rules": [rule()], "config": TYPO})
    return stack({"lb": lb, "web": service()}, name=name)


def calls(play: Play) -> list[tuple[str, list[str], list[str]]]:
    """Host, stacks whose records it got, and kinds of operations, of each call that acts."""
    return [
        (
            host,
            [item["stack"] for item in arguments["records"]],
            [item["kind"] for item in arguments["operations"]],
        )
        for name, host, arguments in play.calls
        if name == "drover.docker.internal_act"
    ]


def test_the_host_that_validates_gets_its_record_in_the_same_call(play: Play) -> None:
    play.up(front())
    play.act()
    assert calls(play)[0] == ("h1", ["shop"], ["validate"])
    assert [host for host, stacks, _kinds in calls(play) if stacks] == ["h1", "h2", "h3"] * 2
    most = max(play.called("act").count(host) for host in play.bench.seen)
    assert most == 2  # with the look before, three calls
    assert "done   h1  validate  shop-lb-1  its config is new" in play.printed


def test_what_is_rejected_is_recorded_nowhere(play: Play) -> None:
    play.failing["validate"] = "HAProxy rejects the key config: x"
    play.up(front())
    play.act()
    assert [host for host, _stacks, _kinds in calls(play)] == ["h1"]
    assert [len(play.bench[host]["containers"]) for host in ("h1", "h2", "h3")] == [0, 0, 0]
    text = "HAProxy rejects the key config: x; nothing was recorded, nothing was changed"
    assert play.failure() == f"shop/lb: {text}"
    assert play.printed == [f"error  shop/lb: {text}"]


def test_a_host_that_is_lost_while_it_validates_stops_the_command(play: Play) -> None:
    play.up(front())
    play.bench.seen["h1"] = None
    play.act()
    assert calls(play) == [("h1", ["shop"], ["validate"])]
    assert "shop/lb: its host did not answer: not reached" in play.failure()


def test_who_has_the_lease_is_no_objection(play: Play) -> None:
    holder = {"owner": "other", "reason": "up shop", "since": "x", "left_s": 1, "busy": False}
    play.leased["h1"] = {
        **holder,
        "token": "o",
        "unattended": True,
        "started": False,
        "finished": False,
    }
    play.up(front())
    assert play.act()["work"]
    assert calls(play) == [("h1", ["shop"], ["validate"])]
    assert play.printed == ["wait   other acts (up shop); for up to 120 s"]


def test_a_load_balancer_of_another_stack_fails_no_command(play: Play) -> None:
    play.bench.settled(front("other"))
    play.failing["balancer"] = "HAProxy rejects the key config: x"
    play.up(stack({"web": service()}))
    play.act()
    told = [line for line in play.printed if "balancer  other-lb-1" in line]
    assert [line.partition("  ")[0] for line in told] == ["failed"]
    assert play.failure() == ""
