# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen in one step of a sequence: an order to the collection, or a fault.

Targets are numbers; the world takes them modulo what there is, so that every sequence means something and a failing
one can be made shorter. The text of a step is what a failure prints.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from .stacks import STACKS


@dataclasses.dataclass(frozen=True)
class Order:
    """A command of a person or of the timer."""

    command: str
    stack: str = ""
    variant: int = 0
    service: int = 0
    scale: int = 0
    prune: bool = False

    def __str__(self) -> str:
        if self.command == "reconcile":
            return "reconcile"
        more = {
            "up": f"(definition {self.variant}{', prune' if self.prune else ''})",
            "scale": f"(service {self.service} to {self.scale})",
        }
        return f"{self.command} {self.stack}{more.get(self.command, '')}"


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

    def __str__(self) -> str:
        text = str(self.order)
        if self.limit:
            text += f" --limit (hidden: {self.limit:b})"
        if self.kill_after >= 0:
            text += f", killed before changing call {self.kill_after}"
        if self.rival:
            text += f", overtaken before act {self.rival_at} by: {self.rival}"
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
    "take_name", "take_address", "clone", "fail_starts",
]  # fmt: skip
HOST_FAULTS = [
    "host_down", "host_up", "hang", "resume", "restart_engine", "disk_full", "disk_freed", "take_port",
    "half_labels", "lose_reply", "relabel",
]  # fmt: skip
RECORD_FAULTS = ["lose_record", "damage_record", "old_record", "lose_all_records"]
OTHER_FAULTS = ["break_image", "mend_image", "change_image", "lose_quorum", "regain_quorum", "join", "strangers_leave"]

_small = st.integers(0, 7)


def _orders() -> st.SearchStrategy[Order]:
    stack = st.sampled_from(STACKS)
    return st.one_of(
        st.builds(Order, st.just("up"), stack, variant=st.sampled_from([0, 0, 0, 1, 2]), prune=st.booleans()),
        st.builds(Order, st.just("reconcile")),
        st.builds(Order, st.just("scale"), stack, service=st.integers(0, 3), scale=st.integers(0, 5)),
        st.builds(Order, st.sampled_from(["stop", "start", "down"]), stack, service=st.integers(0, 3)),
    )


def _runs() -> st.SearchStrategy[Run]:
    order = _orders()
    return st.one_of(
        st.builds(Run, order),
        st.builds(Run, order),
        st.builds(Run, order, kill_after=st.integers(0, 12)),
        st.builds(Run, order, limit=st.integers(1, 7)),
        st.builds(Run, order, rival=order, rival_at=st.integers(0, 4)),
    )


def _faults(kinds: list[str]) -> st.SearchStrategy[Fault]:
    return st.builds(Fault, st.sampled_from(kinds), _small, _small)


def steps() -> st.SearchStrategy[Step]:
    """One step; the weights keep most sequences lively."""
    containers = _faults(CONTAINER_FAULTS)
    return st.one_of(
        _runs(),
        _runs(),
        containers,
        containers,
        _faults(HOST_FAULTS),
        _faults(RECORD_FAULTS + OTHER_FAULTS),
        st.builds(Wait, st.sampled_from([1, 15, 120, 700])),
    )


def sequences(*, longest: int = 12) -> st.SearchStrategy[list[Step]]:
    """A stack goes up first: without one nothing can be disturbed."""
    first = st.builds(Run, st.builds(Order, st.just("up"), st.sampled_from(STACKS)))
    return st.builds(lambda head, tail: [head, *tail], first, st.lists(steps(), min_size=1, max_size=longest))


def choose(items: list[Any], number: int) -> Any:
    """The item that a number of a step means; None where there is none."""
    return items[number % len(items)] if items else None
