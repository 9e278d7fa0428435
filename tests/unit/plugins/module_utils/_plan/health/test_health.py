# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health in the planner, compared as text: who is judged how, what is replaced, what the brakes hold."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.drover.docker.tests.unit.shared.builders import body_of, service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK, HealthBench

HOSTS = ("h1", "h2", "h3")


def kinds(lines: list[str]) -> list[str]:
    """Kind and container of each planned operation."""
    return ["  ".join(line.split("  ")[1:3]) for line in lines]


@pytest.fixture
def bench() -> HealthBench:
    return HealthBench(*HOSTS)


# --- the system stack ---


def test_a_health_check_brings_a_checker_to_each_host(bench: HealthBench) -> None:
    plan = bench.up(stack({"web": service(health_check=CHECK)}))
    assert [write.stack for write in plan.records] == ["drover", "shop"]
    made = [item for item in plan.operations if item["stack"] == "drover"]
    assert sorted((item["host"], item["kind"]) for item in made) == [
        (host, kind) for host in HOSTS for kind in ("checker", "create", "pull", "start")
    ]


def test_a_checker_is_configured_before_its_container_is_made(bench: HealthBench) -> None:
    plan = bench.up(stack({"web": service(health_check=CHECK)}))
    by_kind = {
        item["kind"]: item
        for item in plan.operations
        if item["stack"] == "drover" and item["host"] == "h1"
    }
    assert by_kind["checker"]["id"] in by_kind["create"]["after"]
    assert by_kind["pull"]["id"] in by_kind["checker"]["after"]


def test_without_health_checks_there_are_no_checkers(bench: HealthBench) -> None:
    assert [write.stack for write in bench.up(stack({"web": service()})).records] == ["shop"]


def test_with_the_last_health_check_the_checkers_go(bench: HealthBench) -> None:
    bench.checked(2)
    plan = bench.plan("down", stacks=["shop"])
    assert {write.stack for write in plan.records} == {"shop", "drover"}
    assert all(body_of(write)["revisions"][-1]["tombstone"] for write in plan.records)
    assert sum(item["kind"] == "remove" for item in plan.operations) == 5


def test_checkers_keep_their_image_unless_the_inventory_says_otherwise(bench: HealthBench) -> None:
    bench.settings = {"checker_image": "mine/haproxy:1"}
    bench.checked(1)
    bench.settings = {}
    assert bench.plan().lines() == []
    bench.settings = {"checker_image": "mine/haproxy:2"}
    plan = bench.plan()
    assert plan.lines() == []
    assert "keep the settings of another inventory (drover_checker_image: mine/haproxy:1)" in str(
        plan.notes
    )
    plan = bench.plan(take_over=True)
    renewed = [item for item in plan.operations if item["kind"] == "remove"]
    assert len(renewed) == 1  # one host after the other
    assert "waits until another host's is replaced" in str(plan.held[0])


# --- who checks whom ---


def checkers_of(bench: HealthBench, member: str) -> set[str]:
    backend = f"shop.{member.replace('/', '.')}"
    return {
        host
        for host, model in bench.models.items()
        if any(check["backend"] == backend for check in model["checks"])
    }


def test_up_to_three_other_hosts_check_and_the_own_one_is_witness() -> None:
    bench = HealthBench("h1", "h2", "h3", "h4", "h5", "h6")
    body = bench.checked(4)
    for member, entry in body["members"].items():
        found = checkers_of(bench, member)
        assert len(found) == 4
        assert entry["host"] in found


def test_a_single_host_checks_itself() -> None:
    bench = HealthBench("h1")
    bench.checked(2)
    assert checkers_of(bench, "web/1") == {"h1"}
    bench.say("up", web_1="500")
    assert "0 of 1 checker" in bench.carry_out(bench.plan())[0]


def test_losing_a_host_moves_only_what_it_checked() -> None:
    hosts = [f"h{number}" for number in range(1, 9)]
    bench = HealthBench(*hosts)
    body = bench.checked(16)
    before = {member: checkers_of(bench, member) for member in body["members"]}
    bench["h8"]["error"] = "no answer"
    bench.configure()
    del bench.models["h8"]
    for member, found in before.items():
        if body["members"][member]["host"] == "h8":
            continue
        now = checkers_of(bench, member)
        assert (now == found) == ("h8" not in found), member
        assert len(now) == len(found)


