# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Docker engine in memory: the calls of the Engine protocol, with the semantics that decisions depend on.

What it does was read off engines 20.10, 26.1 and 28.5; tests/live/test_contract.py makes the same calls on a real one.
"""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Callable, Iterator

from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    EngineError,
    EngineTimeout,
    EngineUnreachable,
    refusal,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.pull import (
    Progress,
    no_progress,
)

from .containers import Container, Json, Mount, inspected, listed
from .fabric import NO_LEADER, Clock, Image, Network, Registry, Swarm, new_network


class FakeEngine:
    """One engine. C(after_start) is told of every container that starts: what its program then does to its data."""

    def __init__(
        self, name: str, *, clock: Clock, registry: Registry, swarm: Swarm | None = None
    ) -> None:
        self.name = name
        self.clock = clock
        self.registry = registry
        self.swarm = swarm
        self.serial = 1
        self.answers = True
        self.listens = True
        self.after_start: Callable[[FakeEngine, Container], None] = lambda engine, container: None
        self.by_id: dict[str, Container] = {}
        self.volume_map: dict[str, Json] = {}
        self.contents: dict[str, dict[str, str]] = {}
        """Volume -> what its applications wrote."""
        self.images: dict[str, Image] = {}
        self.network_map: dict[str, Network] = {}
        self.numbers: Iterator[int] = itertools.count(1)
        self.happened: list[Json] = []
        self.least_memory = 0
        """What programs use: a smaller limit is refused."""
        for driver in ("bridge", "host", "null"):
            network = "none" if driver == "null" else driver
            subnet = "172.17.0.0/16" if driver == "bridge" else ""
            self.network_map[network] = Network(network, self.new_id(), driver, subnet, "", {})

    def _enter(self) -> None:
        if not self.listens:
            raise EngineUnreachable("Connection refused")
        if not self.answers:
            raise EngineTimeout("no answer within the deadline")

    def new_id(self) -> str:
        """64 hex digits that no other object of any fake engine has."""
        return f"{next(self.numbers):08x}{self.name.encode().hex()}".ljust(64, "0")[:64]

    def find(self, reference: str) -> Container:
        """By id, its beginning, or name."""
        found = self.by_id.get(reference) or self.named(reference.lstrip("/"))
        if found is None:
            raise refusal(f"No such container: {reference}", 404)
        return found

    def named(self, name: str) -> Container | None:
        return next((item for item in self.by_id.values() if item.name == name), None)

    # --- looking

    def info(self) -> Json:
        self._enter()
        return {
            "ID": f"ENGINE-{self.name}-{self.serial}",
            "Name": self.name,
            "ServerVersion": "26.1.5",
            "Labels": [],
            "LiveRestoreEnabled": False,
            "Swarm": self._swarm_info(),
        }

    def _swarm_info(self) -> Json:
        if self.swarm is None:
            return {
                "NodeID": "",
                "LocalNodeState": "inactive",
                "ControlAvailable": False,
                "Error": "",
            }
        error = (
            ""
            if self.swarm.quorum
            else "rpc error: code = Unknown desc = The swarm does not have a leader."
        )
        return {
            "NodeID": f"node-{self.name}",
            "NodeAddr": "192.0.2.1",
            "LocalNodeState": "active",
            "ControlAvailable": True,
            "Error": error,
            "RemoteManagers": [],
        }

    def version(self) -> Json:
        self._enter()
        return {"Version": "26.1.5", "ApiVersion": "1.45", "MinAPIVersion": "1.24"}

    def containers(self) -> list[Json]:
        self._enter()
        return [listed(item, self._image_id(item)) for item in self.by_id.values()]

    def inspect(self, container: str) -> Json:
        self._enter()
        found = self.find(container)
        return inspected(found, self._image_id(found))

    def _image_id(self, container: Container) -> str:
        return container.image_id or Image(container.body["Image"]).id

    def events(self, since: float, until: float) -> list[Json]:
        """What became of containers; all of it, as the real one would say of the last 256 events."""
        self._enter()
        return [event for event in self.happened if since <= event["time"] <= until]

    def _note(self, action: str, container: Container, **facts: str) -> None:
        attributes = {**container.body.get("Labels", {}), "name": container.name, **facts}
        event = {
            "Action": action,
            "time": self.clock.now,
            "Actor": {"ID": container.id, "Attributes": attributes},
        }
        self.happened.append(event)

    def volumes(self) -> list[Json]:
        self._enter()
        return [dict(volume) for volume in self.volume_map.values()]

    def networks(self) -> list[Json]:
        self._enter()
        return [network.as_json() for network in self.network_map.values()]

    def image(self, reference: str) -> Json | None:
        self._enter()
        found = self.images.get(reference)
        return found.as_json() if found else None

    # --- images, volumes, networks

    def pull(
        self, reference: str, *, limit_s: float = 0.0, progress: Progress = no_progress
    ) -> None:
        self._enter()
        self.images[reference] = self.registry.get(reference)

    def create_volume(
        self, name: str, driver: str, driver_opts: dict[str, str], labels: dict[str, str]
    ) -> None:
        self._enter()
        self.make_volume(name, driver or "local", labels)

    def make_volume(self, name: str, driver: str, labels: dict[str, str]) -> None:
        """Create it, or leave the one that exists as it is."""
        there = self.volume_map.get(name)
        if there is None:
            self.volume_map[name] = {
                "Name": name,
                "Driver": driver,
                "Labels": dict(labels),
                "Scope": "local",
            }
            self.contents[name] = {}
        elif there["Driver"] != driver:
            text = f"A volume named {name} already exists with the {there['Driver']} driver. Choose a different name."
            raise refusal(text, 409)

    def remove_volume(self, name: str) -> None:
        self._enter()
        if name not in self.volume_map:
            raise refusal(f"get {name}: no such volume", 404)
        users = [
            item.id
            for item in self.by_id.values()
            if any(m.source == name for m in item.mounts if m.volume)
        ]
        if users:
            raise refusal(f"remove {name}: volume is in use - [{', '.join(users)}]", 409)
        self.drop_volume(name)

    def drop_volume(self, name: str) -> None:
        del self.volume_map[name]
        del self.contents[name]

    def create_network(self, name: str, body: Json) -> None:
        self._enter()
        if name in self.network_map:
            raise refusal(f"network with name {name} already exists", 409)
        self.network_map[name] = new_network(name, body, self.new_id())

    # --- containers

    def create(self, name: str, body: Json) -> str:
        self._enter()
        image = self.images.get(body["Image"])
        if image is None:
            raise refusal(f"No such image: {body['Image']}", 404)
        holder = self.named(name)
        if holder:
            text = f'Conflict. The container name "/{name}" is already in use by container "{holder.id}".'
            raise refusal(
                f"{text} You have to remove (or rename) that container to be able to reuse that name.",
                409,
            )
        identity = self.new_id()
        mounts = self._mounts(body, image)
        networks = self.first_networks(body)
        made = Container(identity, name, body, self.clock.stamp(), mounts, networks, ours=True)
        made.image_id = image.id
        made.broken = image.fails
        self.by_id[identity] = made
        return identity

    def _mounts(self, body: Json, image: Image) -> list[Mount]:
        """Binds first, then a volume without a name for each path that image or body declare and no bind covers."""
        mounts = []
        for bind in (body.get("HostConfig") or {}).get("Binds") or []:
            source, target, mode = [*bind.split(":"), "", ""][:3]
            mounts.append(
                Mount(posixpath.normpath(target), source, not source.startswith("/"), mode=mode)
            )
            if mounts[-1].volume:
                self.make_volume(source, self.volume_map.get(source, {}).get("Driver", "local"), {})
        declared = {
            posixpath.normpath(path) for path in (*image.volumes, *(body.get("Volumes") or {}))
        }
        for target in sorted(declared - {mount.target for mount in mounts}):
            name = self.new_id()
            self.make_volume(name, "local", {})
            mounts.append(Mount(target, name, True, anonymous=True))
        return mounts

    def first_networks(self, body: Json) -> dict[str, Json]:
        """The networks that a new container is on: those given, else that of its mode."""
        mode = (body.get("HostConfig") or {}).get("NetworkMode") or "default"
        main = "bridge" if mode == "default" else mode
        given = ((body.get("NetworkingConfig") or {}).get("EndpointsConfig")) or {}
        return {name: dict(given.get(name) or {}) for name in (given or {main: {}})}

    def start(self, container: str) -> None:
        self._enter()
        found = self.find(container)
        if found.status == "paused":
            raise refusal("cannot start a paused container, try unpause instead", 409)
        if not found.live:
            found.stopped_by_hand = False
            self.run(found)

    def run(self, container: Container) -> None:
        """Start its process; on failure it keeps its state and says why."""
        try:
            self._attach_all(container)
            self._bind_ports(container)
        except EngineError as error:
            self.detach_all(container)
            container.error = error.message
            container.exit_code = container.exit_code or 128
            raise
        container.status, container.error, container.exit_code = "running", "", 0
        container.started_at = self.clock.stamp()
        container.starts += 1
        self.after_start(self, container)
        if container.broken:
            self._fail(container)

    def _fail(self, container: Container) -> None:
        """A broken program's start succeeds; what comes next is up to the restart policy."""
        if container.policy == "no":
            self.end(container, 1)
        else:
            container.status, container.exit_code = "restarting", 1

    def _attach_all(self, container: Container) -> None:
        for name, wish in container.networks.items():
            self._attach(container, name, wish)

    def _network(self, name: str) -> Network:
        if name not in self.network_map and self.swarm is None:
            raise refusal(f"network {name} not found", 404)
        if name not in self.network_map:
            text = f"Could not attach to network {name}: rpc error: code = NotFound desc = network {name} not found"
            raise refusal(text, 500)
        return self.network_map[name]

    def _attach(self, container: Container, name: str, wish: Json) -> None:
        network = self._network(name)
        if network.driver == "overlay" and (self.swarm is None or not self.swarm.quorum):
            raise refusal(
                f"Could not attach to network {name}: rpc error: code = Unknown desc = {NO_LEADER}",
                500,
            )
        if network.subnet:
            wanted = (wish.get("IPAMConfig") or {}).get("IPv4Address") or ""
            container.addresses[name] = network.claim(container.id, wanted)

    def _bind_ports(self, container: Container) -> None:
        for address, port, protocol in container.bindings:
            for other in self.by_id.values():
                if (
                    other is not container
                    and other.live
                    and _port_taken((address, port, protocol), other)
                ):
                    text = f"driver failed programming external connectivity on endpoint {container.name}"
                    raise refusal(
                        f"{text}: Bind for {address}:{port} failed: port is already allocated", 500
                    )

    def detach_all(self, container: Container) -> None:
        """Its network interfaces go; what it wishes for stays."""
        for name in container.addresses:
            self.network_map[name].release(container.id)
        container.addresses.clear()

    def stop(self, container: str, timeout_s: float) -> None:
        self._enter()
        found = self.find(container)
        if found.live:
            found.stopped_by_hand = True
            self.end(found, found.exit_code if found.status == "restarting" else 137)

    def end(self, container: Container, exit_code: int) -> None:
        """The process is gone."""
        container.status, container.exit_code = "exited", exit_code
        container.finished_at = self.clock.stamp()
        self._note("die", container, exitCode=str(exit_code))
        self.detach_all(container)

    def remove(self, container: str) -> None:
        self._enter()
        self.erase(self.find(container))

    def erase(self, container: Container, *, with_volumes: bool = False) -> None:
        """As C(docker rm -f): named volumes stay in any case."""
        self._note("destroy", container)
        self.detach_all(container)
        del self.by_id[container.id]
        for mount in container.mounts:
            if with_volumes and mount.anonymous:
                self.drop_volume(mount.source)

    def update(self, container: str, body: Json) -> None:
        """Fields that are 0 or missing stay, and -1 takes a limit of processes away. Swap is never less than memory."""
        self._enter()
        found = self.find(container)
        if found.status in ("dead", "removing"):
            raise refusal(f"Cannot update container {found.id}: it is {found.status}", 409)
        there = found.body.get("HostConfig") or {}
        given = {key: value for key, value in body.items() if value}
        memory, swap = given.get("Memory", 0), given.get("MemorySwap", 0)
        if memory > there.get("MemorySwap", 0) > 0 and not swap:
            text = (
                "Memory limit should be smaller than already set memoryswap limit, "
                "update the memoryswap at the same time"
            )
            raise refusal(f"Cannot update container {found.id}: {text}", 409)
        if 0 < memory < self.least_memory:
            raise refusal(f"Cannot update container {found.id}: device or resource busy", 500)
        given.update({key: 0 for key in ("PidsLimit",) if given.get(key, 0) < 0})
        found.body = {**found.body, "HostConfig": {**there, **given}}

    def unpause(self, container: str) -> None:
        self._enter()
        found = self.find(container)
        if found.status != "paused":
            raise refusal(f"Container {found.id} is not paused", 500)
        found.status = "running"

    def connect(self, network: str, container: str, endpoint: Json) -> None:
        self._enter()
        found = self.find(container)
        self._network(network)
        if not found.live:
            found.networks.setdefault(network, dict(endpoint))
            return
        if network in found.networks:
            raise refusal(
                f"endpoint with name {found.name} already exists in network {network}", 403
            )
        self._attach(found, network, endpoint)
        found.networks[network] = dict(endpoint)

    def disconnect(self, network: str, container: str) -> None:
        self._enter()
        self.take_off(network, self.find(container))

    def take_off(self, network: str, container: Container) -> None:
        if network not in container.networks:
            raise refusal(f"container {container.id} is not connected to network {network}", 500)
        del container.networks[network]
        if container.addresses.pop(network, None):
            self.network_map[network].release(container.id)

    # --- programs: all that is run is C(haproxy -c), which likes every config here

    def logs(self, container: str, lines: int) -> str:
        """What its program wrote."""
        return ""

    def execute(self, container: str, words: list[str]) -> tuple[int, str]:
        self._enter()
        found = self.find(container)
        if found.status != "running":
            raise refusal(f"Container {found.id} is not running", 409)
        return 0, ""

    def run_once(self, body: Json) -> tuple[int, str]:
        self._enter()
        if body["Image"] not in self.images:
            raise refusal(f"No such image: {body['Image']}", 404)
        return 0, ""


def _port_taken(wanted: tuple[str, int, str], other: Container) -> bool:
    everywhere = ("", "0.0.0.0", "::")
    for address, port, protocol in other.bindings:
        same = (port, protocol) == wanted[1:]
        if same and (address == wanted[0] or address in everywhere or wanted[0] in everywhere):
            return True
    return False
