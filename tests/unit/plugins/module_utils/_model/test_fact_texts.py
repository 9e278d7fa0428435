# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts within facts, and the sentences that depend on numbers."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.fact import (
    Fact,
    FactData,
    as_data,
    kind_of,
)

SICK = Fact(
    "unhealthy",
    {
        "why": Fact("checkers_say", {"ups": 0, "asked": 2, "answer": "HTTP 500 (L7STS)"}).as_data,
        "down_s": 12.4,
    },
)


def test_the_text_of_a_fact_has_those_of_the_facts_in_it() -> None:
    held = Fact("repair_backoff", {"sick": SICK.as_data, "repairs": 2, "wait_s": 9.6})
    assert held.text == (
        "unhealthy: 0 of 2 checkers: HTTP 500 (L7STS), 12 s; replaced 2 times lately, next in 10 s"
    )


def test_measures_of_a_fact_within_a_fact_are_no_part_of_its_kind() -> None:
    def held(down_s: float, answer: str) -> t.Any:
        why = Fact("checkers_say", {"ups": 0, "asked": 2, "answer": answer}).as_data
        sick = Fact("unhealthy", {"why": why, "down_s": down_s}).as_data
        return kind_of(Fact("repair_backoff", {"sick": sick, "repairs": 1, "wait_s": 9}).as_data)

    assert held(12.4, "HTTP 500") == held(14.4, "HTTP 500")
    assert held(12.4, "HTTP 500") != held(12.4, "connection refused")


def test_a_crash_loop_is_one_fact_whether_it_happens_to_run_or_not() -> None:
    running = Fact("crash_loop", {"restarts": 3, "exit_code": None})
    restarting = Fact("crash_loop", {"restarts": 4, "exit_code": 1})
    assert running.text == "crash loop: restarted 3 times by the engine"
    assert restarting.text == "crash loop: restarted 4 times by the engine, exit code 1"
    assert kind_of(running.as_data) == kind_of(restarting.as_data)


@pytest.mark.parametrize(
    ("code", "parameters", "expected"),
    [
        ("draining", {"sessions": 1, "left_s": 4.6}, "draining: 1 session left, at most 5 s"),
        ("draining", {"sessions": 2, "left_s": 4.6}, "draining: 2 sessions left, at most 5 s"),
        ("failed", {"failures": 1, "wait_s": 9, "error": "no"}, "failed once, next try in 9 s: no"),
        (
            "failed",
            {"failures": 2, "wait_s": 9, "error": "no"},
            "failed 2 times, next try in 9 s: no",
        ),
        ("checkers_say", {"ups": 1, "asked": 1, "answer": ""}, "1 of 1 checker"),
        ("verdict", {"verdict": "unhealthy", "why": "w", "down_s": 0.0}, "unhealthy, w"),
        ("verdict", {"verdict": "unhealthy", "why": "w", "down_s": 7.0}, "unhealthy, w, 7 s"),
        (
            "conflict",
            {
                "recorded": "h1",
                "places": [
                    {"name": "shop-web-1", "id": "0a", "host": "h1"},
                    {"name": "shop-web-1", "id": "0b", "host": "h2"},
                ],
            },
            "recorded on h1, but its labels are on: shop-web-1 (0a) on h1, shop-web-1 (0b) on h2; left alone;"
            " remove the wrong one",
        ),
        (
            "of a later release",
            {"b": 1, "a": SICK.as_data},
            f"of a later release: a {SICK.text}, b 1",
        ),
    ],
)
def test_the_text_of_a_fact(code: str, parameters: dict[str, t.Any], expected: str) -> None:
    assert Fact(code, parameters).text == expected


def test_causes_by_host_are_told_once_each_with_their_hosts() -> None:
    reasons = as_data(
        {
            "h1": Fact("host_labels"),
            "h2": Fact("port_taken", {"port": "80/tcp", "container": "x"}),
            "h3": Fact("host_labels"),
        }
    )
    assert Fact("no_host_fits", {"reasons": reasons}).text == (
        "no host fits: h1, h3: its labels do not match; h2: port 80/tcp is taken by container x"
    )


def test_measures_in_causes_by_host_are_no_part_of_the_kind() -> None:
    def held(wait_s: float, error: str = "no") -> t.Any:
        reasons = as_data({"h1": Fact("config_refused", {"error": error, "wait_s": wait_s})})
        return kind_of(Fact("no_host_fits", {"reasons": reasons}).as_data)

    assert held(12) == held(3)
    assert held(12) != held(12, "never")


def test_what_release_0_1_0_wrote_is_a_fact_with_its_text() -> None:
    assert Fact.read("paused") == Fact("text", {"text": "paused"})
    assert Fact.read(Fact("paused").as_data) == Fact("paused")


def nested(levels: int) -> FactData:
    found = Fact("paused").as_data
    for _level in range(levels):
        found = Fact("to_replace", {"why": found}).as_data
    return found


@pytest.mark.parametrize("found", [None, 3, {"code": 3, "parameters": {}}, {}, [], nested(300)])
def test_what_no_release_wrote_is_no_error(found: t.Any) -> None:
    """Nested too deep, it would end the whole pass when it is turned into text."""
    assert Fact.read(found) == Fact("unreadable")


def test_our_own_facts_are_not_too_deep() -> None:
    assert Fact.read(nested(5)).text == "to be replaced; " * 5 + "paused"
