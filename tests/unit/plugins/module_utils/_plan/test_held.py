# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host remembers what a plan holds back: where it is about, or another of the stack."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._plan.held import (
    Keeper,
    refusals_to_note,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Message,
    Plan,
)

HOSTS = {"shop": ["h1", "h2"]}


def to_note(*held: Message, scope: list[str] | None = None, **remembered: dict[str, str]) -> t.Any:
    return refusals_to_note(Plan(held=list(held)), Keeper(HOSTS, remembered, scope))


def test_the_host_that_it_is_about_remembers() -> None:
    message = Message("crash loop: 5 starts", "shop", "web", 1, "h2")
    assert to_note(message, h1={}, h2={}) == {"h2": {"shop/web/1": "crash loop: 5 starts"}}


def test_about_a_lost_host_another_of_the_stack_remembers() -> None:
    message = Message("its host was not seen", "shop", "web", 1, "h1")
    assert to_note(message, h2={}, h3={}) == {"h2": {"shop/web/1": "its host was not seen"}}


def test_what_is_remembered_already_is_no_work() -> None:
    message = Message("next try in 3 s", "shop", "web", 1, "h1")
    assert to_note(message, h1={"shop/web/1": "next try in 12 s"}, h2={}) == {}


def test_what_ended_is_work() -> None:
    assert to_note(h1={"shop/web/1": "given up"}, h2={}) == {"h1": {}}


def test_a_pass_for_one_stack_leaves_the_others_alone() -> None:
    remembered = {"other/web/1": "given up", "shop": "held"}
    assert to_note(h1=remembered, scope=["shop"]) == {"h1": {"other/web/1": "given up"}}


def test_what_is_about_no_stack_is_remembered_nowhere() -> None:
    assert to_note(Message("no answer", host="h9"), h1={}) == {}
