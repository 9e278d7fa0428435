# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stack with health checks through time: passes of controllers, and what befalls the world in between."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import Work
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER, rule
from ansible_collections.drover.docker.tests.unit.simulation.containers import Container
from ansible_collections.drover.docker.tests.unit.simulation.control_nodes import ControlNode
from ansible_collections.drover.docker.tests.unit.simulation.controller import (
    LEASE_S,
    Controller,
    Report,
)
from ansible_collections.drover.docker.tests.unit.simulation.machine import Machine
from ansible_collections.drover.docker.tests.unit.simulation.stacks import service
from ansible_collections.drover.docker.tests.unit.simulation.steps import Order
from ansible_collections.drover.docker.tests.unit.simulation.world import ControllerKilled

from .watch import Broken, Watch
from .world import HealthWorld, health_world

Json = dict[str, Any]
STACK = "shop"
PERIOD_S = 5.0
CHECK: Json = {
    "port": 80,
    "request": {"method": "GET", "uri": "/", "version": "HTTP/1.0", "headers": []},
    "interval_ms": 2000,
    "response_timeout_ms": 2000,
    "healthy_threshold": 2,
    "unhealthy_threshold": 3,
    "initializing_timeout_ms": 60000,
    "reinitializing_timeout_ms": 60000,
    "strategy": "recreate",
    "quorum": 1,
}


def web(scale: int, **check: Any) -> Json:
    """A service whose members are checked."""
    return {**service("app:1", scale), "container": {}, "health_check": {**CHECK, **check}}


def front(scale: int = 2) -> Json:
    """Load balancers of the service web."""
    balancer = {**BALANCER, "rules": [rule(f"{STACK}/web", target_port=80)]}
    return {**web(scale, request=None), "balancer": balancer}


class Loop(Controller):
    """A controller that does one request again and again."""

    def __init__(self, story: Story, request: Request, *, hidden: set[str]) -> None:
        order, node = Order("reconcile"), story.node
        super().__init__(story.world, order, hidden=hidden, say=story.say, node=node)
        self.story = story
        self.request = dataclasses.replace(self.request, **_chosen(request))

    def look(self, host: str) -> Observation | None:
        found = super().look(host)
        watch = self.story.watch
        watch.seen_at = self.world.clock.now
        watch.seen = (watch.seen - {host}) | ({host} if found and not found["error"] else set())
        return found

    def begin(self, calls: dict[str, Work]) -> None:
        meanwhile, self.story.meanwhile = self.story.meanwhile, None
        if meanwhile:
            meanwhile()
        for item in calls.values():
            self.story.watch.note_planned(item.operations)


def _chosen(request: Request) -> Json:
    """What a story says of a request; who asks and when is the controller's own."""
    names = ("command", "stacks", "definition", "retry", "service", "scale", "prune")
    return {name: getattr(request, name) for name in names if hasattr(request, name)}


