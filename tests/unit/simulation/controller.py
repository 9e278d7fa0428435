# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control node of the simulated world: the loop of the playbooks around the real planner and the hosts' real code."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._act.stage import Term, act
from ansible_collections.drover.docker.plugins.module_utils._observe.host import observe
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    operation_line,
    record_line,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import make_plan
from ansible_collections.drover.docker.plugins.module_utils._plan.rounds import (
    Outcome,
    Report,
    Work,
    run_rounds,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    Observation,
    Settings,
    World,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request

from .machine import Machine
from .stacks import STACKS, definition
from .steps import Order, choose
from .world import SimulatedWorld

LAST = 7
_tokens = itertools.count(1)


class Controller:
    """One control node; it knows the inventory and nothing else."""

    def __init__(
        self, world: SimulatedWorld, order: Order, *, hidden: set[str], say: Callable[[str], None]
    ) -> None:
        self.world = world
        self.order = resolved(order, world.records.all_stacks())
        self.hidden = hidden
        self.say = say
        self.acts = 0
        self.foretells = False
        """Whether to make the plan twice, as check mode and a run do."""
        self.unsuccessful: list[str] = []
        """Operations that were not done."""
        self.before_act: Callable[[int], None] = lambda number: None
        self.request = request_for(self.order, sorted(world.machines))

    def run(self, *, retry: list[str] | None = None, take: str = "") -> Report:
        """Carry the order out, as the playbooks do."""
        request = dataclasses.replace(self.request, retry=retry or [], take=take)
        hosts = sorted(self.world.machines)
        observations = {host: self.look(host) for host in hosts}
        foretold = self._foretell(observations, request)
        report = run_rounds(
            observations,
            request,
            settings=Settings(several=len(hosts) > 1),
            host_labels=self.world.host_labels,
            act=self.call,
            timer=lambda: self.world.clock.now,
        )
        self._tell(report)
        if foretold and foretold != report.plans[0].lines():
            raise AssertionError(
                f"check mode foretold {foretold}, the run did {report.plans[0].lines()}"
            )
        return report

    def _foretell(self, observations: dict[str, Observation | None], request: Request) -> list[str]:
        """What check mode says; the planner changes nothing that it is given."""
        if not self.foretells:
            return []
        before = json.dumps([observations, dataclasses.asdict(request)])
        settings = Settings(several=len(observations) > 1)
        plan = make_plan(
            World(observations, settings=settings, host_labels=self.world.host_labels), request
        )
        if before != json.dumps([observations, dataclasses.asdict(request)]):
            raise AssertionError("the planner changed what it was given")
        return plan.lines()

    def look(self, host: str) -> Observation | None:
        """One call of the module observe."""
        machine = self.world.machines[host]
        if host in self.hidden or not machine.reachable:
            return None
        images = (
            definition(self.order.stack, self.order.variant)["services"].values()
            if self.order.stack
            else []
        )
        return observe(
            self.world.engine(machine),
            host=host,
            state_dir=str(machine.state_dir),
            images=[service["image"] for service in images],
            clock=lambda: machine.now,
            timer=lambda: self.world.clock.now,
        )

    def call(self, work: dict[str, Work]) -> dict[str, Outcome | None]:
        """One call of the module act for each host that has work."""
        outcomes: dict[str, Outcome | None] = {}
        for host in self.world.order.sample(sorted(work), len(work)):
            self.before_act(self.acts)
            self.acts += 1
            machine = self.world.machines[host]
            outcomes[host] = self._act_on(machine, work[host]) if machine.reachable else None
        return outcomes

    def _act_on(self, machine: Machine, work: Work) -> Outcome | None:
        """One call of the module act: all that goes in is JSON."""
        found = act(
            self.world.engine(machine),
            host=machine.name,
            state_dir=str(machine.state_dir),
            records=json.loads(json.dumps(work.records)),
            operations=json.loads(json.dumps(work.operations)),
            clock=lambda: machine.now,
            term=Term(lock_wait_s=0.0, syslog=""),
            workers=1,
        )
        for refusal in found["refused"]:
            self.say(f"    {machine.name} refuses a record: {refusal['reason']}")
        self._tell_results(work.operations, found["results"])
        refused = {refusal["stack"]: refusal["reason"] for refusal in found["refused"]}
        return Outcome(found["results"], refused, self.look(machine.name))

    def _tell_results(
        self, operations: list[dict[str, Any]], results: list[dict[str, Any]]
    ) -> None:
        by_id = {operation["id"]: operation for operation in operations}
        for result in results:
            line = f"{operation_line(by_id[result['id']])} -> {result['status']} {result['error']}"
            self.say(f"    {line}")
            if result["status"] != "done":
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
        "token": f"token-{number}",
        "inventory": inventory,
    }
    if order.command == "reconcile":
        return Request("reconcile", [order.stack] if order.stack else None, **common)
    if order.command == "up":
        wanted = definition(order.stack, order.variant)
        return Request("up", [order.stack], definition=wanted, prune=order.prune, **common)
    services = sorted(definition(order.stack, 0)["services"])
    if order.command == "scale":
        service = "extra" if order.service == LAST else services[order.service % len(services)]
        return Request("scale", [order.stack], service=service, scale=order.scale, **common)
    chosen = services[order.service] if order.service < len(services) else ""
    return Request(order.command, [order.stack], service=chosen, **common)
