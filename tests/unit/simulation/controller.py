# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control node of the simulated world: a driver of real passes over the hosts' real code."""

from __future__ import annotations

import dataclasses
import itertools
import json
import typing as t
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._act.pull_stage import pull_images
from ansible_collections.drover.docker.plugins.module_utils._act.stage import CallContext, act
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    RUNNING,
    Acted,
    Operation,
    Result,
)
from ansible_collections.drover.docker.plugins.module_utils._observe.host import observe
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    operation_line,
    record_line,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import make_plan
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    Settings,
    World,
)
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._output.report import (
    failure_text,
    notice_message,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.answers import outcome_of
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Inventory, Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import Step
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import Term
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    OBSERVE,
    PULL,
    RECORD,
    VALIDATE,
    Outcome,
    Outcomes,
    Work,
)
from ansible_collections.drover.docker.tests.unit.shared.operations import crossings

from .control_nodes import ControlNode
from .machine import Machine
from .stacks import POLICIES, STACKS, definition
from .steps import Order, choose
from .world import SimulatedWorld

LAST = 7
_tokens = itertools.count(1)


def _token() -> str:
    return f"token-{next(_tokens)}"


LEASE_S = 30
WAIT_S = 120.0


@dataclasses.dataclass
class Report:
    """What a command did over all its rounds.

    Attributes:
        plans: The plan of each round, and the one that was made last.
        blocked: Stacks for which nothing was done, as their record did not reach its majorities.
        unsure: The same, but a host may keep the order, so that a later pass may carry it out.
        gave_way: Another run had the lease to the end, so nothing was done.
    """

    plans: list[Plan] = dataclasses.field(default_factory=list)
    blocked: list[str] = dataclasses.field(default_factory=list)
    unsure: list[str] = dataclasses.field(default_factory=list)
    gave_way: bool = False

    @property
    def last(self) -> Plan:
        """The plan that was made last; without work if all converged."""
        return self.plans[-1]


