# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disruption budget of a service, in numbers."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._plan.disruption import (
    Cause,
    Disruption,
    Limits,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import Settings


def web(*indexes: int) -> list[MemberId]:
    return [MemberId("shop", "web", index) for index in indexes]


def budget(
    wanted: int, *, good: int = 0, limits: t.Mapping[str, int] | None = None, **causes: list[int]
) -> Disruption:
    """A budget with these members unavailable, by the name of the cause."""
    found = Disruption(
        "shop",
        "web",
        wanted=wanted,
        limits=Limits(**{"mass_failure_percent": 50, **(limits or {})}),
    )
    found.good = good
    for cause, indexes in causes.items():
        found.note(Cause[cause.upper()], web(*indexes))
    return found


def text(fact: Fact | None) -> str:
    return fact.text if fact else ""


def test_one_that_is_sick_may_be_taken() -> None:
    assert budget(5, unhealthy=[1]).may_take(web(1)[0]) is None


def test_as_many_as_the_limit_says() -> None:
    seen = budget(12, unhealthy=[1, 2, 3], limits={"at_once": 2})
    for member in web(1, 2):
        assert seen.may_take(member) is None
        seen.reserve(member)
    assert text(seen.may_take(web(3)[0])).startswith("0 of 12 being replaced already")


def test_one_in_flight_takes_a_place() -> None:
    seen = budget(5, unhealthy=[2], in_flight=[1])
    refusal = seen.may_take(web(2)[0])
    assert text(refusal) == "1 of 5 being replaced already: holding 1 until healthy (2)"


def test_one_in_flight_may_be_taken_again() -> None:
    assert budget(5, unhealthy=[1], in_flight=[1]).may_take(web(1)[0]) is None


def test_one_that_was_drained_and_is_in_flight_now_counts_once() -> None:
    seen = budget(12, unhealthy=[1, 2], limits={"at_once": 2})
    seen.reserve(web(1)[0])
    seen.note(Cause.IN_FLIGHT, web(1))
    assert seen.may_take(web(2)[0]) is None


@pytest.mark.parametrize("cause", ["overdue", "unhealthy", "in_flight", "given_up"])
def test_whatever_is_missing_counts_for_a_mass_failure(cause: str) -> None:
    seen = budget(8, unhealthy=[1, 2, 3, 4], limits={"at_once": 8})
    assert seen.held(web(1)).code == "repairs_in_flight"  # half of them is not more than half
    seen.note(Cause[cause.upper()], web(5))
    assert text(seen.held(web(2, 3))).startswith("5 of 8 unhealthy at once")


def test_in_a_mass_failure_one_is_tried() -> None:
    seen = budget(4, unhealthy=[1, 2, 3], limits={"at_once": 4})
    assert seen.may_take(web(1)[0]) is None
    seen.reserve(web(1)[0])
    seen.note(Cause.IN_FLIGHT, web(1))
    assert seen.may_take(web(2)[0])
    assert text(seen.held(web(2, 3))) == "3 of 4 unhealthy at once: probing 1, holding 2 (2, 3)"


def test_a_single_member_is_no_mass() -> None:
    assert budget(1, unhealthy=[1]).held(web(1)).code == "repairs_in_flight"


def test_one_that_was_given_up_holds_nobody() -> None:
    assert budget(5, unhealthy=[2], given_up=[1]).may_take(web(2)[0]) is None


def test_below_the_quorum_the_unhealthy_are_kept() -> None:
    seen = budget(4, good=1, unhealthy=[1], overdue=[2], limits={"quorum": 2, "at_once": 4})
    refusal = seen.may_take(web(1)[0])
    assert text(refusal) == "kept: recreateOnQuorum wants 2 healthy, there are 1"
    assert refusal == Fact("kept_for_quorum", {"quorum": 2, "good": 1}, "shop", "web", 1)
    assert seen.may_take(web(2)[0]) is None
    seen.good = 2
    assert seen.may_take(web(1)[0]) is None


CHECK = {"strategy": "recreate", "quorum": 3}


@pytest.mark.parametrize(
    ("check", "wanted", "expected"),
    [
        (CHECK, 12, Limits(3, 50, 0)),
        (CHECK, 3, Limits(1, 50, 0)),
        ({**CHECK, "strategy": "recreateOnQuorum"}, 8, Limits(2, 50, 3)),
        (None, 12, Limits(1, 100, 0)),
    ],
)
def test_the_limits_of_a_service(
    check: dict[str, t.Any] | None, wanted: int, expected: Limits
) -> None:
    assert Limits.of(Settings(), check, wanted) == expected
