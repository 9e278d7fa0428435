# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers in the planner: their configs, drains before a member is stopped, and what status shows."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.haproxy_config import (
    FIRST_RESULT_S,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    World,
    settings_for,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._output.balancer_lines import (
    balancer_lines,
)
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER, rule
from ansible_collections.drover.docker.tests.unit.shared.builders import brief, service, stack
from ansible_collections.drover.docker.tests.unit.shared.front_bench import FrontBench, kinds

Json = dict[str, t.Any]


@pytest.fixture
def bench() -> FrontBench:
    made = FrontBench("h1")
    made.start()
    return made


def test_a_config_comes_before_the_container() -> None:
    bench = FrontBench("h1")
    services = {"lb": service(balancer={**BALANCER, "rules": [rule()]}), "web": service()}
    plan = bench.up(stack(services))
    by_kind = {item["kind"]: item for item in plan.operations if item["service"] == "lb"}
    assert by_kind["balancer"]["id"] in by_kind["create"]["after"]


def test_a_config_that_runs_is_left_alone(bench: FrontBench) -> None:
    assert bench.plan().lines() == []


def test_a_member_that_dies_needs_no_other_config(bench: FrontBench) -> None:
    bench.remove("shop-web-1")
    assert kinds(bench.plan())[-2:] == ["create shop-web-1", "start shop-web-1"]
    assert not any(item["kind"] == "balancer" for item in bench.plan().operations)


def test_more_members_make_another_config(bench: FrontBench) -> None:
    plan = bench.plan("scale", stacks=["shop"], service="web", scale=3)
    assert kinds(plan)[-1] == "balancer shop-lb-1"
    assert brief(plan)[-1] == "balancer  shop-lb-1  port 80: 3 servers"


def test_a_member_is_drained_before_it_is_stopped(bench: FrontBench) -> None:
    plan = bench.scaled_down()
    assert kinds(plan) == ["drain shop-web-2", "balancer shop-lb-1"]
    drained = plan.operations[-1]["args"]
    assert drained["wait_s"] == FIRST_RESULT_S
    bench.remember(plan)
    bench.report("h1", drained["model"])
    assert kinds(bench.plan()) == [
        "stop shop-web-2",
        "remove shop-web-2",
        "balancer shop-lb-1",
    ]


def test_its_sessions_are_waited_for_and_not_for_ever(bench: FrontBench) -> None:
    plan = bench.scaled_down()
    bench.remember(plan)
    bench.later("h1", 4)
    bench.report("h1", plan.operations[-1]["args"]["model"], **{"2": 3})
    held = bench.plan()
    assert kinds(held) == []
    assert "draining: 3 sessions left, at most 6 s" in str(held.held[0])
    bench.later("h1", 6)
    assert kinds(bench.plan())[:2] == ["stop shop-web-2", "remove shop-web-2"]


def test_a_drain_of_an_hour_makes_no_operation_wait() -> None:
    """It would hold the host's lock for as long."""
    bench = FrontBench("h1")
    front = service(balancer={**BALANCER, "rules": [rule()]})
    web = service(scale=2, drain_timeout_ms=3_600_000)
    bench.settled({**stack({"lb": front, "web": web}), "certificates": {}})
    bench.take()
    plan = bench.scaled_down()
    assert plan.operations[-1]["args"]["wait_s"] == FIRST_RESULT_S
    assert plan.operations[0]["args"]["entry"]["until"] == bench["h1"]["boot_s"] + 3600


@pytest.mark.parametrize("set_by_s", [-7200, 7200])
def test_a_clock_that_is_set_neither_prolongs_nor_ends_a_drain(
    bench: FrontBench, set_by_s: int
) -> None:
    plan = bench.scaled_down()
    bench.remember(plan)
    bench.report("h1", plan.operations[-1]["args"]["model"], **{"2": 3})
    bench["h1"]["now"] += set_by_s
    assert "at most 10 s" in str(bench.plan().held[0])
    bench.later("h1", 10)
    assert kinds(bench.plan())[:2] == ["stop shop-web-2", "remove shop-web-2"]


