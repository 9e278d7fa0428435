# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated hosts, with applications, checkers, a network between them that breaks, and clocks that are wrong."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.drover.docker.plugins.module_utils._act import handlers, second_look
from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    BRIDGE_NETWORK,
    CHECKER_IMAGE,
    CHECKER_SERVICE,
    LABEL_SERVICE,
    LABEL_STACK,
    OVERLAY_NETWORK,
    SYSTEM_STACK,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.desired import (
    CHECKER,
    Desired,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import (
    ApplyError,
    Target,
)
from ansible_collections.drover.docker.plugins.module_utils._observe import host as observe_host
from ansible_collections.drover.docker.tests.unit.simulation.any_order import any_order
from ansible_collections.drover.docker.tests.unit.simulation.checks import Member, member_of
from ansible_collections.drover.docker.tests.unit.simulation.containers import Container
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine
from ansible_collections.drover.docker.tests.unit.simulation.machine import Machine
from ansible_collections.drover.docker.tests.unit.simulation.world import SimulatedWorld

from .applications import GOOD, Life, Place, answer
from .balancers import Applied, Balancers, is_balancer
from .virtual_haproxy import Answer, Haproxy, Server, revision_of, stopped

Json = dict[str, Any]
STEP_S = 0.5
CONTROL_PORT = 42
SLOW_S = 30.0
"""Longer than any time that a check gives an application for its answer."""
CUT, REJECT = "cut", "reject"


class Ticking(Clock):
    """Moves in small steps; at each one all checkers and applications do their work."""

    def __init__(self, tick: Callable[[float], None]) -> None:
        super().__init__()
        self._tick = tick
        self._next = self.now + STEP_S

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while self._next <= until:
            self.now = self._next
            self._next += STEP_S
            self._tick(self.now)
        self.now = until


class HostClock(Clock):
    """The time as a host's engine writes it, which nobody set right."""

    def __init__(self, true: Clock, machine: Machine) -> None:
        self._true = true
        self._machine = machine

    @property
    def now(self) -> float:  # type: ignore[override]
        return self._true.now + self._machine.skew_s

    def advance(self, seconds: float) -> None:
        self._true.advance(seconds)


class HealthWorld(SimulatedWorld):
    """Hosts whose members are checked."""

    def __init__(self, folder: Path, hosts: int, *, seed: int = 0) -> None:
        self.dice = random.Random(seed)
        self.places: dict[Member, Place] = {}
        self.lives: dict[str, Life] = {}
        self.checkers: dict[str, Haproxy] = {}
        self.configs: dict[str, str] = {}
        self.mute: set[str] = set()
        """Hosts whose checker works and does not answer questions."""
        self.overlay_faults: dict[tuple[str, str], str] = {}
        """(from, to) -> cut or reject, for all traffic between two hosts."""
        self.member_faults: dict[str, str] = {}
        """Host -> cut or reject, for traffic from other hosts to its members; port 42 works."""
        self.checker_faults: dict[str, str] = {}
        """Host -> cut or reject, for all that its checker begins, but what stays inside its container."""
        self.local_faults: dict[str, str] = {}
        """Host -> cut or reject, between its checker and the members on the same host."""
        self.bad_to: set[str] = set()
        """Hosts whose checkers get a 500 from every application."""
        self.database_up = True
        self.always_reloads = False
        """Whether every change of a checker is a reload, as it was before checkers were told at run time."""
        self.needs_database: set[str] = set()
        """Services that answer 500 without the database."""
        self.by_connect: set[str] = set()
        """Services of which only a connection is checked."""
        self.before_end: Callable[[Machine, Container], None] = lambda machine, container: None
        """Told before the code under test stops or removes a container."""
        self.on_start: Callable[[Machine, Container], None] = lambda machine, container: None
        super().__init__(folder, hosts, seed=seed)
        self.balancers = Balancers(self)
        self.registry.images[CHECKER_IMAGE] = Image(CHECKER_IMAGE)
        self.clock = Ticking(self._tick)
        for machine in self.machines.values():
            machine.skew_s = 0.0
            machine.clock = machine.engine.clock = HostClock(self.clock, machine)
            machine.engine.after_start = self._started

    # --- programs

    def place(self, member: Member) -> Place:
        """What goes for a member."""
        return self.places.setdefault(member, Place())

    def checked(self) -> list[tuple[Machine, Container]]:
        """The containers of members, not those of checkers."""
        return [
            (machine, item)
            for machine in self.machines.values()
            for item in machine.ours
            if item.labels[LABEL_STACK] != SYSTEM_STACK
        ]

    def answer_of(self, container: Container) -> Answer:
        """What the application in a running container does; the load balancers' own listener just answers."""
        if is_balancer(container):
            return Answer(GOOD)
        member = member_of(container)
        up = self.database_up or member[1] not in self.needs_database
        life = self.lives[container.id]
        return answer(self.place(member), life, self.clock.now, dependency_up=up)

    def is_good(self, machine: Machine, container: Container) -> bool:
        """Whether a probe from its own host would succeed."""
        if not machine.up or container.status != "running" or not container.addresses:
            return False
        found = self.answer_of(container)
        if member_of(container)[1] in self.by_connect:
            return found.kind != "refuse"
        return found.kind == GOOD and found.after_s < SLOW_S

    def _started(self, engine: FakeEngine, container: Container) -> None:
        machine = self.machines[engine.name]
        if not container.ours:
            return
        if container.labels[LABEL_SERVICE] == CHECKER_SERVICE:
            config = self.configs.get(engine.name)
            self.checkers.pop(engine.name, None)
            if config is not None:
                self.checkers[engine.name] = Haproxy(config, self.clock.now, self.dice)
            return
        if is_balancer(container):
            self.balancers.started(engine.name, container)
        ill = self.lives[container.id].ill if container.id in self.lives else ""
        self.lives[container.id] = Life(self.clock.now, ill)
        self.on_start(machine, container)

    def _tick(self, now: float) -> None:
        for machine, container in self.checked():
            if container.id in self.lives:
                self.lives[container.id].note(now, good=self.is_good(machine, container))
        for host, haproxy in self.checkers.items():
            if self._works(host):
                haproxy.step(now, lambda server, host=host: self.probe(host, server))  # type: ignore[misc]
        self.balancers.tick(now)

    @property
    def is_disturbed(self) -> bool:
        """Whether anything but applications is broken now."""
        faults = (self.overlay_faults, self.member_faults, self.checker_faults, self.local_faults)
        engines = all(item.up and item.engine.answers for item in self.machines.values())
        checkers = all(self._works(host) for host in self.machines)
        return any(faults) or bool(self.mute) or not engines or not checkers

    # --- checkers

    def checker(self, host: str) -> Container | None:
        """The container of a host's checker."""
        found = [
            item
            for item in self.machines[host].ours
            if item.labels[LABEL_SERVICE] == CHECKER_SERVICE
        ]
        return found[0] if found else None

    def _works(self, host: str) -> bool:
        container = self.checker(host)
        return bool(container and container.status == "running" and self.machines[host].up)

    def observe_checker(self, state_dir: str) -> Json | None:
        """Stands in for the question to the checker's socket."""
        host = Path(state_dir).name
        container, haproxy = self.checker(host), self.checkers.get(host)
        if container is None or haproxy is None or not container.live:
            return stopped(self.configs[host]) if host in self.configs else None
        seen = haproxy.as_checker(self.clock.now, revision_of(self.configs.get(host, "")))
        if container.status == "paused" or host in self.mute:
            nothing = {"revision": "", "version": "", "reports": []}
            return {**seen, **nothing, "pid": 0, "uptime_s": 0, "error": "no answer within 2 s"}
        return seen

    def apply(self, engine: Any, target: Target, desired: Desired, *, wait_s: float) -> Any:
        """Stands in for the writing and validation of the files, and for the orders or the reload."""
        if desired.kind is CHECKER:
            self._apply_checker(target, desired.config, wait_s)
            return Applied(quiet=True)
        return self.balancers.apply(target, desired.config, wait_s)

    def _apply_checker(self, target: Target, config: str, wait_s: float) -> None:
        self.before_change()
        self.spend_life()
        host = Path(target.folders.base).parent.name
        known = self.configs.get(host)
        self.configs[host] = config
        container = self.checker(host)
        if container is None or container.status != "running":
            return
        haproxy = self.checkers.get(host)
        if haproxy is None or host in self.mute:
            raise ApplyError("the config is in place, but HAProxy runs and does not answer")
        if known == config and haproxy.revision == revision_of(config):
            return
        change = None if self.always_reloads else haproxy.between(config)
        if change is None or known != haproxy.config:
            self._take_first_results(haproxy.reload(config, self.clock.now), wait_s)
        else:
            self._take_first_results(haproxy.follow(config, change, self.clock.now), wait_s)

    def _take_first_results(self, fresh: list[Server], wait_s: float) -> None:
        until = self.clock.now + wait_s
        while True:
            for server in fresh:
                if server.counts_up:
                    server.take_as_good()
            fresh = [server for server in fresh if server.result == "INI"]
            if not fresh or self.clock.now >= until:
                return
            self.clock.advance(STEP_S)

    # --- network

    def probe(self, source: str, server: Server, *, of_checker: bool = True) -> Answer:
        """What the checker, or a load balancer, of a host meets at an address now."""
        holder = self._holder(server.address)
        if holder is None:
            return Answer(CUT)
        machine, container = holder
        fault = self._fault(source, machine.name, server.port, of_checker=of_checker)
        if fault:
            return Answer(fault)
        if server.port == CONTROL_PORT:  # of a frozen process the kernel still accepts connections
            return Answer("good")
        if container.status == "paused":
            return Answer("hang")
        bad = of_checker and source in self.bad_to
        return Answer("500") if bad else self.answer_of(container)

    def _fault(self, source: str, target: str, port: int, *, of_checker: bool) -> str:
        inside = port == CONTROL_PORT and source == target
        if inside:
            return ""
        found = [self.checker_faults.get(source, "")] if of_checker else []
        if source == target:
            found.append(self.local_faults.get(target, "") if of_checker else "")
        else:
            found.append(self.overlay_faults.get((source, target), ""))
            found.append("" if port == CONTROL_PORT else self.member_faults.get(target, ""))
        return next((fault for fault in found if fault), "")

    def _holder(self, address: str) -> tuple[Machine, Container] | None:
        network = self.machines["h1"].engine.network_map.get(self._network())
        owner = network.owners.get(address, "") if network else ""
        for machine in self.machines.values():
            container = machine.engine.by_id.get(owner)
            if container is not None:
                alive = machine.up and container.status in ("running", "paused")
                return (machine, container) if alive else None
        return None

    def _network(self) -> str:
        return OVERLAY_NETWORK if len(self.machines) > 1 else BRIDGE_NETWORK

    # --- what the code under test does

    def _before_change(self, engine: FakeEngine, call: str, arguments: tuple[Any, ...]) -> None:
        super()._before_change(engine, call, arguments)
        if call in ("stop", "remove"):
            container = engine.by_id.get(arguments[0])
            if container is not None and container.labels.get(LABEL_STACK) != SYSTEM_STACK:
                self.before_end(self.machines[engine.name], container)


@contextlib.contextmanager
def health_world(hosts: int, *, seed: int = 0) -> Iterator[HealthWorld]:
    """A world whose files are in memory where the machine offers that."""
    memory = Path("/dev/shm")
    folder = Path(
        tempfile.mkdtemp(prefix="drover-health-", dir=memory if memory.is_dir() else None)
    )
    world = HealthWorld(folder, hosts, seed=seed)
    try:
        with (
            any_order(world.order),
            mock.patch.object(os, "fsync", world.fsync),
            mock.patch.object(observe_host, "observe_checker", world.observe_checker),
            mock.patch.object(second_look, "observe_checker", world.observe_checker),
            mock.patch.object(handlers, "apply", world.apply),
            mock.patch.object(observe_host, "observe_balancers", world.balancers.observe),
            mock.patch.object(handlers, "validate_only"),
        ):
            yield world
    finally:
        shutil.rmtree(folder)