def test_a_host_that_is_to_be_skipped_checks_only_as_witness() -> None:
    bench = HealthBench("h1", "h2", "h3", "h4")
    bench.labels["h4"] = {"io.rancher.host.healthcheck.deploy_strategy": "skip"}
    body = bench.checked(4)
    for member, entry in body["members"].items():
        assert ("h4" in checkers_of(bench, member)) == (entry["host"] == "h4")


# --- verdicts and repairs ---


def test_healthy_is_noted_once(bench: HealthBench) -> None:
    bench.checked(2)
    assert bench.health("web/1")["verdict"] == "healthy"
    assert bench.plan().lines() == []


def test_an_unhealthy_member_is_replaced_under_its_name_at_its_address(bench: HealthBench) -> None:
    body = bench.checked(2)
    bench.say("up", web_1="500")
    plan = bench.plan()
    assert kinds(plan.lines()) == [
        "verdict  shop-web-1",
        "stop  shop-web-1",
        "remove  shop-web-1",
        "create  shop-web-1",
        "start  shop-web-1",
    ]
    assert "unhealthy: 0 of 2 checkers: HTTP 500 (L7STS), 1000 s" in plan.lines()[1]
    created = next(item for item in plan.operations if item["kind"] == "create")
    assert created["args"]["address"] == body["members"]["web/1"]["address"]
    assert created["host"] == body["members"]["web/1"]["host"]


def test_the_operations_of_a_repair_wait_for_each_other(bench: HealthBench) -> None:
    bench.checked(2)
    bench.say("up", web_1="500")
    repair = bench.plan().operations
    for before, after in itertools.pairwise(repair):
        assert before["id"] in after["after"]


def test_one_good_word_is_enough(bench: HealthBench) -> None:
    body = bench.checked(2)
    other = next(host for host in HOSTS if host != body["members"]["web/1"]["host"])
    bench.say("up", web_1="500")
    bench.say("500", {f"{other}_web_1": "up", "web_2": "up"})
    assert bench.plan().lines() == []


@pytest.mark.parametrize(
    "word", ["ini", "failing", "recovering", "maint", "missing", "local fault"]
)
def test_from_absence_of_evidence_nothing_follows(bench: HealthBench, word: str) -> None:
    bench.checked(3)
    bench.say(word)
    assert bench.plan().lines() == []


def test_silent_checkers_repair_nothing(bench: HealthBench) -> None:
    bench.checked(3)
    bench.say("500")
    for host in HOSTS:
        bench[host]["checker"].update(error="no answer", reports=[], revision="")
    plan = bench.plan()
    assert plan.lines() == []
    assert "gives no report: no answer" in " ".join(map(str, plan.notes))


@pytest.mark.parametrize("state", ["running", "restarting", "exited"])
@pytest.mark.parametrize("silent", [False, True])
def test_a_damaged_config_of_a_checker_is_written_anew(
    bench: HealthBench, state: str, silent: bool
) -> None:
    """Also where it cannot start with it, so that nobody answers; and what it says meanwhile counts for nothing."""
    bench.checked(3)
    bench.say("up", h1_web_1="500", h1_web_2="500", h1_web_3="500")
    damaged = {"file_revision": ""}
    if silent:
        damaged.update(error="no answer", revision="")
    bench["h1"]["checker"].update(**damaged)
    bench.container("drover-checker-1").update(state=state)
    planned = [item for item in bench.plan().operations if item["host"] == "h1"]
    (written,) = [item for item in planned if item["kind"] == "checker"]
    starts = [item for item in planned if item["kind"] == "start"]
    assert all(written["id"] in item["after"] for item in starts)
    assert bool(starts) == (state == "exited")
    bench.say("up")
    assert bench.plan().lines() == [] or state == "exited"


def test_a_checker_with_a_damaged_config_has_no_vote(bench: HealthBench) -> None:
    bench.checked(3)
    bench.say("500")
    for host in HOSTS:
        bench[host]["checker"]["file_revision"] = ""
    assert {item["kind"] for item in bench.plan().operations} == {"checker"}


def test_a_host_that_nobody_sees_keeps_its_members(bench: HealthBench) -> None:
    body = bench.checked(3)
    lost = body["members"]["web/1"]["host"]
    bench.blind = {(host, lost) for host in HOSTS if host != lost}
    bench.say("up", {f"{host}_web_1": "no route" for host in HOSTS if host != lost})
    assert bench.plan().lines() == []