def test_old_workers_of_a_balancer_that_never_had_it_are_no_matter(bench: FrontBench) -> None:
    plan = bench.scaled_down()
    bench.remember(plan)
    bench.report("h1", plan.operations[-1]["args"]["model"])
    balancers = bench["h1"]["balancers"]
    other = [{**balancers["shop.lb.1"]["reports"][0], "server": "blog.web.1"}]
    balancers["blog.lb.1"] = {**balancers["shop.lb.1"], "reports": other, "old_workers": 3}
    assert kinds(bench.plan())[:2] == ["stop shop-web-2", "remove shop-web-2"]
    balancers["shop.lb.1"]["old_workers"] = 1
    assert kinds(bench.plan()) == []


def test_a_balancer_on_an_unseen_host_may_still_send() -> None:
    """Until the drain's time is over: nobody can tell it anything meanwhile."""
    bench = FrontBench("h1", "h2", "h3")
    bench.start()
    bench["h1"]["balancers"] = {}
    members = bench["h1"]["records"]["shop"]["body"]["members"]
    away, home = members["lb/1"]["host"], members["web/2"]["host"]
    assert away != home
    bench.seen[away] = None
    plan = bench.scaled_down()
    assert kinds(plan) == ["drain shop-web-2"]
    life = bench[home]["records"]["shop"]["life"]
    life["web/2"] = {"seq": 1, "drain": plan.operations[0]["args"]["entry"]}
    bench.later(home, 9)
    assert "draining: 0 sessions left, at most 1 s" in str(bench.plan().held)
    bench.later(home, 1)
    assert kinds(bench.plan())[:2] == ["stop shop-web-2", "remove shop-web-2"]


def test_what_nobody_checks_is_drained_too(bench: FrontBench) -> None:
    """A config of the user's may have C(server $IP no-check)."""
    for item in bench["h1"]["balancers"]["shop.lb.1"]["reports"]:
        item["status"] = "no check"
    assert kinds(bench.scaled_down()) == ["drain shop-web-2", "balancer shop-lb-1"]


def test_a_drain_that_is_told_is_not_told_again(bench: FrontBench) -> None:
    plan = bench.scaled_down()
    bench.remember(plan)
    bench.report("h1", plan.operations[-1]["args"]["model"], **{"2": 3})
    assert kinds(bench.plan()) == []


def test_what_was_drained_is_in_use_again_once_it_is_another_container(bench: FrontBench) -> None:
    """It was replaced for its health at the same address: no record and no revision tells of it any more."""
    model = bench.model
    drained = {**model["backends"][0]["servers"][1], "drain": True}
    pool = {**model["backends"][0], "servers": [model["backends"][0]["servers"][0], drained]}
    bench.report("h1", {**model, "backends": [pool]})
    plan = bench.plan()
    assert kinds(plan) == ["balancer shop-lb-1"]
    assert plan.operations[0]["args"]["model"] == model


def test_an_agent_may_give_a_server_another_weight(bench: FrontBench) -> None:
    bench["h1"]["balancers"]["shop.lb.1"]["reports"][0]["weight"] = 7
    assert kinds(bench.plan()) == []


def test_old_workers_may_still_serve_it(bench: FrontBench) -> None:
    plan = bench.scaled_down()
    bench.remember(plan)
    bench.report("h1", plan.operations[-1]["args"]["model"])
    bench["h1"]["balancers"]["shop.lb.1"]["old_workers"] = 1
    assert "draining" in str(bench.plan().held[0])


def test_a_drain_that_nobody_wants_any_more_is_undone(bench: FrontBench) -> None:
    plan = bench.scaled_down()
    bench.remember(plan)
    bench.report("h1", plan.operations[-1]["args"]["model"])
    back = bench.plan("scale", stacks=["shop"], service="web", scale=2)
    assert kinds(back) == ["drain shop-web-2", "balancer shop-lb-1"]
    assert back.operations[0]["args"]["entry"] is None
    assert back.operations[0]["cause"]["code"] == "drain_undone"
    servers = back.operations[1]["args"]["model"]["backends"][0]["servers"]
    assert [item["drain"] for item in servers] == [False, False]


