# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fake Docker host, and what people and fate do to it and to its containers."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._common.constants import BRIDGE_NETWORK
from ansible_collections.drover.docker.plugins.module_utils._common.labels import is_hook
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError

from .containers import Container, Json
from .fabric import Clock, Image, Network, Registry, Swarm
from .fake_engine import FakeEngine
from .hindrances import Locks, SlowPulls

STRANGERS_IMAGE = Image("stranger:1")


class HostClock(Clock):
    """The clock that the engine of a host writes its times by."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @property
    def now(self) -> float:  # type: ignore[override]
        return self._machine.now


class Machine:
    """A host: its engine, its state directory, its clock."""

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        registry: Registry,
        state_dir: Path,
        skew_s: float,
        numbers: Iterator[int],
    ) -> None:
        self.name = name
        self.state_dir = state_dir
        self.clock = clock
        self.skew_s = skew_s
        self.up = True
        self.boots = itertools.count(1)
        self.boot_id = f"{name}-boot-{next(self.boots)}"
        self.engine = FakeEngine(name, clock=HostClock(self), registry=registry)
        self.engine.numbers = numbers
        self.locks = Locks(state_dir)
        self.pulls = SlowPulls(clock)
        self.engine.images[STRANGERS_IMAGE.reference] = STRANGERS_IMAGE

    @property
    def now(self) -> float:
        """The host's own clock, which nobody set right."""
        return self.clock.now + self.skew_s

    @property
    def reachable(self) -> bool:
        """Whether Ansible can log in; a hung engine does not matter for that."""
        return self.up

    @property
    def containers(self) -> list[Container]:
        """In the order in which they were made."""
        return list(self.engine.by_id.values())

    @property
    def ours(self) -> list[Container]:
        return [item for item in self.containers if item.ours]

    @property
    def strangers(self) -> list[Container]:
        return [item for item in self.containers if not item.ours]

    # --- what a person does with docker on this host

    def kill(self, container: Container) -> None:
        """C(docker kill): the restart policy does not bring it back."""
        if container.live:
            container.stopped_by_hand = True
            self.engine.end(container, 137)

    def stop(self, container: Container) -> None:
        if container.live:
            container.stopped_by_hand = True
            self.engine.end(container, 143)

    def pause(self, container: Container) -> None:
        if container.status == "running":
            container.status = "paused"

    def start(self, container: Container) -> None:
        """C(docker start); the engine may refuse."""
        container.stopped_by_hand = False
        with contextlib.suppress(EngineError):
            self.engine.run(container)

    def remove(self, container: Container, *, with_volumes: bool) -> None:
        """C(docker rm -f) or C(docker rm -fv)."""
        self.engine.erase(container, with_volumes=with_volumes)

    def disconnect(self, container: Container) -> None:
        """C(docker network disconnect) from all of its networks."""
        for network in list(container.networks):
            if network not in ("host", "none"):
                self.engine.take_off(network, container)

    # --- what happens to a process

    def exit(self, container: Container, code: int) -> None:
        """The process ends by itself; the restart policy decides what comes next."""
        if container.status != "running":
            return
        self.engine.end(container, code)
        if container.policy in ("always", "unless-stopped"):
            self._restart(container)

    def _restart(self, container: Container) -> None:
        container.restarts += 1
        try:
            self.engine.run(container)
        except EngineError:
            container.status = "exited"

    def set_broken(self, container: Container, *, broken: bool) -> None:
        """From now on its program fails at once after each start, or does so no more."""
        container.broken = broken
        if broken:
            self.exit(container, 1)
        elif container.status == "restarting":
            container.status = "running"

    def tick(self) -> None:
        """Time has passed: jobs are done, failing programs failed again."""
        if not self.up:
            return
        for container in self.containers:
            if container.status == "running" and is_hook(container.labels):
                self._end_hook(container)
            elif container.status == "running" and self._ends(container):
                self.exit(container, 0)
            elif container.status == "restarting":
                container.restarts += 1
                container.started_at = self.clock.stamp()

    def _end_hook(self, container: Container) -> None:
        """What a hook is told to do, it does: fail, hang, or else its work."""
        word = (container.body.get("Cmd") or [""])[0]
        if word != "hang":
            self.exit(container, 1 if word == "fail" else 0)

    def _ends(self, container: Container) -> bool:
        image = self.engine.images.get(container.body["Image"])
        return image is not None and image.ends

    # --- what happens to the host

    def power_off(self) -> None:
        """The host dies. On the overlay its containers' addresses stay taken: the managers don't know."""
        if not self.up:
            return
        self.up = False
        self.engine.listens = False
        for container in self.containers:
            if container.live:
                container.status, container.exit_code = "exited", 255
                container.finished_at = self.clock.stamp()

    def power_on(self) -> None:
        if self.up:
            return
        self.up = True
        self.boot_id = f"{self.name}-boot-{next(self.boots)}"
        self.engine.listens = self.engine.answers = True
        self._revive_all()

    def restart_engine(self) -> None:
        """C(systemctl restart docker): running containers end, and come back by their policy."""
        if not self.up or not self.engine.answers:
            return
        for container in self.containers:
            if container.live:
                self.engine.end(container, 137)
        self._revive_all()

    def _revive_all(self) -> None:
        """What the engine starts by itself when it comes up."""
        for container in self.containers:
            self.engine.detach_all(container)
        for container in self.containers:
            started_once = not container.started_at.startswith("0001")
            if (
                container.policy in ("always", "unless-stopped")
                and started_once
                and not container.stopped_by_hand
            ):
                self._restart(container)

    def reinstall(self) -> None:
        """Empty disks, a new engine under the old name; the network role has run again."""
        for container in self.containers:
            self.engine.detach_all(container)
        self.engine.by_id.clear()
        self.engine.volume_map.clear()
        self.engine.contents.clear()
        self.engine.images = {STRANGERS_IMAGE.reference: STRANGERS_IMAGE}
        self.engine.network_map.pop(BRIDGE_NETWORK, None)
        self.engine.serial += 1
        self.power_on()

    def join(self, swarm: Swarm, overlay: Network) -> None:
        """What the role C(network) does: into the Swarm, and the overlay is there."""
        self.engine.swarm = swarm
        self.engine.network_map[overlay.name] = overlay

    # --- strangers

    def add_stranger(
        self,
        name: str,
        *,
        labels: dict[str, str] | None = None,
        port: int = 0,
        network: str = "",
        address: str = "",
    ) -> Container | None:
        """A person's own container, running if the engine lets it; None if the name is taken."""
        body: Json = {
            "Image": STRANGERS_IMAGE.reference,
            "Labels": dict(labels or {}),
            "HostConfig": {},
        }
        if port:
            body["ExposedPorts"] = {"80/tcp": {}}
            body["HostConfig"]["PortBindings"] = {"80/tcp": [{"HostIp": "", "HostPort": str(port)}]}
        if network:
            body["HostConfig"]["NetworkMode"] = network
            wish: dict[str, Any] = {"IPAMConfig": {"IPv4Address": address}} if address else {}
            body["NetworkingConfig"] = {"EndpointsConfig": {network: wish}}
        return self._make_stranger(name, body)

    def _make_stranger(self, name: str, body: Json) -> Container | None:
        if self.engine.named(name) or not self.up:
            return None
        identity = self.engine.new_id()
        networks = self.engine.first_networks(body)
        made = Container(identity, name, body, self.clock.stamp(), [], networks)
        self.engine.by_id[identity] = made
        try:
            self.engine.run(made)
        except EngineError:
            made.status = "created"
        return made
