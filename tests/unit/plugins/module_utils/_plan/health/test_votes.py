# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a vote, and the verdict that follows."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.generation import generation_of
from ansible_collections.drover.docker.plugins.module_utils._model.ledger import Health
from ansible_collections.drover.docker.plugins.module_utils._plan.health.verdict import Vote, judge
from ansible_collections.drover.docker.plugins.module_utils._plan.health.votes import (
    Opinion,
    count_votes,
    describe,
)
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK, report

OLD, NEW, OTHER = "aaaa-1", "aaaa-2", "bbbb-1"
UP, DOWN = Vote("h2", True, Fact("no_report"), 1), Vote("h3", False, Fact("no_report"), 1)


def votes(result: str, **changes: t.Any) -> list[Vote]:
    """The votes of one checker that sees the host since long, and is right, unless told otherwise."""
    control = changes.pop("control", report("up"))
    witness = changes.pop("witness", report(result))
    others = changes.pop("others", [])
    mine = Opinion("h2", report(result, **changes), control)
    return count_votes(CHECK, [mine], witness=Opinion("h1", witness, None, others))


def test_a_completed_good_check_is_a_vote() -> None:
    assert [vote.up for vote in votes("up")] == [True]


@pytest.mark.parametrize("result", ["500", "refused", "timeout", "no route", "closes"])
def test_a_lasting_failure_is_a_vote_against(result: str) -> None:
    assert [vote.up for vote in votes(result)] == [False]


@pytest.mark.parametrize(
    "result", ["ini", "failing", "recovering", "reloaded", "maint", "local fault"]
)
def test_what_is_not_sure_is_no_vote(result: str) -> None:
    assert votes(result) == []


def test_a_checker_without_report_has_no_vote() -> None:
    assert count_votes(CHECK, [Opinion("h2", None, report("up"))], witness=None) == []


@pytest.mark.parametrize("control", [None, report("no route"), report("ini"), report("recovering")])
@pytest.mark.parametrize("result", ["500", "refused", "timeout"])
def test_who_does_not_see_the_host_has_no_vote_against(
    result: str, control: dict[str, t.Any] | None
) -> None:
    assert votes(result, control=control) == []


def test_who_does_not_see_the_host_may_still_say_that_a_member_works() -> None:
    assert [vote.up for vote in votes("up", control=report("no route"))] == [True]


def test_a_fresh_failure_to_reach_it_is_no_vote_as_the_control_target_may_follow() -> None:
    assert votes("no route", since_s=2) == []
    assert len(votes("no route", since_s=3)) == 1


def test_a_wrong_answer_counts_at_once_as_the_way_is_good() -> None:
    assert len(votes("500", since_s=0)) == 1


def test_after_a_cut_members_get_time_to_come_up_again() -> None:
    # rise 2 x 2 s + 2 s of timeout + 3 s
    assert votes("no route", control=report("up", since_s=9)) == []
    assert len(votes("no route", control=report("up", since_s=10))) == 1


@pytest.mark.parametrize("result", ["no route", "refused", "timeout"])
def test_who_says_not_reached_needs_the_word_of_the_members_own_host(result: str) -> None:
    assert votes(result, witness=report("up")) == []
    assert len(votes(result, witness=report("refused"))) == 1
    assert len(votes(result, witness=report("500"))) == 1


@pytest.mark.parametrize("word", ["ini", "failing", "recovering", "maint", "local fault"])
def test_a_witness_that_is_not_sure_confirms_nothing(word: str) -> None:
    assert votes("no route", witness=report(word)) == []
    assert votes("no route", witness=None) == []


@pytest.mark.parametrize("backend", ["control", "shop.web.2"])
@pytest.mark.parametrize("other", ["no route", "ini", "recovering", "failing", "500", "timeout"])
def test_a_witness_that_finds_nothing_else_up_confirms_nothing(backend: str, other: str) -> None:
    others = [report(other, backend=backend)]
    assert votes("no route", others=others) == []
    assert len(votes("no route", others=[*others, report("up")])) == 1
    assert len(votes("no route", witness=report("500"), others=others)) == 1
    assert len(votes("timeout", others=others)) == 1  # it took the connection