def test_without_a_timeout_nothing_is_drained() -> None:
    bench = FrontBench("h1")
    services = {
        "lb": service(balancer={**BALANCER, "rules": [rule()]}),
        "web": service(scale=2, drain_timeout_ms=0),
    }
    bench.settled(stack(services))
    bench.take()
    assert "stop shop-web-2" in kinds(bench.scaled_down())


def test_nobody_drains_for_a_load_balancer_that_goes_too(bench: FrontBench) -> None:
    plan = bench.plan("down", stacks=["shop"])
    assert not any(item["kind"] == "drain" for item in plan.operations)


def test_one_that_is_stopped_is_told_nothing_any_more(bench: FrontBench) -> None:
    plan = bench.plan("stop", stacks=["shop"])
    assert kinds(plan) == ["stop shop-lb-1", "drain shop-web-1", "drain shop-web-2"]


def test_one_that_does_not_answer_is_left_as_it_is(bench: FrontBench) -> None:
    bench["h1"]["balancers"]["shop.lb.1"].update(error="no answer", reports=[])
    plan = bench.plan()
    assert plan.lines() == []
    assert "its config is left as it is: no answer" in str(plan.held[0])


@pytest.mark.parametrize("state", ["running", "restarting", "exited"])
@pytest.mark.parametrize("silent", [False, True])
def test_a_damaged_config_is_written_anew(bench: FrontBench, state: str, silent: bool) -> None:
    """Also where HAProxy cannot start with it, so that nobody answers."""
    bench["h1"]["balancers"]["shop.lb.1"].update(file_revision="")
    if silent:
        bench["h1"]["balancers"]["shop.lb.1"].update(error="no answer", revision="", reports=[])
    bench.container("shop-lb-1").update(state=state)
    planned = bench.plan().operations
    (written,) = [item for item in planned if item["kind"] == "balancer"]
    starts = [item for item in planned if item["kind"] == "start"]
    assert all(written["id"] in item["after"] for item in starts)
    assert bool(starts) == (state == "exited")


# --- status ---


def lines(bench: FrontBench) -> list[str]:
    world = World(bench.seen, settings=settings_for(["h1"]), host_labels={})
    planner = Planner(world, Request("status", token="t", inventory=["h1"]))
    planner.run()
    return balancer_lines(world, planner.balancers(), "shop", "lb", planner.bodies["shop"])


def test_status_shows_ports_rules_members_and_sessions() -> None:
    bench = FrontBench("h1")
    bench.start(rules=[rule(), rule(hostname="a.org", path="/x"), rule("shop/no", source_port=81)])
    bench.report("h1", bench.model, **{"1": 2})
    assert lines(bench) == [
        "port 80 http a.org/x: 2 of 2 up, 2 sessions",
        "port 80 http everything else: 2 of 2 up, 2 sessions",
        "port 81 http everything: 503, no target",
        "port 81 leads nowhere: there is no service shop/no",
    ]


def test_status_shows_what_went_wrong_behind_a_rule() -> None:
    bench = FrontBench("h1")
    bench.start()
    pool = {"requests": 9, "answers_5xx": 0, "failed_connections": 0, "failed_answers": 0}
    bench["h1"]["balancers"]["shop.lb.1"]["pools"] = {"80_": pool}
    assert lines(bench) == ["port 80 http everything: 2 of 2 up, 0 sessions"]
    pool.update({"answers_5xx": 5, "failed_connections": 3, "failed_answers": 1})
    assert lines(bench) == [
        "port 80 http everything: 2 of 2 up, 0 sessions, "
        "5 of 9 answered 5xx, 3 failed connections, 1 broken answer"
    ]


@pytest.mark.parametrize(
    ("not_after", "text"),
    [
        ("2027-01-25T08:00:00Z", "certificate shop ends in 10 days (2027-01-25)"),
        ("2027-01-01T08:00:00Z", "certificate shop has ended (2027-01-01)"),
    ],
)
def test_status_warns_of_certificates_that_end(not_after: str, text: str) -> None:
    bench = FrontBench("h1")
    known = {"shop": {"pem": "", "names": [], "not_after": not_after, "fingerprint": "f"}}
    bench.start(rules=[rule(protocol="https")], certificates=["shop"], known=known)
    assert lines(bench)[-1] == text