def test_a_checker_that_is_cut_off_from_all_has_no_say(bench: HealthBench) -> None:
    bench.checked(3)
    bench.blind = {("h1", host) for host in HOSTS}
    bench.say("missing", {f"h1_web_{index}": "no route" for index in (1, 2, 3)})
    assert bench.plan().lines() == []


def test_a_member_that_only_its_own_host_reaches_is_not_replaced(bench: HealthBench) -> None:
    body = bench.checked(2)
    home = body["members"]["web/1"]["host"]
    bench.say("up", {f"{host}_web_1": "no route" for host in HOSTS if host != home})
    plan = bench.plan()
    assert plan.lines() == []


def test_another_check_is_another_server(bench: HealthBench) -> None:
    bench.checked(1)
    changed = stack({"web": service(health_check={**CHECK, "port": 81})})
    plan = bench.up(changed)
    assert {item["kind"] for item in plan.operations} == {"checker"}  # nothing is recreated
    body = body_of(plan.records[0])
    bench.record("shop", body, number=2)
    bench.say("500")  # said of port 80
    assert {item["kind"] for item in bench.plan().operations} == {"checker"}


def test_a_restart_has_to_prove_its_health_again(bench: HealthBench) -> None:
    bench.checked(1)
    bench.container("shop-web-1")["started_at"] = "2027-01-15T09:00:00Z"
    bench.configure()
    bench.say("500", since_s=59)
    plan = bench.plan()
    assert plan.lines() == []
    assert "reinitializing" in str(plan.notes[0])
    bench.say("500", since_s=60)
    assert "reinitializing for more than 60 s" in bench.plan().lines()[1]


def test_one_that_never_gets_healthy_is_replaced_and_gets_twice_the_time(
    bench: HealthBench,
) -> None:
    web = service(health_check=CHECK)
    bench.settled(stack({"web": web}))
    bench.configure()
    bench.say("refused", since_s=59)
    assert bench.plan().lines() == []
    bench.say("refused", since_s=60)
    assert "initializing for more than 60 s" in bench.carry_out(bench.plan())[1]
    bench.configure()
    bench.passes(3600)
    bench.say("refused", since_s=119)
    assert bench.plan().lines() == []
    bench.say("refused", since_s=120)
    assert "initializing for more than 120 s" in bench.carry_out(bench.plan())[1]


def test_the_clock_of_the_initializing_timeout_needs_a_checker_that_really_looks(
    bench: HealthBench,
) -> None:
    bench.settled(stack({"web": service(health_check=CHECK)}))
    bench.configure()
    bench.say("ini", since_s=100000)
    assert bench.plan().lines() == []


def test_zero_waits_for_ever(bench: HealthBench) -> None:
    check = {**CHECK, "initializing_timeout_ms": 0}
    bench.settled(stack({"web": service(health_check=check)}))
    bench.configure()
    bench.say("refused", since_s=10**6)
    assert bench.plan().lines() == []


# --- strategies ---


def test_strategy_none_only_tells(bench: HealthBench) -> None:
    bench.checked(2, strategy="none")
    bench.say("up", web_1="500")
    lines = bench.carry_out(bench.plan())
    assert kinds(lines) == ["verdict  shop-web-1"]
    plan = bench.plan()
    assert plan.lines() == []
    assert "unhealthy, 0 of 2 checkers: HTTP 500 (L7STS)" in str(plan.notes[0])
    bench.say("up")
    assert "healthy: 2 of 2 checkers" in bench.carry_out(bench.plan())[0]


def test_with_a_quorum_of_good_ones_the_unhealthy_is_replaced(bench: HealthBench) -> None:
    bench.checked(2, strategy="recreateOnQuorum", quorum=1)
    bench.say("up", web_1="500")
    assert "remove  shop-web-1" in kinds(bench.plan().lines())


def test_without_a_quorum_the_unhealthy_are_kept(bench: HealthBench) -> None:
    bench.checked(3, strategy="recreateOnQuorum", quorum=2)
    bench.say("500", web_3="up")
    lines = bench.carry_out(bench.plan())
    assert kinds(lines) == ["verdict  shop-web-1", "verdict  shop-web-2"]
    plan = bench.plan()
    assert plan.lines() == []
    assert "kept: recreateOnQuorum wants 2 healthy, there are 1" in str(plan.held[0])


