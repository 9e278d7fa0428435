# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One service takes over from another: Rancher's C(upgrade OLD NEW), row 93 of its behaviours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.handover import KEY

from .stacks import definition
from .steps import Order
from .upgrading import Story, story
from .world import ControllerKilled

OLD, NEW = "front", "back"
"""Two services of the stack roll, and so of different images."""


def scales(told: Story) -> tuple[int, int]:
    services = told.body["revisions"][-1]["services"]
    return services[OLD]["scale"], services[NEW]["scale"]


def hand_over(told: Story, **more: Any) -> None:
    given = {"policy": {"batch_size": 2, "interval_ms": 1000}, "wait_s": 60.0, "scale": -1, **more}
    told.run(Order("upgrade", told.stack), takes_over=OLD, service=NEW, **given)


@contextlib.contextmanager
def ready() -> Iterator[Story]:
    """Three members of the service that goes, none of the one that comes."""
    with story() as told:
        told.run(Order("scale", told.stack), service=NEW, scale=0)
        told.passes(2)
        told.told.clear()
        told.least = {}
        yield told


def taken(told: Story) -> list[tuple[int, int]]:
    """The scales of all revisions since the command began."""
    return [
        (item["services"][OLD]["scale"], item["services"][NEW]["scale"])
        for item in told.body["revisions"]
        if item["note"].startswith("upgrade ")
    ]


STEPS = [(3, 2), (1, 2), (1, 3), (0, 3)]


def test_the_new_service_runs_before_the_old_one_loses_members() -> None:
    with ready() as told:
        fewest: list[int] = []
        told.world.after_change = lambda _engine, _call: fewest.append(
            len(told.serving(OLD)) + len(told.serving(NEW))
        )
        hand_over(told)
        assert (taken(told), scales(told)) == (STEPS, (0, 3))
        assert min(fewest) >= 3
        assert (len(told.serving(OLD)), len(told.serving(NEW))) == (0, 3)
        assert not told.told[-1].strip().startswith("failure")
        before = told.version
        hand_over(told)
        assert told.version == before
        assert not any(KEY in item for item in told.body["revisions"][-1]["services"].values())


def boundaries() -> int:
    with ready() as told:
        told.world.life_left = 10_000
        hand_over(told)
        return 10_000 - told.world.life_left


def test_a_run_that_is_killed_goes_on_from_the_recorded_scales() -> None:
    most = boundaries()
    assert most > 4 * len(STEPS)
    for at in range(most):
        with ready() as told:
            told.world.life_left = at
            with contextlib.suppress(ControllerKilled):
                hand_over(told)
            told.world.life_left = -1
            told.world.pass_time(60)  # its lease ends
            hand_over(told)
            assert (scales(told), taken(told)) == ((0, 3), STEPS), at
            assert (len(told.serving(OLD)), len(told.serving(NEW))) == (0, 3)
            told.passes(2)
            told.check_nothing_left()


def test_it_waits_for_members_that_a_killed_run_has_asked_for() -> None:
    """They do not run: the old service loses none."""
    with ready() as told:
        hand_over(told, policy={"batch_size": 3}, wait_s=1.0)
        assert scales(told) == (0, 3)
    with ready() as told:
        broken = definition(told.stack, 0)
        broken["services"][NEW]["image"] = "app:bad"
        told.up(definition=broken)
        told.passes(3)
        hand_over(told)
        assert scales(told) == (3, 2)
        assert any("not ready" in line for line in told.told)
        hand_over(told)
        assert scales(told) == (3, 2)
        assert len(told.serving(OLD)) == 3


@pytest.mark.parametrize("update_links", [True, False])
def test_what_names_the_old_service_alone_is_told(update_links: bool) -> None:
    with ready() as told:
        linked = definition(told.stack, 0)
        link = {"stack": told.stack, "service": OLD, "alias": "api"}
        linked["services"]["user"] = {**linked["services"][OLD], "links": [link], "scale": 1}
        told.up(definition=linked)
        told.told.clear()
        hand_over(told, update_links=update_links)
        named = "front {} by roll/user (link api): write back there"
        text = named.format(
            "is named" if update_links else "has no members any more and is still named"
        )
        assert any(text in line for line in told.told)
        assert scales(told) == ((3, 0) if update_links else (0, 3))


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"service": OLD}, "cannot take over from itself"),
        ({"service": "gone"}, "there is no service 'gone'"),
        ({"takes_over": "gone"}, "there is no service 'gone'"),
        ({"scale": 1001}, "must be 0 to 1000"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, Any], text: str) -> None:
    with ready() as told:
        given = {"takes_over": OLD, "service": NEW, "wait_s": 60.0, "scale": -1, **more}
        told.run(Order("upgrade", told.stack), **given)
        assert any(text in line for line in told.told)
        assert scales(told) == (3, 0)


def test_a_stopped_service_takes_nothing_over() -> None:
    with ready() as told:
        told.run(Order("stop", told.stack), service=NEW)
        hand_over(told)
        assert any("back does not run: start it first" in line for line in told.told)
        assert scales(told) == (3, 0)
