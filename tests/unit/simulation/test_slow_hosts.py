# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No repair waits for another host's slow call: hosts hang, refuse, pull for minutes or belong to another run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act.pull_stage import TURN_S
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim, Lease
from hypothesis import strategies as st

from .controller import Controller, Report
from .histories import TOTAL, Note, parts, play_part
from .machine import Machine
from .play import simulated
from .steps import Order
from .waits import Waits
from .world import SimulatedWorld

MINE = TOTAL // 7
WITHIN_S = 15.0
"""Some twenty calls of the engines, one after the other, of 0.2 s each, and no wait for anybody."""
TURNS_S = 2 * TURN_S
"""The other hosts' turns of a pull, which come one after the other here; on real hosts they are one."""
PULL_S = 180.0


def _slow_pull(world: SimulatedWorld, machine: Machine) -> None:
    """Its members and their images are gone, and the registry is slow."""
    machine.pulls.takes_s = PULL_S
    _lose_images(machine)
    for container in machine.ours:
        machine.remove(container, with_volumes=False)


def _lose_images(machine: Machine) -> None:
    for container in machine.ours:
        machine.engine.images.pop(container.body["Image"], None)


def _other_run(world: SimulatedWorld, machine: Machine) -> None:
    """Another run acts there, and does so for long; something is broken that this pass would repair."""
    claim = Claim("other", "ann@c1", "up blog", unattended=False, ticket=0.0, duration_s=3000.0)
    lease = Lease(str(machine.state_dir), claim, clock=lambda: world.clock.now)
    lease.take_alone()
    for container in machine.ours[:1]:
        machine.kill(container)


def _hung_lock(world: SimulatedWorld, machine: Machine) -> None:
    machine.locks.hang()
    for container in machine.ours[:1]:
        machine.kill(container)


def _read_only(world: SimulatedWorld, machine: Machine) -> None:
    machine.locks.refuse()
    for container in machine.ours[:1]:
        machine.kill(container)


def _full_disk(world: SimulatedWorld, machine: Machine) -> None:
    world.full_disks.add(machine.name)
    for container in machine.ours[:1]:
        machine.kill(container)


def _hung_engine(world: SimulatedWorld, machine: Machine) -> None:
    machine.engine.answers = False


def _nothing(world: SimulatedWorld, machine: Machine) -> None:
    """It is well."""


TROUBLES: dict[str, Callable[[SimulatedWorld, Machine], None]] = {
    "slow pull": _slow_pull,
    "other run": _other_run,
    "hung lock": _hung_lock,
    "read-only": _read_only,
    "full disk": _full_disk,
    "hung engine": _hung_engine,
    "off": lambda world, machine: machine.power_off(),
    "nothing": _nothing,
}


@dataclasses.dataclass
class Repairs:
    """When a host started containers, from the beginning of a pass on."""

    world: SimulatedWorld
    host: str
    began_at: float = 0.0
    at_s: list[float] = dataclasses.field(default_factory=list)

    def begin(self) -> None:
        self.began_at = self.world.clock.now
        self.world.after_change = self._note

    def _note(self, engine: object, call: str) -> None:
        if call == "start" and getattr(engine, "name", "") == self.host:
            self.at_s.append(self.world.clock.now - self.began_at)


def _run(world: SimulatedWorld, order: Order, told: list[str]) -> Report:
    return Controller(world, order, hidden=set(), say=told.append).run()


def repair(
    here: int,
    troubles: tuple[str, str],
    removes: bool,
    pulls: bool,
    places: bool,
    unattended: bool,
    number: int,
) -> None:
    """C(places): a host joins, so that the pass has to place members as well, for which it needs all hosts.

    C(pulls): the images of what is repaired are gone as well, so that the repair takes a second round.
    """
    told: list[str] = []
    with simulated(3, seed=number) as world:
        for stack in ("fleet", "shop"):
            _run(world, Order("up", stack), told)
        machines = list(world.machines.values())
        mine = machines.pop(here)
        wanted = sorted(item.name for item in mine.ours if item.live)
        assert wanted, "nothing runs that could be repaired"
        if pulls:
            _lose_images(mine)
        for container in list(mine.ours):
            (mine.remove(container, with_volumes=False) if removes else mine.kill(container))
        for machine, trouble in zip(machines, troubles, strict=True):
            TROUBLES[trouble](world, machine)
        if places:
            world.add_host()
        repairs = Repairs(world, mine.name)
        repairs.begin()
        told += ["", f"{mine.name} is to be repaired; {troubles}, {pulls=} {places=} {unattended=}"]
        order = Order("reconcile", unattended=unattended)
        waits = Waits(world, order)
        waits.check(_run(world, order, told))
        running = sorted(item.name for item in mine.ours if item.live)
        story = "\n".join(told)
        assert set(wanted) <= set(running), f"{wanted} should run, {running} do\n{story}"
        within_s = WITHIN_S + (TURNS_S if pulls else 0.0)
        late = [at_s for at_s in repairs.at_s[: len(wanted)] if at_s > within_s]
        assert not late, f"repaired after {repairs.at_s} s\n{story}"


@pytest.mark.parametrize("part", parts(MINE))
def test_a_repair_waits_for_no_other_host(part: int, record_property: Note) -> None:
    trouble = st.sampled_from(sorted(TROUBLES))
    play_part(
        part,
        MINE,
        record_property,
        repair,
        here=st.integers(0, 2),
        troubles=st.tuples(trouble, trouble),
        removes=st.booleans(),
        pulls=st.booleans(),
        places=st.booleans(),
        unattended=st.booleans(),
        number=st.integers(0, 1000),
    )


@pytest.mark.parametrize("trouble", ["full disk", "other run"])
@pytest.mark.parametrize("pulls", [False, True])
def test_full_disks_hold_nobody_up(trouble: str, pulls: bool) -> None:
    """A host that cannot store a record was asked again in each round, until none was left for the others."""
    repair(
        here=0,
        troubles=(trouble, "full disk"),
        removes=True,
        pulls=pulls,
        places=True,
        unattended=False,
        number=447,
    )
