# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays one sequence in a simulated world, checks after each step, and ends it."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.drover.docker.plugins.module_utils._common.collector import (
    paused_collector,
)
from ansible_collections.drover.docker.plugins.module_utils._lock import (
    hindrance,
    lease,
    lease_file,
)
from ansible_collections.drover.docker.plugins.module_utils._observe import host as observe_host
from ansible_collections.drover.docker.plugins.module_utils._record.copies import is_majority

from .any_order import any_order
from .checks import Broken, Watch
from .control_nodes import NEXT, ControlNode
from .controller import Controller, Report
from .ending import Expectation, heal, is_under_way, view_of
from .faults import Faults
from .peace import Peace
from .releases import StaysAway
from .steps import Fault, Order, Run, Step, Wait
from .waits import Waits
from .world import ControllerKilled, SimulatedWorld

Json = dict[str, Any]
RECONCILE = Order("reconcile")
PASSES_TO_CONVERGE = 6
PASSES_OF_UPGRADES = 30
"""More than an upgrade that fails in the end, and its rollback, take together."""
BEYOND_BACK_OFF_S = 700.0
TWO_PLANS = 2
"""One round: its plan, and the one that finds nothing left to do."""


class Play:
    """One sequence from its beginning to its end."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
        self.faults = Faults(world)
        self.watch = Watch(world)
        world.after_change = self.watch.after_change
        self.calm = False
        """Nothing goes wrong in this sequence."""
        self.trace: list[str] = []
        self.acknowledged: list[tuple[str, str]] = []
        """Stack and time of each order that a majority of the hosts has stored."""
        self.failed: list[tuple[str, str]] = []
        """Stack and time of each order that was reported as failed."""
        self.given_up: set[str] = set()
        """Stacks with a member that is not tried again until a person asks for it."""
        self.lost: set[str] = set()
        """Members that wait for a person, because their volumes are gone."""

    def run(self, steps: list[Step]) -> None:
        """All steps, then the end."""
        self.calm = all(isinstance(step, Run) and step.undisturbed for step in steps)
        for step in steps:
            self._take(step)
            self.watch.after_step()
            self._check_failed()
        self._end()

    def _take(self, step: Step) -> None:
        if isinstance(step, Wait):
            self.trace.append(str(step))
            self.world.pass_time(float(step.seconds))
        elif isinstance(step, Fault):
            self._inflict(step)
        else:
            self.watch.before_order()
            self._run(step)
            self.watch.after_order()
            self.world.records.remember()

    def _inflict(self, fault: Fault) -> None:
        self.trace.append(f"{fault}: {self.faults.inflict(fault.kind, fault.first, fault.second)}")
        self.world.data.forget_all(self.world.forgotten)

    def _run(self, step: Run) -> None:
        controller = Controller(
            self.world,
            step.order,
            hidden=self._hidden(step.limit),
            say=self.trace.append,
            delay_s=step.delay_s,
            node=_node(newer=step.newer),
        )
        if step.rival:
            controller.before_act = self._overtake(step.rival, step)
        if step.meanwhile:
            self.world.before_change = self._interrupt(step.meanwhile, step)
        self.trace.append(str(dataclasses.replace(step, order=controller.order)))
        self.world.life_left = step.kill_after
        peace = Peace(self.world) if self._sees_truth(step) else None
        alone = not (step.rival or step.meanwhile)
        waits = None if step.rival or step.delay_s else Waits(self.world, controller.order)
        away = None if step.newer else StaysAway(self.world, hidden=controller.hidden)
        try:
            controller.foretells = self.calm
            report = controller.run()
            if peace:
                peace.check()
            self._note_failed(controller, report)
            self._check_done(controller)
            if alone:
                self._check_stored(report)
            if waits:
                waits.check(report)
        except ControllerKilled:
            self.trace.append("    the controller is killed")
        finally:
            self.world.life_left = -1
            self.world.before_change = lambda: None
        if away and alone:
            away.check()
        self._note_acknowledged(controller)

    def _interrupt(self, fault: Fault, step: Run) -> Callable[[], None]:
        """Something happens while the controller acts."""
        calls = itertools.count()

        def interrupt() -> None:
            if next(calls) == step.meanwhile_at:
                self.watch.after_order()
                self._inflict(fault)
                self.watch.before_order()

        return interrupt

    def _sees_truth(self, step: Run) -> bool:
        """Whether one controller alone works to the end, and any host that it sees has the newest records."""
        if step.rival or step.meanwhile or step.kill_after >= 0:
            return False
        names = list(self.world.machines)
        for stack in self.world.records.all_stacks():
            states = self.world.records.states(stack)
            holders = {state.host for state in states if state.is_committed}
            if holders != set(names) or len({state.variant for state in states}) > 1:
                return False
        return True

    def _check_stored(self, report: Report) -> None:
        """What was not reported as refused is stored by its majorities.

        An order that never counted is undone as well where its proposals were withdrawn with a later one.
        """
        for write in report.plans[0].records if len(report.plans) <= TWO_PLANS else []:
            number = write.record["version"]["number"]
            states = self.world.records.states(write.stack)
            stored = [state.host for state in states if state.number >= number]
            enough = all(is_majority(hosts, stored) for hosts in write.quorums)
            refused = [error.stack for error in report.last.errors]
            failed = write.stack in (*report.blocked, *report.unsure, *refused)
            blocked = report.gave_way or failed
            undone = write.cause.code == "order_undone" and all(s.is_committed for s in states)
            if write.required and not (blocked or enough or undone):
                raise Broken(f"{write.stack} v{number} counts as stored, but only {stored} have it")

    def _check_done(self, controller: Controller) -> None:
        """Where nothing goes wrong, every operation is done; only the stacks a and a-b may be in each other's way."""
        if self.calm and controller.unsuccessful and "a-b-c" not in str(controller.unsuccessful):
            raise Broken(f"not done, though nothing went wrong: {controller.unsuccessful}")

    def _hidden(self, limit: int) -> set[str]:
        """The hosts that a bit mask hides."""
        return {name for bit, name in enumerate(sorted(self.world.machines)) if limit >> bit & 1}

    def _overtake(self, order: Order, step: Run) -> Callable[[int], None]:
        def overtake(number: int) -> None:
            if number == step.rival_at:
                rival = Controller(
                    self.world,
                    order,
                    hidden=self._hidden(step.rival_limit),
                    say=self.trace.append,
                    node=_node(newer=step.rival_newer),
                )
                self.trace.append(f"  the other controller: {rival.order}")
                self._note_failed(rival, rival.run())
                self._note_acknowledged(rival)
                self.trace.append("  back to the first")

        return overtake

    def _note_acknowledged(self, controller: Controller) -> None:
        """An order that a majority stores must never be forgotten: of its hosts, and of those before it."""
        for stack in controller.request.stacks or []:
            states = self.world.records.states(stack)
            stored = [state for state in states if controller.request.time in times_of(state.body)]
            hosts = [state.host for state in stored]
            juries = [state.electorate for state in states if state in stored or state.is_committed]
            if stored and all(is_majority(jury, hosts) for jury in juries):
                self.acknowledged.append((stack, controller.request.time))

    def _note_failed(self, controller: Controller, report: Report) -> None:
        """An order that is reported as failed must have no effect, now or later."""
        for stack in set(report.blocked) & set(controller.request.stacks or []):
            if not self._is_committed(stack, controller.request.time):
                self.failed.append((stack, controller.request.time))

    def _check_failed(self) -> None:
        for stack, time in self.failed:
            if self._is_committed(stack, time):
                raise Broken(f"an order of {stack} takes effect although it failed: {time}")

    def _is_committed(self, stack: str, time: str) -> bool:
        states = self.world.records.states(stack)
        return any(state.is_committed and time in times_of(state.body) for state in states)

    # --- the end

    def _end(self) -> None:
        self.trace.append("the end: all faults are healed")
        heal(self.world)
        if {"a", "a-b"} <= set(self.world.records.all_stacks()):
            self._reconcile("", Order("down", "a-b"))
        for number in range(PASSES_OF_UPGRADES):
            moves = is_under_way(self.world)
            if number >= PASSES_TO_CONVERGE and not moves:
                break
            self.world.pass_time(BEYOND_BACK_OFF_S)
            for stack in self.world.records.all_stacks():
                self._decide_conflict(stack)
            has_work = self._reconcile().plans[0].has_work
            if not has_work and not self.given_up | self.lost and not is_under_way(self.world):
                break
        self._rest()
        self._check_acknowledged()
        self._check_failed()

    def _reconcile(
        self, take: str = "", order: Order = RECONCILE, *, foretells: bool = False
    ) -> Report:
        self.trace.append(
            f"{order}{' take ' + take if take else ''}{' retry' if self.given_up else ''}"
        )
        node = _node(newer=self.world.records.newest_format() == NEXT.record_format)
        controller = Controller(self.world, order, hidden=set(), say=self.trace.append, node=node)
        self.watch.before_order()
        controller.foretells = foretells
        peace = Peace(self.world)
        if self.lost:
            self.world.data.give_up(machine.engine for machine in self.world.machines.values())
        report = controller.run(
            retry=sorted(self.given_up), take=take, new_volumes=sorted(self.lost)
        )
        self.lost = {
            str(fact.parameters["member"])
            for fact in report.last.held
            if fact.code == "volume_lost"
        }
        self.given_up = {
            message.stack for message in report.last.held if "given up" in message.text
        }
        peace.check()
        self.watch.after_order()
        self.watch.after_step()
        return report

    def _decide_conflict(self, stack: str) -> None:
        """A person knows which order was acknowledged last."""
        if not view_of(self.world, stack).conflict:
            return
        known = {time for name, time in self.acknowledged if name == stack}
        states = self.world.records.states(stack)
        top = max(state.number for state in states)
        best = max(
            (state for state in states if state.number == top),
            key=lambda state: len(known & set(times_of(state.body))),
        )
        self._reconcile(best.host, Order("reconcile", stack))

    def _rest(self) -> None:
        """A further pass finds nothing to do, and changes nothing."""
        self.world.pass_time(BEYOND_BACK_OFF_S)
        files = self.world.records.texts()
        self.world.calls.clear()
        report = self._reconcile(foretells=True)
        if report.plans[0].has_work or self.world.calls or files != self.world.records.texts():
            raise Broken(
                f"a pass that should rest did: {report.plans[0].lines()} {self.world.calls}"
            )
        Expectation(self.world, report.last, calm=self.calm).check()

    def _check_acknowledged(self) -> None:
        for stack, time in self.acknowledged:
            body = view_of(self.world, stack).valid_body
            times = [item["time"] for item in body["revisions"]] if body else []
            if stack not in self.world.forgotten and time not in times and len(times) < 20:
                raise Broken(
                    f"an acknowledged order of {stack} was forgotten: {time} is not in {times}"
                )


