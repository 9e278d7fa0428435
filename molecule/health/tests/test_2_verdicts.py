# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of every kind and every strategy: what is replaced, what is kept, and what recovers by itself.

The faults come all at once, each in another service: repairs and brakes are per service.
"""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.health import (
    CHECK,
    are,
    backend,
    break_page,
    counts,
    mend_page,
    passes,
    removed,
    settled,
    tell,
    unwell,
    wait_down,
)
from ...shared.hosts import Container, Host, everywhere, lives, of_service
from ...shared.runs import Run
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
MANY = 10 if os.environ.get("DROVER_SOAK") else 4
TCP = {key: value for key, value in CHECK.items() if key != "request_line"}
EVERY = {"io.rancher.scheduler.global": "true"}
STATUS_500 = r"0 of 2 checkers: HTTP 500 \(L7STS\), \d+ s"
REPLACED = ["care-met-2", "care-slow-2", "care-tcp-1", "care-web-2"]
KEPT = {
    "care/grown/1": "unhealthy",
    "care/keep/1": "unhealthy",
    "care/unmet/1": "unhealthy",
    "care/unmet/2": "unhealthy",
}


def on_quorum(quorum: int) -> dict[str, t.Any]:
    """A check with Rancher's strategy of that name."""
    config = {"quorum": quorum}
    return {
        **CHECK,
        "strategy": "recreateOnQuorum",
        "recreate_on_quorum_strategy_config": config,
    }


