# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member that is replaced while load balancers send it requests: drained before, and its follower is used."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from .balancers import SERVICE
from .story import STACK, Story, front, story, web

CHANGES = range(22)
"""A controller may be killed before any of these changes; the last ones come after the end of a pass."""


@contextlib.contextmanager
def served(*, hosts: int = 3, session_s: float = 0.0, seed: int = 0) -> Iterator[Story]:
    """Two members behind load balancers that trust them: only checkers notice a sick one."""
    with story({"web": web(2), SERVICE: front()}, hosts=hosts, seed=seed) as told:
        told.world.balancers.trusting = set(told.world.machines)
        told.world.balancers.session_s = session_s
        yield told


@pytest.mark.parametrize("hosts", [1, 3])
@pytest.mark.parametrize("session_s", [0.0, 4.0, 60.0])
def test_the_follower_of_a_drained_member_is_used(hosts: int, session_s: float) -> None:
    """With requests of 60 s the time of the drain ends first."""
    with served(hosts=hosts, session_s=session_s) as told:
        told.sicken(1)
        told.wait(10)
        told.settle(within_s=90)
        assert told.repaired(1) == 1


@pytest.mark.parametrize("left", CHANGES)
def test_a_controller_that_is_killed_in_a_drain_leaves_nobody_drained(left: int) -> None:
    with served(session_s=4.0) as told:
        told.sicken(1)
        told.world.pass_time(10)
        told.reconcile(kill_after=left)
        told.settle(within_s=90)
        assert told.repaired(1) == 1


def forget_drains(told: Story) -> None:
    """The hosts remember no drain, as where their files were lost; the load balancers go on with it."""
    for machine in told.world.machines.values():
        path = told.world.records.path(machine, STACK)
        record = json.loads(path.read_text())
        for entry in record["life"].values():
            entry["drain"] = None
        path.write_text(json.dumps(record))


@pytest.mark.parametrize("seed", range(8))
def test_a_drained_member_is_not_put_in_use_beside_its_stop(seed: int) -> None:
    """Its drain was forgotten, so its load balancers would be put right in the very round that stops it."""
    with served(seed=seed) as told:
        told.sicken(1)
        told.world.pass_time(10)
        while len(told.world.balancers.drained()) < len(told.world.balancers.fronts()):
            told.reconcile(kill_after=5)
        forget_drains(told)
        told.settle(within_s=90)
        assert told.repaired(1) == 1


def test_a_drain_is_undone_when_the_member_gets_well() -> None:
    with served(session_s=60.0) as told:
        container = told.member(1)[1].id
        told.sicken(1)
        told.world.pass_time(10)
        while not told.world.balancers.drained():
            told.reconcile(kill_after=5)
        told.sicken(1, "")
        told.world.pass_time(6)
        told.settle(within_s=60)
        assert told.member(1)[1].id == container
        assert told.repaired() == 0
