# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences about one order that most hosts cannot store, and about what is done after it."""

from __future__ import annotations

import dataclasses
import random

from .dice import COMMANDS, HOSTS, LARGEST, RECORDS, SLOW, About, step_of
from .stacks import STACKS
from .steps import Fault, Order, Run, Step

HINDRANCES = {
    "disk_full": "disk_freed",
    "refuse_lock": "mend_lock",
    "hang_lock": "mend_lock",
    "host_down": "host_up",
    "hang": "resume",
    "read_error": "resume",
}
"""What hinders a host, and what ends it; reads fail a few times, or until the end of the sequence."""
KINDS = [*HINDRANCES, *["disk_full"] * 4]
HOST_NUMBERS = [0, 1, 2]
MASKS = [0, 1, 2, 3, 4, 5, 6]
"""Which hosts a controller does not look at; never all of three."""


def failing(number: int) -> list[Step]:
    """Any number stands for one sequence."""
    dice = random.Random(number)
    subject = About(dice.sample(STACKS, dice.choice([1, 1, 2])), [*RECORDS, *HOSTS, *SLOW], [])
    hosts = dice.sample(HOST_NUMBERS, dice.choice([1, 2, 2, 2, 2, 3]))
    kinds = {host: dice.choice(KINDS) for host in hosts}
    return [
        Run(Order("up", subject.stacks[0])),
        *_some(dice, subject, 2),
        *_failing_order(dice, subject, kinds),
        *_some(dice, subject, 2),
        *(Fault(HINDRANCES[kind], host) for host, kind in kinds.items()),
        *(_later(dice, subject) for _run in range(dice.randint(1, 4))),
    ]


def _some(dice: random.Random, subject: About, most: int) -> list[Step]:
    return [step_of(dice.randrange(2**32), subject) for _step in range(dice.randint(0, most))]


def _failing_order(dice: random.Random, subject: About, kinds: dict[int, str]) -> list[Step]:
    """The order; the last hindrance may come while it is carried out, or its controller may die."""
    faults = [Fault(kind, host, dice.randint(0, LARGEST)) for host, kind in kinds.items()]
    run = _run(dice, subject, dice.choice(["up", "scale", "stop", "start", "down"]))
    if dice.random() < 0.4:
        late, at = faults.pop(), dice.randint(0, 8)
        run = dataclasses.replace(run, meanwhile=late, meanwhile_at=at)
    if dice.random() < 0.2:
        run = dataclasses.replace(run, kill_after=dice.randint(0, 10))
    return [*faults, run]


def _later(dice: random.Random, subject: About) -> Step:
    """Whatever is done by whoever sees some hosts only."""
    run = _run(dice, subject, dice.choice(["reconcile", "reconcile", *COMMANDS]))
    run = dataclasses.replace(run, limit=dice.choice(MASKS), newer=dice.random() < 0.1)
    if dice.random() < 0.3:
        rival = _run(dice, subject, "reconcile").order
        run = dataclasses.replace(run, rival=rival, rival_at=dice.randint(0, 5))
        run = dataclasses.replace(run, rival_limit=dice.choice(MASKS))
    return run


def _run(dice: random.Random, subject: About, command: str) -> Run:
    stack = dice.choice(subject.stacks)
    unattended = command == "reconcile" and dice.random() < 0.5
    scale, variant = dice.randint(0, 5), dice.choice([0, 1, 2])
    order = Order(command, stack, variant=variant, scale=scale, unattended=unattended)
    return Run(dataclasses.replace(order, service=dice.randint(0, LARGEST)))