SERVICES: dict[str, dict[str, t.Any]] = {
    "web": {"scale": 3, "retain_ip": True, "health_check": CHECK},
    "tcp": {"scale": 2, "health_check": {**TCP, "strategy": "recreate"}},
    "slow": {"scale": 2, "health_check": CHECK},
    "keep": {"scale": 2, "health_check": {**CHECK, "strategy": "none"}},
    "met": {"scale": 2, "health_check": on_quorum(1)},
    "unmet": {"scale": 3, "health_check": on_quorum(2)},
    "grown": {"scale": 2, "health_check": on_quorum(2)},
    "many": {"scale": MANY, "health_check": on_quorum(MANY // 2)},
    "agent": {"labels": EVERY, "health_check": CHECK},
    # The engine's own check says no, and the checkers say yes.
    "inner": {
        "health_check": CHECK,
        "healthcheck": {"test": ["CMD", "false"], "interval": "1s", "retries": 1},
    },
    # Two bad ones of three in a row are one too few.
    "edge": {"health_check": CHECK, "environment": {"TESTAPP_PATTERN": "200,500,500"}},
}


@dataclasses.dataclass
class Story:
    """What was before, what happened, and what was after."""

    before: dict[str, Container]
    status: Run
    with_own: Run
    runs: list[Run]
    after: dict[str, Container]

    def untouched(self, service: str) -> bool:
        """Whether all members of a service are the same, and were not restarted."""
        return lives(of_service(self.before, service)) == lives(of_service(self.after, service))


@pytest.fixture(scope="module")
def care(make_stack: MakeStack) -> t.Iterator[Stack]:
    stack = make_stack("care").define(**SERVICES)
    with stack.lasting():
        settled(stack.control)
        yield stack


def hurt(hosts: Hosts, members: dict[str, Container]) -> list[Container]:
    """Break one thing in each service; returns the members that are down then."""
    sick = [members[name] for name in REPLACED]
    sick += [members[f"care-{key[5:].replace('/', '-')}"] for key in KEPT]
    for item in sick:
        host = hosts[item.host]
        if item.name == "care-tcp-1":
            tell(host, item.name, "/close")
        elif item.name == "care-slow-2":
            tell(host, item.name, "/set?delay_ms=3000")
        else:
            break_page(host, item.name)
    return sick


def status_of_all(control: Control) -> Run:
    """What status shows once each fault counts: one that is not reached has to last some seconds for that."""
    run = control.run("status", stack="care")
    found = counts(run)
    assert (found["care/slow"], found["care/tcp"]) == ((2, 2, 1), (2, 2, 1)), run.output
    return run


@pytest.fixture(scope="module")
def story(hosts: Hosts, care: Stack, control: Control) -> Story:
    """All faults at once, then passes until what is to be replaced is replaced and well."""
    before = everywhere(hosts, "care")
    wait_down(hosts, *hurt(hosts, before))
    status = eventually(lambda: status_of_all(control), seconds=60)
    with_own = control.run("status", stack="care", drover_health_check_own_host="true")
    runs = passes(control, lambda run: unwell(run) == KEPT and not run.done)
    return Story(before, status, with_own, runs, everywhere(hosts, "care"))


def test_members_become_healthy_with_every_strategy(care: Stack, control: Control) -> None:
    """Behaviours 1 test_service_with_healthcheck, _none, _recreate, _recreateOnQuorum,
    11 test_service_health_check_with_tcp and 24 cattle test_svc_health_state, test_global_service_health.
    """
    found = counts(control.run("status", stack="care"))
    scales = {name: keys.get("scale", 1) for name, keys in SERVICES.items()}
    scales["agent"] = 3
    assert found == {f"care/{name}": (scale,) * 3 for name, scale in scales.items()}


def test_status_tells_verdict_checkers_and_reason(story: Story) -> None:
    """Behaviour 24: healthy members are counted for each service; who is not healthy is named with the reason."""
    found = counts(story.status)
    assert found["care/web"] == (3, 3, 2)
    assert found["care/unmet"] == (3, 3, 1)
    assert re.search(rf"^ +2: unhealthy, {STATUS_500}$", story.status.output, re.MULTILINE)
    assert re.search(r"0 of 2 checkers: no answer in time \(L7TOUT\)", story.status.output)
    assert re.search(r"0 of 2 checkers: connection refused \(L4CON\)", story.status.output)


def test_up_to_three_checkers_have_a_say(story: Story) -> None:
    """Behaviour 17 cattle test_health_check_create_service: on three hosts the two others, as recorded.

    An inventory with another setting is told how to take over. That three count then: unit tests of the checkers.
    """
    for status in (story.status, story.with_own):
        assert "0 of 2 checkers: HTTP 500" in status.output
    assert "another inventory (drover_health_check_own_host: False)" in story.with_own.output


def test_broken_page_is_replaced_with_name_address_and_volumes(story: Story) -> None:
    """Behaviours 2 test_service_with_healthcheck_container_unhealthy, 3 ..._retainip,
    16 cattle test_health_check_default and 23 cattle test_health_check_ip_retain.
    """
    before, after = story.before["care-web-2"], story.after["care-web-2"]
    assert after.id != before.id
    assert (after.host, after.addresses, after.mounts) == (
        before.host,
        before.addresses,
        before.mounts,
    )
    for name in ("care-web-1", "care-web-3"):
        assert story.after[name].life == story.before[name].life


def test_each_fault_is_repaired_once(story: Story) -> None:
    """What recovers is not replaced again, and nothing else is replaced."""
    assert sorted(removed(story.runs)) == REPLACED


def test_closed_port_is_replaced(story: Story) -> None:
    """Behaviour 11 test_service_with_healthcheck_container_tcp_unhealthy."""
    assert story.after["care-tcp-1"].id != story.before["care-tcp-1"].id
    assert story.after["care-tcp-2"].life == story.before["care-tcp-2"].life


def test_slow_answers_are_replaced(story: Story) -> None:
    """Answers after response_timeout are none."""
    assert story.after["care-slow-2"].id != story.before["care-slow-2"].id
    assert story.after["care-slow-1"].life == story.before["care-slow-1"].life


def test_strategy_none_keeps_the_member(story: Story) -> None:
    """Behaviours 4 test_service_with_healthcheck_none_container_unhealthy, 15 cattle test_health_check_noop."""
    assert story.untouched("keep")


def test_quorum_that_is_met_replaces(story: Story) -> None:
    """Behaviour 6 test_service_with_healthcheck_quorum_containers_unhealthy_1: scale 2, quorum 1, one broken."""
    assert story.after["care-met-2"].id != story.before["care-met-2"].id
    assert story.after["care-met-1"].life == story.before["care-met-1"].life


def test_quorum_that_is_not_met_keeps(story: Story) -> None:
    """Behaviours 7 ..._quorum_container_unhealthy_2 (scale 3, quorum 2, two broken) and 14 cattle
    test_health_check_quorum (scale 2, quorum 2, one broken): they stay, and run.
    """
    assert story.untouched("unmet")
    assert story.untouched("grown")
    assert "kept: recreateOnQuorum wants 2 healthy, there are 1" in story.runs[-1].held


def test_what_nearly_fails_is_left_alone(story: Story) -> None:
    """Flapping below the threshold: two bad checks of three are not three in a row."""
    assert story.untouched("edge")
    assert story.untouched("many")
    assert story.untouched("agent")


def test_engines_own_check_is_shown_and_moves_nothing(story: Story) -> None:
    assert story.untouched("inner")
    assert counts(story.status)["care/inner"] == (1, 1, 1)
    assert "the engine's HEALTHCHECK says unhealthy (shown only)" in story.status.output


def test_kept_member_recovers_by_itself(hosts: Hosts, story: Story, control: Control) -> None:
    """Behaviour 4: the page is repaired, and the same container is healthy again."""
    item = story.after["care-keep-1"]
    mend_page(hosts[item.host], item.name)
    passes(control, lambda run: "care/keep/1" not in unwell(run))
    assert counts(control.run("status", stack="care"))["care/keep"] == (2, 2, 2)
    assert everywhere(hosts, "care")["care-keep-1"].life == item.life


def test_kept_member_that_a_person_deletes_is_replaced(
    hosts: Hosts, story: Story, control: Control
) -> None:
    """Behaviour 5 test_service_with_healthcheck_none_container_unhealthy_delete."""
    item = story.after["care-keep-2"]
    break_page(hosts[item.host], item.name)
    wait_down(hosts, item)
    passes(control, lambda run: unwell(run).get("care/keep/2") == "unhealthy")
    hosts[item.host].docker("rm", "-f", item.name)
    passes(control, lambda run: "care/keep/2" not in unwell(run) and not run.done)
    found = everywhere(hosts, "care")
    assert found["care-keep-2"].id != item.id
    assert counts(control.run("status", stack="care"))["care/keep"] == (2, 2, 2)


def test_recovery_of_others_meets_the_quorum(hosts: Hosts, story: Story, control: Control) -> None:
    """Behaviour 7, its end: one of the two recovers, so the quorum is met and the other is replaced."""
    item = story.after["care-unmet-2"]
    mend_page(hosts[item.host], item.name)
    runs = passes(control, lambda run: not [key for key in unwell(run) if "unmet" in key])
    assert removed(runs) == ["care-unmet-1"]
    assert everywhere(hosts, "care")["care-unmet-2"].life == item.life


def test_more_members_meet_the_quorum(hosts: Hosts, care: Stack, control: Control) -> None:
    """Behaviours 14 cattle test_health_check_quorum, _chk_name_quorum: the new member has another index, and then the
    unhealthy one is replaced.
    """
    before = of_service(everywhere(hosts, "care"), "grown")
    runs = [care.scale("grown", 3), *settled(control)]
    after = of_service(everywhere(hosts, "care"), "grown")
    assert removed(runs) == ["care-grown-1"]
    assert list(after) == [f"care-grown-{index}" for index in (1, 2, 3)]
    assert after["care-grown-1"].id != before["care-grown-1"].id
    assert after["care-grown-2"].life == before["care-grown-2"].life


def test_added_stopped_and_deleted_members_become_healthy(
    hosts: Hosts, care: Stack, control: Control
) -> None:
    """Behaviours 9 test_service_health_check_scale_up, 10 test_service_health_check_reconcile_on_stop, _on_delete."""
    before = everywhere(hosts, "care")
    hosts[before["care-web-1"].host].docker("stop", "-t", "1", "care-web-1")
    hosts[before["care-web-3"].host].docker("rm", "-f", "care-web-3")
    runs = [care.scale("web", 4), *settled(control)]
    assert removed(runs) == []
    after = everywhere(hosts, "care")
    assert after["care-web-1"].id == before["care-web-1"].id
    assert after["care-web-2"].life == before["care-web-2"].life
    assert after["care-web-3"].id != before["care-web-3"].id
    assert counts(control.run("status", stack="care"))["care/web"] == (4, 4, 4)


def test_changed_check_is_applied_without_a_new_container(hosts: Hosts, care: Stack) -> None:
    """Rancher recreated the containers for it."""
    before = everywhere(hosts, "care")
    again = {**CHECK, "interval": 700, "request_line": "GET / HTTP/1.0"}
    care.define(**{**SERVICES, "web": {**SERVICES["web"], "health_check": again}})
    run = care.up()
    assert {line.split("  ")[1] for line in run.done} <= {"record", "checker", "verdict"}
    settled(care.control)
    assert lives(everywhere(hosts, "care")) == lives(before)
    # It is in force: the page that the old check asked for may break.
    item = before["care-web-1"]
    break_page(hosts[item.host], item.name)
    checks = {backend(item), backend(before["care-web-2"])}
    eventually(lambda: are(hosts.values(), "UP", checks))
    assert care.reconcile().quiet
    mend_page(hosts[item.host], item.name)
