# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random orders one after the other, in the middle of each other's upgrades; and controllers that die.

At every change as many members run as the floor says: those that served before the order, and are still wanted; one
less for a service that is upgraded stop-first (rows 20, 23, 24 and 33).
"""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from hypothesis import strategies as st

from .checks import Broken
from .fake_engine import FakeEngine
from .histories import TOTAL, Note, parts, play_part
from .play import simulated
from .stacks import definition
from .steps import Order
from .upgrading import Story
from .world import ControllerKilled, SimulatedWorld

MINE = max(1, TOTAL // 35)
SERVICES = {"roll": {"back": 1, "front": 0}, "edge": {"proxy": 1, "store": 1}}
"""Stack -> services by name, with how many of their members may be missing.

A store alone shares its volume with nobody, and so is upgraded stop-first."""
MOST_MEMBERS = 3
ALL = 99
"""A number that means no service, and so the whole stack."""
ORDERS = ["up"] * 5 + ["scale", "scale", "rollback", "rollback", "confirm_upgrade"] + ["passes"] * 5


class Floor(Story):
    """A story that looks at its floor at every change."""

    def __init__(self, world: SimulatedWorld, stack: str) -> None:
        super().__init__(world, stack)
        self.floor: dict[str, int] = {}

    def set_floor(self, *, service: str = "", scale: int = MOST_MEMBERS) -> None:
        """What serves now must go on, as far as it is still wanted."""
        for name, missing in SERVICES[self.stack].items():
            desire = self.body["revisions"][-1]["services"][name]
            serving = sum(not role for role in self.roles(name).values())
            wanted = scale if name == service else desire["scale"]
            self.floor[name] = min(wanted, serving) - missing

    def _after_change(self, engine: FakeEngine, call: str) -> None:
        super()._after_change(engine, call)
        for service, floor in self.floor.items():
            if len(self.serving(service)) < floor:
                raise Broken(f"{service}: {self.serving(service)} serve, not {floor}")


def some_definition(dice: random.Random, stack: str) -> dict[str, Any]:
    """Either service may be changed; a changed one may have a program that fails."""
    found = definition(stack, 0)
    for service in found["services"].values():
        mode = dice.choice([0, 0, 1, 2])
        if mode:
            service["container"] = {**service["container"], "environment": {"MODE": str(mode)}}
            service["image"] = dice.choice(["app:1", "app:1", "app:1", "app:bad"])
    return found


def some_order(told: Floor, number: int) -> None:
    """Any number stands for one order."""
    dice = random.Random(number)
    service = dice.randint(0, 1)
    name, scale = list(SERVICES[told.stack])[service], dice.randint(1, MOST_MEMBERS)
    kind = dice.choice(ORDERS)
    told.set_floor(service=name if kind == "scale" else "", scale=scale)
    told.world.life_left = dice.choice([-1, -1, -1, dice.randint(0, 30)])
    with contextlib.suppress(ControllerKilled):
        if kind == "up":
            told.up(definition=some_definition(dice, told.stack), force=dice.random() < 0.2)
        elif kind == "passes":
            told.passes(dice.randint(1, 5))
        else:
            which = service if kind == "scale" else dice.choice([service, ALL])
            told.run(Order(kind, told.stack, service=which, scale=scale))
    told.world.life_left = -1


def history(stack: str, orders: list[int]) -> None:
    """One random sequence of orders, and its end."""
    with simulated(3, seed=len(orders)) as world:
        told = Floor(world, stack)
        try:
            told.up()
            told.passes(2)
            for number in orders:
                some_order(told, number)
            told.set_floor()
            told.settle()
            told.check_nothing_left()
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *told.told])) from error


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param([4597, 0, 638435170, 0], id="a member that was never made takes a turn"),
        pytest.param([4597, 0, 0, 0], id="a slot without a container is not kept"),
    ],
)
def test_a_scale_whose_controller_died_and_an_upgrade_after_it(orders: list[int]) -> None:
    """Histories that were found. The record wants a third member, and none was made when the upgrade begins."""
    history("roll", orders)


@pytest.mark.parametrize("part", parts(MINE))
def test_no_more_members_are_missing_than_may_be(part: int, record_property: Note) -> None:
    orders = st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=12)
    play_part(
        part, MINE, record_property, history, stack=st.sampled_from(["roll", "edge"]), orders=orders
    )
