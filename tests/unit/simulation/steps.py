# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen in one step of a sequence: an order to the collection, or a fault.

Targets are numbers; the world takes them modulo what there is, so that every sequence means something and a failing
one can be made shorter. The text of a step is what a failure prints.
"""

from __future__ import annotations

import dataclasses
from typing import Any


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
    upgrade: bool = False
    """Whether C(up) upgrades what has changed."""
    policy: str = ""
    """Name of a policy of C(stacks.POLICIES) for the upgrade."""
    unattended: bool = False
    """The timer's: it gives way to another run."""

    def __str__(self) -> str:
        more = {
            "reconcile": " of the timer" if self.unattended else "",
            "up": f"(definition {self.variant}{self._manner()})",
            "scale": f"(service {self.service} to {self.scale})",
        }
        return f"{self.command} {self.stack}{more.get(self.command, '')}".strip()

    def _manner(self) -> str:
        upgrade = f", upgrade {self.policy}".rstrip() if self.upgrade else ""
        return upgrade + (", prune" if self.prune else "")


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
    meanwhile: Fault | None = None
    meanwhile_at: int = 0
    """Something happens before this changing call."""
    delay_s: int = 0
    """Up to so many seconds go by before each call: the first hosts' lease may be over before the last ones act."""
    newer: bool = False
    """The controller is of the next release."""
    rival_newer: bool = False
    """The other controller is of the next release."""

    @property
    def undisturbed(self) -> bool:
        """Whether one controller alone carries it out to the end, with all hosts in view."""
        disturbed = self.limit or self.rival or self.meanwhile or self.delay_s or self.newer
        return not disturbed and self.kill_after < 0

    def __str__(self) -> str:
        text = str(self.order)
        if self.newer:
            text += " by the next release"
        if self.limit:
            text += f" --limit (hidden: {self.limit:b})"
        if self.kill_after >= 0:
            text += f", killed before changing call {self.kill_after}"
        if self.delay_s:
            text += f", up to {self.delay_s} s before each call"
        if self.rival:
            text += f", overtaken before act {self.rival_at} by: {self.rival}"
            text += " of the next release" if self.rival_newer else ""
            text += f" --limit (hidden: {self.rival_limit:b})" if self.rival_limit else ""
        if self.meanwhile:
            text += f", meanwhile before changing call {self.meanwhile_at}: {self.meanwhile}"
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


def choose(items: list[Any], number: int) -> Any:
    """The item that a number of a step means; None where there is none."""
    return items[number % len(items)] if items else None