def test_a_witness_that_finds_others_up_only_since_a_moment_confirms_nothing() -> None:
    assert votes("no route", others=[report("up", since_s=9)]) == []
    assert len(votes("no route", others=[report("up", since_s=10)])) == 1


def test_on_a_single_host_a_refusal_is_the_applications_own() -> None:
    assert len(votes("refused", others=[report("refused", backend="shop.web.2")])) == 1
    assert votes("refused", others=[report("no route", backend="control")]) == []


def test_a_witness_does_not_excuse_a_wrong_answer() -> None:
    assert len(votes("500", witness=report("up"))) == 1


@pytest.mark.parametrize("failed", [0, 1, 2])
def test_the_first_failure_of_a_server_that_is_new_is_not_as_many_as_are_asked_for(
    failed: int,
) -> None:
    # fall 3 x 2 s
    assert votes("500", since_s=0, failed=failed) == []
    assert votes("500", since_s=3, failed=failed) == []
    assert len(votes("500", since_s=4, failed=failed)) == 1


def test_as_many_failures_as_are_asked_for_are_enough() -> None:
    assert len(votes("500", since_s=0, failed=3)) == 1


def test_a_running_check_does_not_take_back_the_last_result() -> None:
    assert len(votes("timeout", check_status="* L7TOUT")) == 1
    assert votes("timeout", check_status="* INI") == []


def test_a_failure_lasts_no_longer_than_the_view_of_the_host() -> None:
    assert votes("500", since_s=50, control=report("up", since_s=20))[0].since_s == 20


@pytest.mark.parametrize(
    ("result", "text"),
    [("500", "HTTP 500 (L7STS)"), ("refused", "connection refused (L4CON)")],
)
def test_results_are_put_into_words(result: str, text: str) -> None:
    assert describe(report(result)).text == text


# --- verdicts: rancher-1.6.md 1.4 and 1.6 ---


def health(verdict: str, generation: str = OLD) -> Health:
    return Health(
        generation=generation,
        verdict=verdict,
        since=0.0,
        why="",
        repairs=0,
        last_repair=0.0,
        repairing=False,
        basis="",
    )


@pytest.mark.parametrize("before", ["initializing", "reinitializing", "healthy", "unhealthy"])
def test_one_up_makes_healthy_from_any_state(before: str) -> None:
    assert judge(health(before), OLD, [UP, DOWN, DOWN]) == "healthy"


@pytest.mark.parametrize("before", ["initializing", "reinitializing", "healthy", "unhealthy"])
def test_without_a_vote_the_verdict_stays(before: str) -> None:
    assert judge(health(before), OLD, []) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("healthy", "unhealthy"),
        ("unhealthy", "unhealthy"),
        ("initializing", "initializing"),
        ("reinitializing", "reinitializing"),
    ],
)
def test_down_makes_unhealthy_only_what_was_healthy(before: str, after: str) -> None:
    assert judge(health(before), OLD, [DOWN]) == after


@pytest.mark.parametrize("vote", [[], [DOWN]])
def test_a_new_container_has_to_prove_its_health(vote: list[Vote]) -> None:
    assert judge(None, OLD, vote) == "initializing"
    assert judge(health("healthy"), OTHER, vote) == "initializing"


@pytest.mark.parametrize("vote", [[], [DOWN]])
def test_a_restart_never_inherits_the_state_before_it(vote: list[Vote]) -> None:
    assert judge(health("healthy"), NEW, vote) == "reinitializing"
    assert judge(health("unhealthy"), NEW, vote) == "reinitializing"
    assert judge(health("initializing"), NEW, vote) == "initializing"


def test_a_generation_is_one_life_of_one_container() -> None:
    first = generation_of("3f9c0a1b2c3d4e5f", "2026-11-22T10:00:00.123Z")
    assert first == "3f9c0a1b2c3d-20261122100000123"
    assert first != generation_of("3f9c0a1b2c3d4e5f", "2026-11-22T10:00:09.123Z")
