# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reports of checkers count, and when a checker gets a config."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.health.targets import targets_of
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    World,
    settings_for,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK, HealthBench

HOSTS = ("h1", "h2", "h3")


def bench() -> HealthBench:
    made = HealthBench(*HOSTS)
    made.checked(2)
    return made


def alter(made: HealthBench, *, member: str, hosts: t.Iterable[str] = HOSTS, **told: t.Any) -> None:
    """Let checkers say something else of a member."""
    for host in hosts:
        for report in made[host]["checker"]["reports"]:
            if report["backend"] == member:
                report.update(told)


def placed(made: HealthBench, **ports: int) -> None:
    """Let all checkers say where their checks go, or where instead."""
    for host in HOSTS:
        model = made.models[host]
        places = {item["backend"]: (item["address"], item["port"]) for item in model["checks"]}
        for report in made[host]["checker"]["reports"]:
            if report["backend"] in places:
                address, port = places[report["backend"]]
                wrong = ports.get(report["backend"].split(".")[-2] + report["backend"][-1])
                report["place"] = f"{address}:{wrong or port}"


def verdicts(made: HealthBench) -> list[str]:
    return [line for line in made.plan().lines() if "verdict" in line]


def test_a_vote_is_of_the_wanted_place() -> None:
    """Attack H6: a checker whose config was edited voted against healthy members from another port."""
    made = bench()
    made.say("up", web_1="500")
    placed(made)
    assert len(verdicts(made)) == 1
    placed(made, web1=9999)
    assert verdicts(made) == []


def test_such_a_checker_gets_its_config_again() -> None:
    made = bench()
    placed(made)
    assert [item["kind"] for item in made.plan().operations] == []
    placed(made, web1=9999)
    told = [item["host"] for item in made.plan().operations if item["kind"] == "checker"]
    assert told
    assert set(told) == {
        host
        for host in HOSTS
        if any(item["backend"] == "shop.web.1" for item in made.models[host]["checks"])
    }


@pytest.mark.parametrize("result", ["L4OK", "* L4OK"])
def test_a_result_of_another_kind_of_check_is_no_vote(result: str) -> None:
    made = bench()
    made.say("500", web_2="up")
    assert len(verdicts(made)) == 1
    alter(made, member="shop.web.1", check_status=result)
    assert verdicts(made) == []


def test_a_checker_listens_on_its_address_only() -> None:
    made = bench()
    for host in HOSTS:
        address = made.models[host]["address"]
        assert address.startswith("10.42.")
        assert f"    bind {address}:42\n" in render_checker(made.models[host])[0]


def test_a_checker_without_folder_or_socket_is_told() -> None:
    """Attack M3 and M4."""
    made = bench()
    made["h1"]["checker"] = None
    silent = {"error": "admin.sock did not answer", "revision": "", "reports": []}
    made["h2"]["checker"].update({**silent, "socket_gone": True})
    made["h3"]["checker"].update(silent)
    told = [item["host"] for item in made.plan().operations if item["kind"] == "checker"]
    assert told == ["h1", "h2"]


def test_a_crash_loop_without_its_network_listens_everywhere() -> None:
    """It could not start on an address that it has not, and only a container that runs is connected again."""
    made = bench()
    container = next(
        item for item in made["h1"]["containers"] if item["name"].startswith("drover-checker")
    )
    container.update({"state": "restarting", "networks": {}})
    (told,) = [item for item in made.plan().operations if item["kind"] == "checker"]
    assert (told["host"], told["args"]["model"]["address"]) == ("h1", "")


def test_a_crash_loop_gets_the_right_file() -> None:
    """Attack H6: its next start must find it."""
    made = bench()
    container = next(
        item for item in made["h1"]["containers"] if item["name"].startswith("drover-checker")
    )
    container["state"] = "restarting"
    assert [item for item in made.plan().operations if item["kind"] == "checker"] == []
    made["h1"]["checker"]["file_revision"] = "rev-0000000000000000"
    told = [item["host"] for item in made.plan().operations if item["kind"] == "checker"]
    assert told == ["h1"]


@pytest.mark.parametrize(("own", "votes"), [(False, 2), (True, 3)])
def test_the_own_host_is_chosen_if_the_inventory_says_so(own: bool, votes: int) -> None:
    """Behaviour 17: three checkers where there are three hosts. The other hosts' are two of them."""
    fleet = Bench("h1", "h2", "h3")
    fleet.settings["check_own_host"] = own
    fleet.settled(stack({"web": service(health_check=CHECK)}))
    world = World(fleet.seen, settings=settings_for(list(fleet.seen)), host_labels={})
    planner = Planner(world, Request("status"))
    (target,) = targets_of(world, "shop", planner.bodies["shop"], planner.views["shop"].ledger)
    assert len(planner.checkers.chosen(target)) == votes


def test_a_member_that_is_moved_is_not_checked() -> None:
    """It is down by our own doing."""
    fleet = Bench("h1", "h2", "h3")
    body = fleet.settled(stack({"web": service(scale=2, health_check=CHECK)}))
    body["members"]["web/1"]["move"] = {"to": "h3", "from": "h1", "phase": "leaves", "mark": "t"}
    fleet.record("shop", body, number=2)
    world = World(fleet.seen, settings=settings_for(list(fleet.seen)), host_labels={})
    planner = Planner(world, Request("status"))
    found = targets_of(world, "shop", planner.bodies["shop"], planner.views["shop"].ledger)
    assert [target.id.key for target in found] == ["web/2"]
