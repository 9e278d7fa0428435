# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upgrade replaces serves on until the load balancers send requests to its heir."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.entry import KEPT, MemberEntry
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.succession import (
    PATIENCE_S,
    Succession,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    World,
    settings_for,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import observation

OLD = MemberId("shop", "web", 1)
NEW = MemberId("shop", "web", 1, 7)
NOW = 1000.0


def entry(**changes: t.Any) -> MemberEntry:
    found = {
        "host": "h1",
        "launch": "1:a",
        "address": "10.42.128.1",
        "network": "drover",
        "create_index": 1,
        "volumes": {},
        "retired": False,
    }
    return t.cast("MemberEntry", {**found, **changes})


def report(member: MemberId, status: str = "UP", **changes: t.Any) -> dict[str, t.Any]:
    return {"server": member.dotted, "status": status, "drain": False, "sessions": 0, **changes}


def succession(
    *balancers: list[dict[str, t.Any]], age_s: float = 1.0, **members: MemberEntry
) -> Succession:
    """C(old) and C(new): the slots of one member; each load balancer with its reports."""
    found = {f"shop.lb.{number}": {"reports": item} for number, item in enumerate(balancers, 1)}
    seen = t.cast(Observation, observation("h1", now=NOW, balancers=found))
    world = World({"h1": seen}, settings=settings_for(["h1"]), host_labels={})
    old = members.get("old") or entry(role=KEPT, since=NOW - age_s)
    return Succession(world, "shop", {"web/1": old, "web/1@7": members.get("new") or entry()})


CASES: dict[str, tuple[list[list[dict[str, t.Any]]], bool]] = {
    "both are up": ([[report(OLD), report(NEW)]], False),
    "the heir is not there yet": ([[report(OLD)]], True),
    "the heir is down": ([[report(OLD), report(NEW, "DOWN")]], True),
    "going down counts as up": ([[report(OLD), report(NEW, "UP 1/3")]], False),
    "one of two load balancers lacks it": ([[report(OLD), report(NEW)], [report(OLD)]], True),
    "nobody sends to the old one": ([[report(OLD, "DOWN"), report(NEW, "DOWN")]], False),
    "it drains already": ([[report(OLD, drain=True), report(NEW, "DOWN")]], False),
    "no load balancer": ([], False),
}


@pytest.mark.parametrize("case", CASES)
def test_waits(case: str) -> None:
    balancers, waits = CASES[case]
    found = succession(*balancers)
    assert found.waits(OLD) is waits
    assert found.lingering == ({OLD} if waits else set())


def test_it_does_not_wait_for_ever() -> None:
    assert not succession([report(OLD)], age_s=PATIENCE_S).waits(OLD)
    assert succession([report(OLD)], age_s=PATIENCE_S - 1).waits(OLD)


def test_without_an_heir_there_is_nothing_to_wait_for() -> None:
    assert not succession([report(OLD)], new=entry(retired=True)).waits(OLD)


def test_what_is_given_up_waits_for_its_heir_too() -> None:
    given_up = entry(retired=True, since=NOW)
    assert succession([report(OLD)], old=given_up).waits(OLD)
