# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences of steps. Any number stands for a step: Hypothesis makes, mixes and shortens lists of numbers."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

from .stacks import POLICIES, STACKS
from .steps import Fault, Order, Run, Step, Wait

CONTAINERS = [
    "kill",
    "stop",
    "pause",
    "exit",
    "remove",
    "remove_with_volumes",
    "crash",
    "crash_loop",
    "disconnect",
    "fail_starts",
    "start_by_hand",
]
STRANGERS = [
    "take_name",
    "take_address",
    "take_port",
    "clone",
    "half_labels",
    "strangers_leave",
    "remove",
]
HOSTS = [
    "host_down",
    "host_up",
    "host_up",
    "hang",
    "resume",
    "restart_engine",
    "set_clock",
    "reinstall",
    "remove",
]
RECORDS = [
    "lose_record",
    "damage_record",
    "old_record",
    "disk_full",
    "disk_freed",
    "read_error",
    "read_error",
    "host_down",
    "host_up",
]
IMAGES = [
    "break_image",
    "mend_image",
    "change_image",
    "remove_with_volumes",
    "drop_volume",
    "lose_all_records",
]
NETWORK = ["lose_quorum", "regain_quorum", "join", "relabel", "lose_reply", "disconnect", "kill"]
SLOW = [
    "hang_lock",
    "refuse_lock",
    "mend_lock",
    "slow_pulls",
    "slow_pulls",
    "remove_with_image",
    "remove_with_image",
    "disk_full",
    "hang",
    "resume",
    "kill",
    "remove",
]
FORGERIES = [*["forge_record"] * 4, "remove", "kill", "disk_full", "disk_freed"]
"""Hosts that lie about records. All hosts are seen: a lie destroys a copy, and the newest may be on one host alone."""
EVERYTHING = sorted({*CONTAINERS, *STRANGERS, *HOSTS, *RECORDS, *IMAGES, *NETWORK, *SLOW})
THEMES = [CONTAINERS, STRANGERS, HOSTS, HOSTS, RECORDS, IMAGES, NETWORK, SLOW, EVERYTHING]

TROUBLES: list[list[str]] = [
    [],
    ["kill"],
    ["limit"],
    ["race"],
    ["split"],
    ["meanwhile"],
    ["meanwhile", "kill"],
    ["kill", "split"],
    ["race", "limit"],
    ["slow"],
    ["slow", "race"],
    ["releases"],
    ["releases", "race"],
    ["releases", "split"],
    ["releases", "kill"],
]
UPGRADING = ["rollback", "rollback", "confirm_upgrade"]
STATES = ["stop", "start", "restart"]
COMMANDS = [*["up", "reconcile"] * 4, *["scale"] * 5, *UPGRADING, *STATES, "start", "down"]
CALM_COMMANDS = ["up", "reconcile", "scale", "scale", "scale", *UPGRADING, *STATES]
LARGEST = 7


@dataclasses.dataclass(frozen=True)
class About:
    """What one sequence is about: few stacks, one kind of fault, some troubles of controllers. So it gets deep."""

    stacks: list[str]
    theme: list[str]
    """Kinds of faults; empty in a calm sequence, where nothing goes wrong."""
    troubles: list[str]


def about(number: int) -> About:
    """Any number stands for one choice."""
    dice = random.Random(number)
    stacks = dice.sample(STACKS, dice.choice([1, 1, 2]))
    if dice.random() < 0.1:
        return About(stacks, [], [])
    return About(stacks, dice.choice(THEMES), dice.choice(TROUBLES))


def forgery(number: int) -> About:
    """Hosts that lie, of one or two stacks."""
    dice = random.Random(number)
    stacks = dice.sample(STACKS, dice.choice([1, 1, 2]))
    troubles = dice.choice([[], ["kill"], ["race"], ["meanwhile"], ["meanwhile", "kill"]])
    return About(stacks, FORGERIES, troubles)


def sequence(
    first: int, numbers: list[int], subject_of: Callable[[int], About] = about
) -> list[Step]:
    """A stack goes up first: without one nothing can be disturbed."""
    subject = subject_of(first)
    return [Run(Order("up", subject.stacks[0])), *(step_of(number, subject) for number in numbers)]


def step_of(number: int, subject: About) -> Step:
    """Any number stands for one step."""
    dice = random.Random(number)
    kind = dice.random()
    if kind < 0.5 or not subject.theme:
        return _run(dice, subject)
    if kind < 0.9:
        return _fault(dice, subject)
    return Wait(dice.choice([1, 15, 120, 700]))


def _fault(dice: random.Random, subject: About) -> Fault:
    kinds = dice.choice([subject.theme, subject.theme, subject.theme, CONTAINERS])
    return Fault(dice.choice(kinds), dice.randint(0, LARGEST), dice.randint(0, LARGEST))


def _order(dice: random.Random, subject: About) -> Order:
    command = dice.choice(COMMANDS if subject.theme else CALM_COMMANDS)
    if command == "up":
        return _up(dice, dice.choice(subject.stacks))
    if command == "reconcile":
        return Order("reconcile", unattended=dice.random() < 0.5)
    which, service = dice.randint(0, LARGEST), dice.randint(0, LARGEST)
    return Order(command, which=which, service=service, scale=dice.randint(0, 5))


def _up(dice: random.Random, stack: str) -> Order:
    prune, upgrade = dice.random() < 0.5, dice.random() < 0.6
    if not upgrade:
        return Order("up", stack, variant=dice.choice([0, 0, 1, 2]), prune=prune)
    variant = dice.choice([0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 6])
    policy = dice.choice(["", "", *POLICIES])
    return Order("up", stack, variant=variant, prune=prune, upgrade=True, policy=policy)


def _run(dice: random.Random, subject: About) -> Run:
    """An order, disturbed in one of the ways that the sequence is about, or not."""
    run = _disturbed(dice, subject)
    if "releases" not in subject.troubles:
        return run
    return dataclasses.replace(run, newer=dice.random() < 0.4, rival_newer=dice.random() < 0.4)


def _disturbed(dice: random.Random, subject: About) -> Run:
    order = _order(dice, subject)
    trouble = dice.choice(["none", *subject.troubles])
    if trouble == "kill":
        return Run(order, kill_after=dice.randint(0, 16))
    if trouble == "slow":
        return Run(order, delay_s=dice.choice([5, 20, 40]))
    if trouble == "limit":
        return Run(order, limit=dice.randint(1, LARGEST))
    if trouble == "meanwhile":
        return Run(order, meanwhile=_fault(dice, subject), meanwhile_at=dice.randint(0, 12))
    if trouble in ("race", "split"):
        return _contested(dice, subject, order, split=trouble == "split")
    return Run(order)


def _contested(dice: random.Random, subject: About, order: Order, *, split: bool) -> Run:
    """Two controllers at once; split: each sees other hosts."""
    rival, at = _order(dice, subject), dice.randint(0, 5)
    if not split:
        return Run(order, rival=rival, rival_at=at)
    hidden, rival_hidden = dice.randint(0, LARGEST), dice.randint(0, LARGEST)
    return Run(order, limit=hidden, rival=rival, rival_at=at, rival_limit=rival_hidden)
