# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load balancers of the simulated hosts: their files, their processes, and what the collection asks of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import Target
from ansible_collections.drover.docker.tests.unit.simulation.checks import member_of
from ansible_collections.drover.docker.tests.unit.simulation.containers import Container

from .virtual_balancer import Balancer, silent
from .virtual_haproxy import Answer, Server, revision_of

if TYPE_CHECKING:
    from .world import HealthWorld

Json = dict[str, Any]
SERVICE = "lb"
TICK_S = 0.5


@dataclasses.dataclass(frozen=True)
class Applied:
    """What the collection reads of what was done."""

    quiet: bool
    how: str = "runtime"


@dataclasses.dataclass(frozen=True)
class Front:
    """One that runs: its host, its container, and its process."""

    host: str
    container: Container
    process: Balancer


class Balancers:
    """All of a world."""

    def __init__(self, world: HealthWorld) -> None:
        self._world = world
        self._files: dict[tuple[str, str], str] = {}
        self._processes: dict[str, Balancer] = {}
        """By container."""
        self.session_s = 0.0
        """How long requests take."""
        self.trusting: set[str] = set()
        """Hosts whose load balancers find every member good that can be reached."""

    # --- what runs

    def fronts(self) -> list[Front]:
        """Those whose process runs, and whose host is up."""
        found = [
            Front(machine.name, item, self._processes[item.id])
            for machine in self._world.machines.values()
            for item in machine.ours
            if is_balancer(item) and item.id in self._processes
        ]
        machines = self._world.machines
        return [
            item for item in found if machines[item.host].up and item.container.status == "running"
        ]

    def drained(self) -> list[str]:
        """Who gets no new requests by anybody's order: load balancer and server."""
        return [
            f"{front.container.name} {server.name}"
            for front in self.fronts()
            for server in front.process.servers
            if front.process.drains(server)
        ]

    def started(self, host: str, container: Container) -> None:
        """A container starts, with the config that lies there."""
        config = self._files.get((host, _place(container)))
        self._processes.pop(container.id, None)
        if config is not None:
            world = self._world
            self._processes[container.id] = Balancer(
                config, world.clock.now, world.dice, lambda: self.session_s
            )

    def tick(self, now: float) -> None:
        """All of them do their work."""
        for front in self.fronts():
            front.process.step(now, lambda server, host=front.host: self._probe(host, server))  # type: ignore[misc]

    def _probe(self, host: str, server: Server) -> Answer:
        found = self._world.probe(host, server, of_checker=False)
        return Answer("good") if host in self.trusting and found.kind == "500" else found

    # --- what the code under test asks and does

    def observe(self, state_dir: str, *, configs: bool = False) -> dict[str, Json]:
        """Stands in for the questions to their sockets."""
        assert not configs
        host, now = Path(state_dir).name, self._world.clock.now
        running = {_place(item.container): item.process for item in self.fronts()}
        return {
            name: running[name].as_observed(now, revision_of(config))
            if name in running
            else silent(revision_of(config))
            for (place, name), config in self._files.items()
            if place == host
        }

    def apply(self, target: Target, config: str, wait_s: float) -> Applied:
        """Stands in for the writing of the files, and for the orders or the reload."""
        self._world.before_change()
        self._world.spend_life()
        folder = Path(target.folders.base)
        host, name = folder.parent.parent.name, folder.name
        self._files[host, name] = config
        self._world.spend_life()
        found = [
            item for item in self.fronts() if (item.host, _place(item.container)) == (host, name)
        ]
        for front in found:
            front.process.follow(config, self._world.clock.now)
        until = self._world.clock.now + wait_s
        while not self._are_quiet(found) and self._world.clock.now < until:
            self._world.clock.advance(TICK_S)
        return Applied(self._are_quiet(found))

    def _are_quiet(self, found: list[Front]) -> bool:
        return all(item.process.is_quiet(self._world.clock.now) for item in found)


def is_balancer(container: Container) -> bool:
    """Whether it is of the service of load balancers."""
    return member_of(container)[1] == SERVICE


def _place(container: Container) -> str:
    return ".".join(map(str, member_of(container)))
