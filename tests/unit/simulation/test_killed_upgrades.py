# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades and rollbacks whose controller dies: at each change of a host, and at each write of a record (row 34).

Later passes bring them to their end, no member more is missing than the order of the upgrade allows, and nothing is
left over.
"""

from __future__ import annotations

import contextlib
import functools

import pytest

from .histories import SEED, TOTAL
from .steps import Order
from .upgrading import Story, changed_definition, story
from .world import ControllerKilled

START_FIRST, STOP_FIRST, PORTS = ("roll", "front"), ("roll", "back"), ("edge", "proxy")
HOOK, HOOK_STOP_FIRST = ("moved", "front"), ("moved", "back")
IN_FULL = (START_FIRST, HOOK)
"""They are never served with fewer members."""
PARTS = 2
"""The boundaries come in parts, which several cores share."""
STEP = max(1, 5880 // TOTAL)
"""Of these boundaries, each so many-th is taken: with 5,880 histories, all of them."""
ENOUGH = 100_000


def upgrade(told: Story, service: str) -> None:
    """An upgrade up to its end."""
    told.up(definition=changed_definition(told.stack, service), policy={"monitor_ms": 5000})
    told.settle()


def back(told: Story, service: str) -> None:
    """The same, and a rollback up to its end."""
    told.run(Order("rollback", told.stack, service=99), force=True)
    told.settle()


ACTS = {"upgrade": upgrade, "rollback": back}


@functools.cache
def boundaries(stack: str, service: str, act: str) -> int:
    """How many changes the undisturbed act makes, of engines and of files."""
    with story(stack=stack) as told:
        if act == "rollback":
            upgrade(told, service)
        told.world.life_left = ENOUGH
        ACTS[act](told, service)
        return ENOUGH - told.world.life_left


def killed(stack: str, service: str, act: str, at: int) -> None:
    """The act, with a controller that dies before change number C(at)."""
    with story(stack=stack) as told:
        before = told.serving(service)
        if act == "rollback":
            upgrade(told, service)
            told.guard()
        wanted = set(told.serving(service))
        told.world.life_left = at
        with contextlib.suppress(ControllerKilled):
            ACTS[act](told, service)
        told.told.append(f"== the controller is killed before change {at}")
        assert told.world.life_left == 0
        told.world.life_left = -1
        told.settle()
        assert set(told.serving(service)) == wanted
        assert told.least[service] >= len(wanted) - ((stack, service) not in IN_FULL)
        told.check_nothing_left()
        if act == "rollback" and not told.upgrade(service):
            assert told.serving(service) == before


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("stack", "service"), [START_FIRST, STOP_FIRST, PORTS, HOOK, HOOK_STOP_FIRST]
)
def test_later_passes_end_it(stack: str, service: str, act: str, part: int) -> None:
    most = boundaries(stack, service, act)
    assert most > PARTS
    for at in range(part, most, PARTS)[SEED % STEP :: STEP]:
        killed(stack, service, act, at)
