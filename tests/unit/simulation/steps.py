# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen in one step of a sequence: an order to the collection, or a fault.

Targets are numbers; the world takes them modulo what there is, so that every sequence means something and a failing
one can be made shorter. The text of a step is what a failure prints.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from .stacks import STACKS


@dataclasses.dataclass(frozen=True)
class Order:
    """A command of a person or of the timer."""

    command: str
    stack: str = ""
    """Empty: C(which) chooses one of those that the hosts know; reconcile then takes all."""
    which: int = 0
    variant: int = 0
    service: int = 0
    scale: int = 0
    prune: bool = False

    def __str__(self) -> str:
        more = {
            "up": f"(definition {self.variant}{', prune' if self.prune else ''})",
            "scale": f"(service {self.service} to {self.scale})",
        }
        return f"{self.command} {self.stack}{more.get(self.command, '')}".strip()


@dataclasses.dataclass(frozen=True)
class Run:
    """An order, with what disturbs it."""

    order: Order
    limit: int = 0
    """Bit mask of the hosts that the controller does not look at; 0: it looks at all."""
    kill_after: int = -1
    """The controller dies before this changing call; -1: it lives."""
    rival: Order | None = None
    rival_at: int = 0
    """Another controller carries out its own order before this call to the hosts."""
    rival_limit: int = 0
    """Hosts that the other controller does not look at."""

    def __str__(self) -> str:
        text = str(self.order)
        if self.limit:
            text += f" --limit (hidden: {self.limit:b})"
        if self.kill_after >= 0:
            text += f", killed before changing call {self.kill_after}"
        if self.rival:
            text += f", overtaken before act {self.rival_at} by: {self.rival}"
            text += f" --limit (hidden: {self.rival_limit:b})" if self.rival_limit else ""
        return text


@dataclasses.dataclass(frozen=True)
class Fault:
    """Something that nobody ordered. C(kind) is a method of faults.Faults; the numbers choose its target."""

    kind: str
    first: int = 0
    second: int = 0

    def __str__(self) -> str:
        return f"fault: {self.kind} {self.first} {self.second}"


@dataclasses.dataclass(frozen=True)
class Wait:
    """Time passes: jobs end, engines restart what crashes."""

    seconds: int

    def __str__(self) -> str:
        return f"{self.seconds} s pass"


Step = Run | Fault | Wait

CONTAINER_FAULTS = [
    "kill", "stop", "pause", "exit", "remove", "remove_with_volumes", "crash", "crash_loop", "disconnect",
    "fail_starts",
]  # fmt: skip
STRANGER_FAULTS = [
    "take_name", "take_address", "take_port", "clone", "half_labels", "strangers_leave", "remove",
]  # fmt: skip
HOST_FAULTS = ["host_down", "host_up", "host_up", "hang", "resume", "restart_engine", "remove"]
RECORD_FAULTS = [
    "lose_record",
    "damage_record",
    "old_record",
    "disk_full",
    "disk_freed",
    "host_down",
    "host_up",
]
OTHER_FAULTS = [
    "break_image", "mend_image", "change_image", "lose_quorum", "regain_quorum", "join", "relabel", "lose_reply",
    "remove_with_volumes", "lose_all_records",
]  # fmt: skip
ALL_FAULTS = sorted(
    {*CONTAINER_FAULTS, *STRANGER_FAULTS, *HOST_FAULTS, *RECORD_FAULTS, *OTHER_FAULTS}
)
THEMES = [
    CONTAINER_FAULTS,
    STRANGER_FAULTS,
    HOST_FAULTS,
    HOST_FAULTS,
    RECORD_FAULTS,
    OTHER_FAULTS,
    ALL_FAULTS,
]

TROUBLES: list[list[str]] = [
    [],
    ["kill"],
    ["limit"],
    ["race"],
    ["split"],
    ["kill", "limit"],
    ["kill", "split"],
    ["race", "limit"],
]
LARGEST = 7


@dataclasses.dataclass(frozen=True)
class About:
    """What one sequence is about: few stacks, one kind of fault, some troubles of controllers. So it gets deep."""

    stacks: list[str]
    theme: list[str]
    troubles: list[str]


def about(number: int) -> About:
    """Any number stands for one choice."""
    dice = random.Random(number)
    return About(
        dice.sample(STACKS, dice.choice([1, 1, 2])), dice.choice(THEMES), dice.choice(TROUBLES)
    )


def step(number: int, subject: About) -> Step:
    """Any number stands for one step. Numbers, because Hypothesis makes, mixes and shortens lists of them quickly."""
    dice = random.Random(number)
    kind = dice.random()
    if kind < 0.5:
        return _run(dice, subject)
    if kind < 0.9:
        kinds = dice.choice([subject.theme, subject.theme, subject.theme, CONTAINER_FAULTS])
        return Fault(dice.choice(kinds), dice.randint(0, LARGEST), dice.randint(0, LARGEST))
    return Wait(dice.choice([1, 15, 120, 700]))


def _order(dice: random.Random, stacks: list[str]) -> Order:
    command = dice.choice(
        [*["up", "reconcile"] * 4, *["scale"] * 5, "stop", "start", "start", "down"]
    )
    if command == "up":
        return Order(
            "up", dice.choice(stacks), variant=dice.choice([0, 0, 1, 2]), prune=dice.random() < 0.5
        )
    if command == "reconcile":
        return Order("reconcile")
    which, service = dice.randint(0, LARGEST), dice.randint(0, LARGEST)
    return Order(command, which=which, service=service, scale=dice.randint(0, 5))


def _run(dice: random.Random, subject: About) -> Run:
    """An order, disturbed in one of the ways that the sequence is about, or not."""
    order = _order(dice, subject.stacks)
    trouble = dice.choice(["none", *subject.troubles])
    if trouble == "kill":
        return Run(order, kill_after=dice.randint(0, 16))
    if trouble == "limit":
        return Run(order, limit=dice.randint(1, LARGEST))
    if trouble in ("race", "split"):
        rival = _order(dice, subject.stacks)
        hidden = (
            [dice.randint(0, LARGEST), dice.randint(0, LARGEST)] if trouble == "split" else [0, 0]
        )
        return Run(
            order, limit=hidden[0], rival=rival, rival_at=dice.randint(0, 5), rival_limit=hidden[1]
        )
    return Run(order)


def sequence(first: int, numbers: list[int]) -> list[Step]:
    """A stack goes up first: without one nothing can be disturbed."""
    subject = about(first)
    return [Run(Order("up", subject.stacks[0])), *(step(number, subject) for number in numbers)]


def choose(items: list[Any], number: int) -> Any:
    """The item that a number of a step means; None where there is none."""
    return items[number % len(items)] if items else None