class Story:
    """One world, one stack, and what was planned last."""

    def __init__(self, world: HealthWorld, services: Json) -> None:
        self.world = world
        self.definition: Json = {"format": 1, "stack": STACK, "services": services, "volumes": {}}
        world.by_connect = {
            name for name, item in services.items() if item["health_check"]["request"] is None
        }
        self.watch = Watch(world, self.definition)
        self.trace: list[str] = []
        self.hidden: set[str] = set()
        self.node = ControlNode()
        """The control node that acts."""
        self.meanwhile: Callable[[], object] | None = None
        """What happens once, between a look and the deeds that follow from it."""
        self.calm_since = self.now
        """Since when nothing but applications was broken."""
        self.last: Report | None = None
        self.messages: list[str] = []
        """All that was held in any pass, each once."""

    def say(self, line: str) -> None:
        self.trace.append(line)

    # --- passes

    def up(self) -> Report:
        """Start the stack, and wait for its checkers' first words."""
        return self.command(Request("up", [STACK], definition=self.definition))

    def command(self, request: Request) -> Report:
        """One command, all its rounds."""
        self.say(f"{self.now:.1f} {request.command}")
        report = Loop(self, request, hidden=self.hidden).run(retry=request.retry)
        self.last = report
        for plan in report.plans:
            for message in plan.held:
                if str(message) not in self.messages:
                    self.messages.append(str(message))
        self.watch.note_progress()
        self.watch.raise_broken()
        if self.hidden or self.world.is_disturbed:
            self.calm_since = self.now
        self.watch.check_sick(report.last.held, calm_since=self.calm_since)
        return report

    def reconcile(self, *, kill_after: int = -1, retry: list[str] | None = None) -> Report | None:
        """One pass of the loop; None when the controller was killed in it."""
        self.world.life_left = kill_after
        try:
            return self.command(Request("reconcile", None, retry=retry or []))
        except ControllerKilled:
            self.say("    the controller is killed")
            self.calm_since = self.now + LEASE_S  # its lease holds the next one up for so long
            self.watch.raise_broken()
            return None
        finally:
            self.world.life_left = -1

    def wait(self, seconds: float, *, period_s: float = PERIOD_S) -> None:
        """Let time go by, with a pass every so many seconds."""
        until = self.now + seconds
        while self.now < until:
            self.world.pass_time(min(period_s, until - self.now))
            self.reconcile()

    def settle(self, *, within_s: float, period_s: float = PERIOD_S) -> float:
        """Passes until all is healthy and nothing is to do; the seconds that it took.

        Raises:
            Broken: It took longer.
        """
        began = self.now
        while True:
            self.reconcile()
            if self.is_well():
                return self.now - began
            if self.now - began > within_s:
                raise Broken(f"not all is well after {within_s} s: {self.watch.ledger()}")
            self.world.pass_time(period_s)

    def is_well(self) -> bool:
        """Whether every member has one good container, healthy to the ledger and not drained, and the last plan was
        empty.
        """
        wanted = sum(item["scale"] for item in self.definition["services"].values())
        found = self.world.checked()
        ledger = self.watch.ledger()
        healthy = [
            key
            for key, item in ledger.items()
            if item["verdict"] == "healthy" and item["generation"] in self._generations()
        ]
        good = [item for machine, item in found if self.world.is_good(machine, item)]
        rests = self.last is not None and not self.last.plans[0].has_work
        used = not self.world.balancers.drained()
        return rests and used and len(good) == len(found) == len(healthy) == wanted

    def _generations(self) -> set[str]:
        return {
            f"{item.id[:12]}-{''.join(filter(str.isdigit, item.started_at))}"
            for _machine, item in self.world.checked()
        }

    # --- the world

    @property
    def now(self) -> float:
        """Seconds of true time."""
        return self.world.clock.now

    def member(self, index: int, name: str = "web") -> tuple[Machine, Container]:
        """A member's host and container."""
        found = [
            (machine, item)
            for machine, item in self.world.checked()
            if item.name == f"{STACK}-{name}-{index}"
        ]
        if len(found) != 1:
            raise Broken(f"{name}/{index} has {len(found)} containers")
        return found[0]

    def sicken(self, index: int, ill: str = "500", name: str = "web") -> None:
        """Break one container; another one would work."""
        self.say(f"{self.now:.1f} {name}/{index}: {ill or 'well'}")
        self.world.lives[self.member(index, name)[1].id].ill = ill

    def repaired(self, index: int | None = None, name: str = "web") -> int:
        """How often a member, or all of them, were replaced for their health."""
        return sum(
            item.member[1] == name and index in (None, item.member[2])
            for item in self.watch.repairs
        )

    def verdict(self, index: int, name: str = "web") -> str:
        """What the ledger says of a member."""
        return str(self.watch.ledger().get(f"{name}/{index}", {}).get("verdict", ""))

    def held(self) -> str:
        """What the last plan holds back."""
        return " | ".join(str(message) for message in self.last.last.held) if self.last else ""

    def noted(self) -> str:
        """What the last plan remarks."""
        return " | ".join(str(message) for message in self.last.last.notes) if self.last else ""


@contextlib.contextmanager
def story(services: Json, *, hosts: int = 3, seed: int = 0) -> Iterator[Story]:
    """A stack that is up and healthy; a failure prints all that happened."""
    with health_world(hosts, seed=seed) as world:
        told = Story(world, services)
        try:
            told.up()
            told.settle(within_s=60)
            yield told
        except Exception as error:
            lines = "\n".join(told.trace[-400:])
            raise type(error)(f"{error}\n{lines}") from error