# --- brakes ---


def test_one_repair_in_flight_at_a_time(bench: HealthBench) -> None:
    bench.checked(5)
    bench.say("up", web_1="500", web_2="500")
    plan = bench.plan()
    assert [line for line in kinds(plan.lines()) if line.startswith("remove")] == [
        "remove  shop-web-1"
    ]
    assert "1 of 5 being replaced already: holding 1 until healthy (2)" in str(plan.held[0])
    bench.carry_out(plan)
    bench.configure()
    bench.say("up", web_1="refused", web_2="500", since_s=20)
    assert "remove  shop-web-2" not in kinds(bench.plan().lines())
    bench.say("up", web_2="500")
    assert "remove  shop-web-2" in kinds(bench.plan().lines())


def test_of_many_members_a_quarter_may_be_replaced_at_once(bench: HealthBench) -> None:
    bench.checked(12)
    bench.say("up", {f"web_{index}": "500" for index in range(1, 6)})
    removed = [line for line in kinds(bench.plan().lines()) if line.startswith("remove")]
    assert len(removed) == 3


def test_when_most_fail_at_once_one_is_probed_and_the_rest_held(bench: HealthBench) -> None:
    bench.checked(4)
    bench.say("500", web_4="up")
    plan = bench.plan()
    assert sum(line.startswith("remove") for line in kinds(plan.lines())) == 1
    assert "3 of 4 unhealthy at once: probing 1, holding 2" in str(plan.held[0])
    bench.carry_out(plan)
    bench.configure()
    bench.say("500", web_4="up", since_s=30)
    plan = bench.plan()
    assert plan.lines() == []
    assert "3 of 4 unhealthy at once: probing 1, holding 2" in str(plan.held[0])


def test_when_the_cause_is_gone_nothing_else_was_killed(bench: HealthBench) -> None:
    bench.checked(4)
    bench.say("500")
    bench.carry_out(bench.plan())
    bench.configure()
    bench.say("up")
    lines = bench.carry_out(bench.plan())
    assert sorted(kinds(lines)) == [f"verdict  shop-web-{index}" for index in range(1, 5)]
    assert bench.plan().lines() == []


def test_the_brakes_can_be_set(bench: HealthBench) -> None:
    bench.settings = {"repair_percent": 100, "mass_failure_percent": 100}
    bench.checked(4)
    bench.say("500")
    removed = [line for line in kinds(bench.plan().lines()) if line.startswith("remove")]
    assert len(removed) == 4


def flap(bench: HealthBench) -> str:
    """One round of getting sick; what is planned or held."""
    bench.say("up", web_1="500")
    plan = bench.plan()
    removed = any(line.startswith("remove") for line in kinds(plan.lines()))
    bench.carry_out(plan)
    bench.configure()
    bench.say("up")
    bench.carry_out(bench.plan())
    return "replaced" if removed else str(plan.held[0])


def test_repairs_in_a_row_back_off_and_end_in_a_visible_given_up(bench: HealthBench) -> None:
    bench.checked(2)
    assert flap(bench) == "replaced"
    assert "replaced once lately, next in 10 s" in flap(bench)
    for wait in (10, 20, 40, 80, 160, 320, 600):
        bench.passes(wait)
        assert flap(bench) == "replaced"
    bench.passes(1799)
    assert "given up after 8 repairs" in flap(bench)
    assert "reconcile -e retry=shop/web" in flap(bench)


def test_a_person_ends_a_given_up(bench: HealthBench) -> None:
    test_repairs_in_a_row_back_off_and_end_in_a_visible_given_up(bench)
    bench.say("up", web_1="500")
    bench.carry_out(bench.plan())
    removed = bench.plan(retry=["shop/web"]).lines()
    assert "remove  shop-web-1" in kinds(removed)


def test_lasting_health_begins_a_new_row(bench: HealthBench) -> None:
    bench.checked(2)
    assert flap(bench) == "replaced"
    bench.passes(1800)
    assert flap(bench) == "replaced"
    assert bench.health("web/1")["repairs"] == 1