def _node(*, newer: bool) -> ControlNode:
    return NEXT if newer else ControlNode()


def times_of(body: Json) -> list[str]:
    """When the revisions of a body were ordered: each order has a time of its own."""
    return [item["time"] for item in body["revisions"]]


@contextlib.contextmanager
def simulated(hosts: int, *, seed: int = 0, record_key: str = "") -> Iterator[SimulatedWorld]:
    """A world whose files are in memory where the machine offers that."""
    memory = Path("/dev/shm")
    folder = Path(
        tempfile.mkdtemp(prefix="drover-simulation-", dir=memory if memory.is_dir() else None)
    )
    world = SimulatedWorld(folder, hosts, seed=seed)
    world.records.key = record_key
    try:
        with (
            any_order(world.order),
            paused_collector(),  # it takes a tenth of the time
            contextlib.ExitStack() as patches,
        ):
            for module in (lease, lease_file, observe_host):
                patches.enter_context(mock.patch.object(module, "boot_id", world.boot_id))
            patches.enter_context(mock.patch.object(os, "fsync", world.fsync))
            patches.enter_context(mock.patch.object(os, "open", world.open))
            patches.enter_context(mock.patch.object(hindrance, "_MOMENT_S", 0.0))
            yield world
    finally:
        for machine in world.machines.values():
            machine.locks.mend()
            machine.pulls.close()
        shutil.rmtree(folder)


def play(hosts: int, steps: list[Step], *, seed: int = 0, record_key: str = "") -> None:
    """Play a sequence; a failure prints all that happened."""
    with simulated(hosts, seed=seed, record_key=record_key) as world:
        sequence = Play(world)
        try:
            sequence.run(steps)
        except Exception as error:
            story = "\n".join([f"{hosts} hosts", *sequence.trace])
            raise AssertionError(f"{type(error).__name__}: {error}\n{story}") from error
