# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host remembers what a plan holds back: where it is about, or another of the stack."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.held import (
    Keeper,
    refusals_to_note,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan

HOSTS = {"shop": ["h1", "h2"]}
UNSEEN = {"code": "host_not_seen", "parameters": {"reason": "off"}}


def to_note(*held: Fact, scope: list[str] | None = None, **remembered: dict[str, t.Any]) -> t.Any:
    return refusals_to_note(Plan(held=list(held)), Keeper(HOSTS, remembered, scope))


def unseen(host: str) -> Fact:
    return Fact("host_not_seen", {"reason": "off"}, "shop", "web", 1, host)


def waits(wait_s: int) -> dict[str, t.Any]:
    return {"owner": "ann", "reason": "up", "wait_s": wait_s}


def test_the_host_that_it_is_about_remembers() -> None:
    assert to_note(unseen("h2"), h1={}, h2={}) == {"h2": {"shop/web/1": UNSEEN}}


def test_about_a_lost_host_another_of_the_stack_remembers() -> None:
    assert to_note(unseen("h1"), h2={}, h3={}) == {"h2": {"shop/web/1": UNSEEN}}


def test_what_is_remembered_already_is_no_work() -> None:
    """Numbers are measures: they change while the fact stays the same."""
    before = {"code": "lease_waits", "parameters": waits(12)}
    now = Fact("lease_waits", waits(3), "shop", "web", 1, "h1")
    assert to_note(now, h1={"shop/web/1": before}, h2={}) == {}


def test_another_reason_is_work() -> None:
    before = {"code": "host_not_seen", "parameters": {"reason": "no route"}}
    assert to_note(unseen("h1"), h1={"shop/web/1": before}) == {"h1": {"shop/web/1": UNSEEN}}


def test_what_ended_is_work() -> None:
    assert to_note(h1={"shop/web/1": UNSEEN}, h2={}) == {"h1": {}}


def test_a_pass_for_one_stack_leaves_the_others_alone() -> None:
    remembered = {"other/web/1": UNSEEN, "shop": UNSEEN}
    assert to_note(h1=remembered, scope=["shop"]) == {"h1": {"other/web/1": UNSEEN}}


def test_what_is_about_no_stack_is_remembered_nowhere() -> None:
    assert to_note(Fact("no_host", host="h9"), h1={}) == {}