def test_a_member_that_a_person_had_removed_begins_a_new_row(bench: HealthBench) -> None:
    bench.checked(2)
    assert flap(bench) == "replaced"
    assert "replaced once lately" in flap(bench)
    for scale in (0, 2):
        bench.command("scale", service="web", scale=scale)
    bench.configure()
    bench.say("up")
    bench.carry_out(bench.plan())
    assert flap(bench) == "replaced"
    assert bench.health("web/1")["repairs"] == 1


def test_a_given_up_member_does_not_hold_up_another(bench: HealthBench) -> None:
    bench.checked(5)
    for wait in (0, 10, 20, 40, 80, 160, 320, 600):
        bench.passes(wait)
        flap(bench)
    bench.say("up", web_1="500", web_2="500")
    assert "remove  shop-web-2" in kinds(bench.plan().lines())


def cannot_start(bench: HealthBench, failures: int) -> None:
    """web/1 was replaced, and its new container failed to start so often in a row."""
    bench.say("up", web_1="500", web_2="500")
    bench.carry_out(bench.plan())
    made = bench.container("shop-web-1")
    made.update(state="created", started_at="0001-01-01T00:00:00Z")
    for host in HOSTS:
        life = bench[host]["records"]["shop"]["life"]
        if "web/1" in life:
            failed = {"failures": failures, "last_failure": bench[host]["now"], "reason": "no"}
            life["web/1"] = {**life["web/1"], **failed, "config_hash": made["config_hash"]}
    bench.configure()
    bench.say("up", web_2="500")


def test_a_replacement_that_cannot_start_holds_up_another_until_it_is_given_up(
    bench: HealthBench,
) -> None:
    """A brake that never opened: it stayed in flight for ever (review of 0.1.0, finding 5)."""
    bench.checked(5)
    cannot_start(bench, 7)
    plan = bench.plan()
    assert "remove  shop-web-2" not in kinds(plan.lines())
    assert "1 of 5 being replaced already: holding 1 until healthy (2)" in " ".join(
        map(str, plan.held)
    )
    for host in HOSTS:
        life = bench[host]["records"]["shop"]["life"]
        if "web/1" in life:
            life["web/1"]["failures"] = 8
    plan = bench.plan()
    assert "remove  shop-web-2" in kinds(plan.lines())
    assert [message.code for message in plan.held] == ["given_up"]


def test_a_given_up_start_of_another_definition_is_still_waited_for(bench: HealthBench) -> None:
    bench.checked(5)
    cannot_start(bench, 8)
    for host in HOSTS:
        life = bench[host]["records"]["shop"]["life"]
        if "web/1" in life:
            life["web/1"]["config_hash"] = "another"
    assert "remove  shop-web-2" not in kinds(bench.plan().lines())


def test_a_lost_ledger_kills_nothing(bench: HealthBench) -> None:
    bench.checked(3)
    for host in HOSTS:
        bench[host]["records"]["shop"]["life"] = {}
    bench.say("500", since_s=10)
    assert bench.plan().lines() == []


@pytest.mark.parametrize("skew_s", [-600, 600])
def test_a_host_whose_clock_is_off_changes_nothing(bench: HealthBench, skew_s: int) -> None:
    """Times are compared only with others of the same host; checkers give durations."""
    body = bench.checked(3)
    for host in HOSTS:
        bench[host]["now"] += skew_s if host == body["members"]["web/1"]["host"] else 0
    assert bench.plan().lines() == []
    bench.say("up", web_1="500")
    assert "remove  shop-web-1" in kinds(bench.carry_out(bench.plan()))
    bench.configure()
    bench.say("up")
    bench.carry_out(bench.plan())
    assert bench.plan().lines() == []


def test_a_clock_that_was_set_back_holds_no_repair(bench: HealthBench) -> None:
    bench.checked(2)
    assert flap(bench) == "replaced"
    bench.passes(-600)
    assert flap(bench) == "replaced"


def test_a_crash_loop_does_not_make_the_checkers_reload(bench: HealthBench) -> None:
    """A reload forgets how often a server failed: with one at each crash nobody else would ever be found down."""
    bench.checked(2)
    crashing = bench.container("shop-web-1")
    crashing.update(restart_count=9, started_at="2027-01-15T07:59:59Z")
    assert bench.plan().lines() == []
    assert "crash loop" in " ".join(map(str, bench.plan().held))