class Controller:
    """One control node; it knows the inventory and nothing else."""

    def __init__(
        self,
        world: SimulatedWorld,
        order: Order,
        *,
        hidden: set[str],
        say: Callable[[str], None],
        delay_s: float = 0.0,
        node: ControlNode | None = None,
    ) -> None:
        self.world = world
        self.order = resolved(order, world.records.all_stacks())
        self.hidden = hidden
        self.say = say
        self.node = node or ControlNode()
        self.delay_s = delay_s
        """How long a host may take to answer, beside the time of what it does."""
        self.acts = 0
        self.foretells = False
        """Whether to make the plan twice, as check mode and a run do."""
        self.unsuccessful: list[str] = []
        """Operations that were not done."""
        self.before_act: Callable[[int], None] = lambda number: None
        self.request = request_for(self.order, sorted(world.machines))

    def run(self, **more: t.Any) -> Report:
        """Carry the order out: one pass. C(more): further fields of its request."""
        report = Report()
        with self.node.acting():
            for _turn in self.turns(report, **more):
                pass
        return report

    def turns(self, report: Report, **more: t.Any) -> Iterator[None]:
        """Carry the order out call by call, so that another controller may have its turn in between."""
        request = dataclasses.replace(self.request, **more)
        hosts = sorted(self.world.machines)
        observations = {host: self.look(host) for host in hosts}
        foretold = self._foretell(observations, request)
        settings = Settings(several=len(hosts) > 1, **self.node.settings)
        inventory = Inventory(settings, self.world.host_labels, self.world.records.key)
        running = Pass(request, inventory, self._term())
        yield from self._drive(running, observations, report)
        self._tell(report)
        if foretold and foretold != report.plans[0].lines():
            raise AssertionError(
                f"check mode foretold {foretold}, the run did {report.plans[0].lines()}"
            )

    def _drive(
        self, running: Pass, observations: dict[str, Observation | None], report: Report
    ) -> Iterator[None]:
        sent = {host: seen and excerpt(seen) for host, seen in observations.items()}
        step = running.start(sent, now=self.world.clock.now)
        self._take(report, step)
        while step.end is None:
            if step.pause_s:
                self.world.pass_time(step.pause_s)
            self.begin(step.calls)
            outcomes: Outcomes = {}
            for host in self.world.order.sample(sorted(step.calls), len(step.calls)):
                outcomes[host] = self.call(step.stage, host, step.calls[host])
                yield
            step = running.answer(outcomes, now=self.world.clock.now, token=_token())
            self._take(report, step)

    def _take(self, report: Report, step: Step) -> None:
        for notice in step.notices:
            self.say(f"    {notice_message(notice).line}")
        if not any(step.plan is known for known in report.plans):
            report.plans.append(step.plan)
            if crossings(step.plan):
                raise AssertionError(f"one stack waits for another: {crossings(step.plan)}")
        for failure in [
            *(step.done.failures if step.done else []),
            *(step.end.failures if step.end else []),
        ]:
            self.say(f"    failure: {failure_text(failure)}")
            report.blocked += [failure.stack] if failure.code == "no_majority" else []
            report.unsure += [failure.stack] if failure.code == "unsure" else []
            report.gave_way |= failure.code == "lease"
        report.gave_way |= bool(step.end and step.end.gave_way)

    def _term(self) -> Term:
        claim = Claim(
            token=_token(),
            owner="simulation",
            reason=str(self.order),
            unattended=self.order.unattended,
            ticket=self.world.order.random(),
            duration_s=LEASE_S,
        )
        return Term(claim, wait_s=WAIT_S)

    def _foretell(self, observations: dict[str, Observation | None], request: Request) -> list[str]:
        """What check mode says; the planner changes nothing that it is given."""
        if not self.foretells:
            return []
        before = json.dumps([observations, dataclasses.asdict(request)])
        settings = Settings(several=len(observations) > 1, **self.node.settings)
        plan = make_plan(
            World(observations, settings=settings, host_labels=self.world.host_labels), request
        )
        if before != json.dumps([observations, dataclasses.asdict(request)]):
            raise AssertionError("the planner changed what it was given")
        return plan.lines()

    def look(self, host: str) -> Observation | None:
        """One call of the module internal_observe."""
        machine = self.world.running_on = self.world.machines[host]
        if host in self.hidden or not machine.reachable:
            return None
        images = (
            definition(self.order.stack, self.order.variant)["services"].values()
            if self.order.stack
            else []
        )
        found = observe(
            self.world.engine(machine),
            host=host,
            state_dir=str(machine.state_dir),
            images=[service["image"] for service in images],
            clock=lambda: machine.now,
            timer=lambda: self.world.clock.now,
            boot=lambda: self.world.clock.now,
        )
        return {**found, "taken_at": self.world.clock.now}

    def send(self, host: str, known: list[str] | None = None) -> Observation | None:
        """What a host sends of what it sees."""
        seen = self.look(host)
        return seen and excerpt(seen, known)

    def begin(self, calls: dict[str, Work]) -> None:
        """Called before the calls of a step."""

    def call(self, stage: str, host: str, work: Work) -> Outcome | None:
        """One call of a module."""
        self.before_act(self.acts)
        self.acts += 1
        self.world.clock.advance(self.world.order.uniform(0.0, self.delay_s))
        machine = self.world.machines[host]
        if not machine.reachable or host in self.hidden:
            return None
        if stage == OBSERVE:
            return Outcome([], {}, self.send(host, work.known))
        return self._act_on(machine, stage, work)

    def _act_on(self, machine: Machine, stage: str, work: Work) -> Outcome:
        """One call of the module internal_act: all that goes in is JSON."""
        given = json.loads(json.dumps(vars(work)))
        self.world.running_on = machine
        caller = self._caller(stage, given)
        if stage == PULL:
            found = pull_images(
                self.world.engine(machine),
                self.world.puller(machine),
                host=machine.name,
                state_dir=str(machine.state_dir),
                operations=given["operations"],
                clock=lambda: machine.now,
                term=caller,
            )
            return self._outcome(machine, work, found)
        found = act(
            self.world.engine(machine),
            host=machine.name,
            state_dir=str(machine.state_dir),
            records=given["records"],
            operations=given["operations"],
            refusals=given["refusals"],
            clock=lambda: machine.now,
            term=caller,
            workers=1,
        )
        if found["results"] and not given["alone"]:
            self.world.acted.append(given["claim"]["token"])
        return self._outcome(machine, work, found)

    def _caller(self, stage: str, given: dict[str, Any]) -> CallContext:
        return CallContext(
            Claim(**given["claim"]),
            prepare=stage in (VALIDATE, RECORD),
            alone=given["alone"],
            boot=lambda: self.world.clock.now,
            last=given["last"],
            syslog="",
            lock_wait_s=0.0,
        )

    def _outcome(self, machine: Machine, work: Work, found: Acted) -> Outcome:
        for refusal in found["refused"]:
            self.say(f"    {machine.name} refuses a record: {refusal['reason']}")
        self._tell_results(work.operations, found["results"])
        answer = {**found, "observation": self.send(machine.name)}
        outcome = outcome_of(answer, work.operations, self.world.clock.now)
        if isinstance(outcome, str):
            raise TypeError(outcome)  # our own hosts' answers always fit
        return outcome

    def _tell_results(self, operations: list[Operation], results: list[Result]) -> None:
        by_id = {operation["id"]: operation for operation in operations}
        for result in results:
            line = f"{operation_line(by_id[result['id']])} -> {result['status']} {result['error']}"
            self.say(f"    {line}")
            if result["status"] not in ("done", RUNNING):
                self.unsuccessful.append(line)
            if result["error"].startswith("unexpected "):
                raise AssertionError(line)

    def _tell(self, report: Report) -> None:
        for plan in report.plans:
            for write in plan.records:
                self.say(f"    planned: {record_line(write)}")
        for kind in ("errors", "held", "notes"):
            for message in getattr(report.last, kind):
                self.say(f"    {kind}: {message}")
        if report.blocked:
            self.say(f"    blocked: {report.blocked}")


def resolved(order: Order, known: list[str]) -> Order:
    """The order with the stack that it means; where the hosts know none, it means one that does not exist."""
    if order.stack or order.command == "reconcile":
        return order
    return dataclasses.replace(order, stack=choose(known, order.which) or STACKS[0])


def request_for(order: Order, inventory: list[str]) -> Request:
    """What the playbooks make of an order."""
    number = next(_tokens)
    common: dict[str, Any] = {
        "author": "simulation",
        "time": f"order {number}",
        "token": f"order-{number}",
        "inventory": inventory,
    }
    if order.command == "reconcile":
        return Request("reconcile", [order.stack] if order.stack else None, **common)
    if order.command == "up":
        wanted = definition(order.stack, order.variant)
        how: dict[str, Any] = {
            "upgrade": order.upgrade,
            "policy": POLICIES[order.policy],
            "prune": order.prune,
        }
        return Request("up", [order.stack], definition=wanted, **how, **common)
    services = sorted(definition(order.stack, 0)["services"])
    if order.command == "scale":
        service = "extra" if order.service == LAST else services[order.service % len(services)]
        return Request("scale", [order.stack], service=service, scale=order.scale, **common)
    if order.command == "volume_move":
        return Request("volume_move", [order.stack], service=services[order.service], **common)
    chosen = services[order.service] if order.service < len(services) else ""
    return Request(order.command, [order.stack], service=chosen, **common)
