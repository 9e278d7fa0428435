# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of situations: what a member or a container is in, row by row."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    ObservedContainer,
)
from ansible_collections.drover.docker.plugins.module_utils._plan import (
    leftovers,
    situation,
    steps,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.situation import (
    ContainerView,
    Leftover,
    MemberView,
    Situation,
    leftover_of,
    remarks_of,
    situation_of,
)

NEVER = "0001-01-01T00:00:00Z"
LATELY = "2027-01-15T08:00:00Z"


def view(state: str = "", *, started_at: str = LATELY, **changes: t.Any) -> MemberView:
    """A member whose container is in this state; empty for no container."""
    container = {"state": state, "started_at": started_at}
    located = [("h1", container)] if state else []
    fields: dict[str, t.Any] = {"host": "h1", "located": located, **changes}
    return MemberView(**fields)


def two(**changes: t.Any) -> MemberView:
    container = {"state": "running", "started_at": LATELY}
    return view(located=[("h1", container), ("h1", container)], **changes)


def elsewhere(**changes: t.Any) -> MemberView:
    return view(located=[("h2", {"state": "running", "started_at": LATELY})], **changes)


ROBBED = {"impostor": "shop-web-copy", "taken": "volume data"}

MEMBERS = [
    ("two containers", two(), Situation.CONFLICT),
    ("on another host", elsewhere(), Situation.CONFLICT),
    ("two containers, host unseen", two(is_seen=False), Situation.CONFLICT),
    ("host unseen", view(is_seen=False), Situation.HOST_UNSEEN),
    ("no container", view(), Situation.MISSING),
    ("no container, to be made only", view(wanted="created"), Situation.MISSING),
    ("no container, stopped", view(wanted="stopped"), Situation.AT_REST),
    ("no container, stopped, robbed", view(wanted="stopped", **ROBBED), Situation.AT_REST),
    ("no container, robbed", view(**ROBBED), Situation.IMPERSONATED),
    ("no container, robbed, name taken", view(holder="1", **ROBBED), Situation.IMPERSONATED),
    ("no container, name taken", view(holder="1"), Situation.NAME_TAKEN),
    (
        "never run, corrected",
        view("created", started_at=NEVER, is_current=False),
        Situation.NEVER_RUN,
    ),
    (
        "never run, corrected, one of ours",
        view("created", started_at=NEVER, is_current=False, is_system=True),
        Situation.NEVER_RUN,
    ),
    (
        "never run, corrected, stopped",
        view("created", started_at=NEVER, is_current=False, wanted="stopped"),
        Situation.AT_REST,
    ),
    (
        "made again, ran before",
        view("created", started_at=LATELY, is_current=False),
        Situation.STOPPED,
    ),
    ("ours, outdated", view("running", is_current=False, is_system=True), Situation.OUTDATED),
    (
        "ours, outdated, stopped",
        view("exited", is_current=False, is_system=True, wanted="stopped"),
        Situation.OUTDATED,
    ),
    ("not ours, outdated", view("running", is_current=False), Situation.RUNNING),
    ("runs, stopped", view("running", wanted="stopped"), Situation.TO_STOP),
    ("paused, stopped", view("paused", wanted="stopped"), Situation.TO_STOP),
    ("restarting, stopped", view("restarting", wanted="stopped"), Situation.TO_STOP),
    (
        "runs, stopped by a minority",
        view("running", wanted="stopped", is_decided=False),
        Situation.UNDECIDED,
    ),
    ("runs, a minority's record", view("running", is_decided=False), Situation.RUNNING),
    ("is stopped, by a minority", view("exited", wanted="stopped"), Situation.AT_REST),
    ("runs", view("running"), Situation.RUNNING),
    ("runs, robbed", view("running", **ROBBED), Situation.RUNNING),
    ("runs, its own name", view("running", holder="1"), Situation.RUNNING),
    ("runs, made only", view("running", wanted="created"), Situation.RUNNING),
    ("runs, once", view("running", start_once=True), Situation.RUNNING),
    ("runs, crash loop", view("running", is_crash_loop=True), Situation.CRASH_LOOP),
    ("restarting, crash loop", view("restarting", is_crash_loop=True), Situation.CRASH_LOOP),
    ("stopped after a crash loop", view("exited", is_crash_loop=True), Situation.STOPPED),
    ("restarting", view("restarting"), Situation.RESTARTING),
    ("paused", view("paused"), Situation.PAUSED),
    ("paused, robbed", view("paused", **ROBBED), Situation.PAUSED),
    ("paused, made only", view("paused", wanted="created"), Situation.AT_REST),
    ("being removed", view("removing"), Situation.BEING_REMOVED),
    ("being removed, robbed", view("removing", **ROBBED), Situation.BEING_REMOVED),
    ("ended", view("exited"), Situation.STOPPED),
    ("ended, once", view("exited", start_once=True), Situation.AT_REST),
    ("ended, made only", view("exited", wanted="created"), Situation.AT_REST),
    ("not started yet", view("created", started_at=NEVER), Situation.STOPPED),
    ("not started yet, once", view("created", start_once=True), Situation.STOPPED),
    ("ended, robbed", view("exited", **ROBBED), Situation.IMPERSONATED),
    ("ended, its own name", view("exited", holder="1"), Situation.STOPPED),
    ("dead", view("dead"), Situation.DEAD),
    ("dead, half repaired", view("dead", is_half_repaired=True), Situation.DEAD),
    ("dead, robbed", view("dead", **ROBBED), Situation.IMPERSONATED),
    ("half repaired", view("exited", is_half_repaired=True), Situation.HALF_REPAIRED),
    (
        "half repaired, robbed",
        view("exited", is_half_repaired=True, **ROBBED),
        Situation.IMPERSONATED,
    ),
    ("a state of a later engine", view("hibernating"), Situation.STOPPED),
]


@pytest.mark.parametrize(
    ("seen", "expected"), [pytest.param(*item, id=name) for name, *item in MEMBERS]
)
def test_the_situation_of_a_member(seen: MemberView, expected: Situation) -> None:
    assert situation_of(seen) is expected


RECORDED = {"host": "h1", "create_index": 2, "retired": False}
RETIRED = {**RECORDED, "retired": True}


def claim(host: str = "h1", *, create_index: int = 2, **changes: t.Any) -> ContainerView:
    fields: dict[str, t.Any] = {"entry": RECORDED, **changes}
    container: ObservedContainer = t.cast("t.Any", {"create_index": create_index})
    return ContainerView(host, container, **fields)


CONTAINERS = [
    ("its own", claim(), Leftover.OWN),
    ("its own, a minority's record", claim(is_decided=False), Leftover.OWN),
    ("a second one elsewhere", claim("h2"), Leftover.OWN),
    ("an earlier life elsewhere", claim("h2", create_index=1), Leftover.SUPERSEDED),
    (
        "an earlier life, a minority's record",
        claim("h2", create_index=1, is_decided=False),
        Leftover.UNDECIDED,
    ),
    ("retired", claim(entry=RETIRED), Leftover.RETIRED),
    ("retired, an earlier life", claim("h2", create_index=1, entry=RETIRED), Leftover.RETIRED),
    ("retired, a minority's record", claim(entry=RETIRED, is_decided=False), Leftover.UNDECIDED),
    ("retired, elsewhere", claim("h2", entry=RETIRED), Leftover.MISPLACED),
    (
        "retired, elsewhere, a minority's record",
        claim("h2", entry=RETIRED, is_decided=False),
        Leftover.MISPLACED,
    ),
    ("no record", claim(entry=None), Leftover.UNRECORDED),
    ("no record, a minority", claim(entry=None, is_decided=False), Leftover.UNRECORDED),
]


@pytest.mark.parametrize(
    ("seen", "expected"), [pytest.param(*item, id=name) for name, *item in CONTAINERS]
)
def test_what_a_container_is(seen: ContainerView, expected: Leftover) -> None:
    assert leftover_of(seen) is expected


@pytest.mark.parametrize("row", range(len(situation.SITUATIONS)))
def test_each_row_of_the_members_is_needed(monkeypatch: pytest.MonkeyPatch, row: int) -> None:
    rest = (*situation.SITUATIONS[:row], *situation.SITUATIONS[row + 1 :], (None, lambda _: True))
    monkeypatch.setattr(situation, "SITUATIONS", rest)
    assert any(situation_of(seen) is not expected for _name, seen, expected in MEMBERS)


@pytest.mark.parametrize("row", range(len(situation.LEFTOVERS)))
def test_each_row_of_the_containers_is_needed(monkeypatch: pytest.MonkeyPatch, row: int) -> None:
    rest = (*situation.LEFTOVERS[:row], *situation.LEFTOVERS[row + 1 :], (None, lambda _: True))
    monkeypatch.setattr(situation, "LEFTOVERS", rest)
    assert any(leftover_of(seen) is not expected for _name, seen, expected in CONTAINERS)


def test_each_situation_has_a_step_or_needs_none() -> None:
    assert set(Situation) - set(steps.STEPS) == {Situation.AT_REST, Situation.RESTARTING}
    assert set(Leftover) - set(leftovers.STEPS) == {Leftover.OWN}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (view("running"), []),
        (view("running", labels_match=False), ["labels_differ"]),
        (view(labels_match=False), []),
        (view("running", is_current=False), ["other_definition"]),
        (view(is_current=False), []),
        (view("running", is_current=False, is_system=True), []),
        (view("created", started_at=NEVER, is_current=False), []),
        (
            view("exited", is_current=False, labels_match=False),
            ["labels_differ", "other_definition"],
        ),
    ],
)
def test_what_is_only_remarked(seen: MemberView, expected: list[str]) -> None:
    assert remarks_of(seen) == expected
