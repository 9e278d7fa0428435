# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake engine of the simulation does what real engines do: the same calls to both, the same answers from both."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.client import DockerEngine
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._engine.networks import bridge_body
from ansible_collections.drover.docker.plugins.module_utils._observe.host import observe
from ansible_collections.drover.docker.tests.unit.simulation.fabric import (
    Clock,
    Image,
    Registry,
    Swarm,
)
from ansible_collections.drover.docker.tests.unit.simulation.machine import Machine

from .conftest import MARK, Live

Json = dict[str, t.Any]
SUBNET = "10.233.0.0/24"
ADDRESS = "10.233.0.200"
PORT = "18077"
MIB = 1024 * 1024
SLEEP = ("sleep", "600")
STEADY = ("state", "exit_code", "error", "networks", "ports", "mounts", "service", "index")
"""What an observation says of a container that does not depend on time or chance."""


class Both:
    """A real engine and a fake one, which get the same calls."""

    def __init__(self, live: Live, folder: pathlib.Path) -> None:
        self.live = live
        self.network = f"{live.stack}-contract"
        found = live.engine.image(live.image) or {}
        volumes = tuple(found["Config"]["Volumes"])
        registry = Registry([Image(live.image, volumes)])
        self.machine = Machine(
            "fake",
            clock=Clock(),
            registry=registry,
            state_dir=folder,
            skew_s=0.0,
            numbers=iter(range(1, 10**6)),
        )
        self.machine.engine.images = dict(registry.images)
        if live.engine.info()["Swarm"]["LocalNodeState"] == "active":
            self.machine.engine.swarm = Swarm()
        self.engines: list[t.Any] = [live.engine, self.machine.engine]

    def call(self, method: str, *arguments: t.Any) -> str:
        """One call to both; returns the kind of error, or nothing."""
        real, fake = (self._outcome(engine, method, arguments) for engine in self.engines)
        assert real == fake, (
            f"{method} {arguments}: the real engine said {real}, the fake one {fake}"
        )
        assert self.seen(self.live.engine) == self.seen(self.machine.engine), (
            f"after {method} {arguments}"
        )
        return real

    def _outcome(self, engine: t.Any, method: str, arguments: tuple[t.Any, ...]) -> str:
        try:
            getattr(engine, method)(*arguments)
        except EngineError as error:
            return f"{type(error).__name__} {error.status}"
        return ""

    def check_limits(self, name: str) -> None:
        """Both have the same limits. An engine that cannot limit swap says -1."""
        real, fake = (engine.inspect(name)["HostConfig"] for engine in self.engines)
        swaps = bool(self.live.engine.info().get("SwapLimit"))
        for key in LIMITS:
            if key != "MemorySwap" or swaps:
                assert (real.get(key) or None) == (fake.get(key) or None), key

    def by_hand(self, path: str, action: t.Callable[[Machine], None]) -> None:
        """What a person does with docker: by the API of the real engine, and to the fake one."""
        self.live.post(path)
        action(self.machine)
        assert self.seen(self.live.engine) == self.seen(self.machine.engine), f"after {path}"

    def seen(self, engine: t.Any) -> Json:
        """The steady part of an observation, of what this test made."""
        look = observe(
            engine, host="h1", state_dir="/nonexistent", images=[self.live.image], clock=time.time
        )
        mine = [item for item in look["containers"] if item["name"].startswith(self.live.stack)]
        strangers = [item for item in look["foreign"] if item["name"].startswith(self.live.stack)]
        return {
            "ours": {item["name"]: self._steady(item) for item in mine},
            "foreign": {
                item["name"]: (item["state"], item["ports"], item["addresses"])
                for item in strangers
            },
            "volumes": sorted(name for name in look["volumes"] if name.startswith(self.live.stack)),
            "network": {
                key: value
                for key, value in look["networks"].get(self.network, {}).items()
                if key != "id"
            },
            "image": look["images"][self.live.image]["volumes"],
        }

    def _steady(self, container: t.Mapping[str, t.Any]) -> Json:
        kept: Json = {key: container[key] for key in STEADY}
        # Each engine makes up hardware addresses in its own way, and most only while the container runs.
        kept["networks"] = {
            name: {key: value for key, value in endpoint.items() if key != "mac"}
            for name, endpoint in container["networks"].items()
        }
        kept["error"] = bool(container["error"])
        kept["started"] = not container["started_at"].startswith("0001")
        kept["mounts"] = {
            path: name if name.startswith(self.live.stack) else "without a name"
            for path, name in container["mounts"].items()
        }
        return kept

    def name(self, index: int) -> str:
        return f"{self.live.stack}-web-{index}"

    def volume(self, index: int) -> str:
        return f"{self.live.stack}_web_{index}"

    def body(
        self,
        index: int,
        *,
        address: str = "",
        command: t.Sequence[str] = SLEEP,
        **host_config: t.Any,
    ) -> Json:
        """A container as ours are made, with a volume at the path that the image declares."""
        endpoint: Json = {"Aliases": ["web.alias"], "Links": None}
        if address:
            endpoint["IPAMConfig"] = {"IPv4Address": address}
        labels = {
            MARK: "1",
            "io.drover.managed": "stack",
            "io.drover.stack": self.live.stack,
            "io.drover.service": "web",
            "io.drover.index": str(index),
        }
        binds = [f"{self.volume(index)}:/data"]
        return {
            "Image": self.live.image,
            "Cmd": list(command),
            "ExposedPorts": {"80/tcp": {}},
            "Labels": labels,
            "HostConfig": {"Binds": binds, "NetworkMode": self.network, **host_config},
            "NetworkingConfig": {"EndpointsConfig": {self.network: endpoint}},
        }


@pytest.fixture
def both(live: Live, tmp_path: pathlib.Path) -> t.Iterator[Both]:
    live.sweep()
    pair = Both(live, tmp_path)
    assert pair.call("create_network", pair.network, bridge_body(SUBNET)) == ""
    yield pair
    live.sweep()


def test_life_of_a_container(both: Both) -> None:
    name = both.name(1)
    ports: Json = {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": PORT}]}}
    body = both.body(1, address=ADDRESS, **ports, RestartPolicy={"Name": "unless-stopped"})
    assert both.call("start", name) == "NotFound 404"
    assert both.call("create", name, body) == ""
    assert both.call("create", name, body) == "Conflict 409"
    assert both.call("create", f"{name}-x", {**body, "Image": "no.such/image:1"}) == "NotFound 404"
    for _again in range(2):
        assert both.call("start", name) == ""
    both.by_hand(
        f"/containers/{name}/pause", lambda machine: machine.pause(machine.engine.find(name))
    )
    assert both.call("start", name) != ""
    assert both.call("unpause", name) == ""
    assert both.call("unpause", name) != ""
    for _again in range(2):
        assert both.call("stop", name, 0.0) == ""
    assert both.call("start", name) == ""
    both.by_hand(
        f"/containers/{name}/kill", lambda machine: machine.kill(machine.engine.find(name))
    )
    assert both.call("start", name) == ""
    assert both.call("remove", name) == ""
    assert both.call("remove", name) == "NotFound 404"


LIMITS = ("Memory", "MemorySwap", "PidsLimit", "CpuShares", "NanoCpus", "RestartPolicy")


def test_limits_that_change_in_place(both: Both) -> None:
    """Of a container that runs and of one that does not; a limit that is not given stays."""
    name = both.name(1)
    policy = {"Name": "unless-stopped", "MaximumRetryCount": 0}
    assert both.call("update", name, {"CpuShares": 512}) == "NotFound 404"
    both.call("create", name, both.body(1, Memory=64 * MIB, MemorySwap=128 * MIB))
    both.call("start", name)
    assert both.call("update", name, {"Memory": 256 * MIB}) == "Conflict 409"
    body = {"Memory": 256 * MIB, "MemorySwap": 512 * MIB, "PidsLimit": 50, "RestartPolicy": policy}
    assert both.call("update", name, body) == ""
    both.check_limits(name)
    assert both.call("update", name, {"PidsLimit": -1, "Memory": 0}) == ""
    assert both.call("stop", name, 0.0) == ""
    assert both.call("update", name, {"CpuShares": 512, "NanoCpus": 500_000_000}) == ""
    both.check_limits(name)


def test_addresses_and_ports_that_are_taken(both: Both) -> None:
    ports: Json = {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": PORT}]}}
    both.call("create", both.name(1), both.body(1, address=ADDRESS, **ports))
    both.call("create", both.name(2), both.body(2, address=ADDRESS))
    both.call("create", both.name(3), both.body(3, **ports))
    assert both.call("start", both.name(1)) == ""
    assert both.call("start", both.name(2)) == "EngineError 403"
    assert both.call("start", both.name(3)) == "EngineError 500"
    assert both.call("stop", both.name(1), 0.0) == ""
    assert both.call("start", both.name(2)) == ""
    assert both.call("start", both.name(3)) == ""
    assert both.call("start", both.name(1)) == "EngineError 403"


def test_networks(both: Both) -> None:
    name, endpoint = (
        both.name(1),
        {"Aliases": ["web.alias"], "IPAMConfig": {"IPv4Address": ADDRESS}},
    )
    assert both.call("create_network", both.network, bridge_body(SUBNET)) == "Conflict 409"
    both.call("create", name, both.body(1, address=ADDRESS))
    both.call("start", name)
    assert both.call("connect", both.network, name, endpoint) == "EngineError 403"
    assert both.call("disconnect", both.network, name) == ""
    assert both.call("disconnect", both.network, name) == "EngineError 500"
    assert both.call("stop", name, 0.0) == ""
    assert both.call("start", name) == "", "a container without its network starts all the same"
    assert both.call("connect", both.network, name, endpoint) == ""
    assert both.call("stop", name, 0.0) == ""
    assert (
        both.call("connect", both.network, name, {"IPAMConfig": {"IPv4Address": "10.233.0.99"}})
        == ""
    )
    assert both.call("disconnect", both.network, name) == ""
    assert both.call("connect", both.network, name, endpoint) == ""
    assert both.call("start", name) == ""
    assert both.call("connect", f"{both.network}-x", name, {}).startswith("NetworkDown")


def test_a_network_that_is_not_there(both: Both) -> None:
    body = both.body(1)
    body["HostConfig"]["NetworkMode"] = f"{both.network}-x"
    del body["NetworkingConfig"]
    assert both.call("create", both.name(1), body) == ""
    assert both.call("start", both.name(1)).startswith("NetworkDown")


def test_volumes(both: Both) -> None:
    name, volume = both.name(1), both.volume(1)
    for _again in range(2):
        assert both.call("create_volume", volume, "local", {}, {MARK: "1"}) == ""
    both.call("create", name, both.body(1))
    assert both.call("remove_volume", volume) == "Conflict 409"
    both.call("start", name)
    assert both.call("remove", name) == ""
    assert both.call("remove_volume", volume) == ""
    for engine in both.engines:
        with pytest.raises(
            EngineError
        ):  # 404; 26.1 in a Swarm says 501, as it looks for a cluster volume
            engine.remove_volume(volume)


def test_volumes_without_a_name(both: Both) -> None:
    """C(docker rm -fv) takes those that nobody named, and leaves those that have a name."""
    body = {**both.body(1), "Volumes": {"/other/": {}}}
    both.call("create", both.name(1), body)
    mounts = both.seen(both.live.engine)["ours"][both.name(1)]["mounts"]
    assert mounts == {"/data": both.volume(1), "/other": "without a name"}
    before = len(both.live.engine.volumes()), len(both.machine.engine.volumes())
    both.live.raw.remove_container(both.name(1), v=True, force=True)
    both.machine.remove(both.machine.engine.find(both.name(1)), with_volumes=True)
    after = len(both.live.engine.volumes()), len(both.machine.engine.volumes())
    assert [old - new for old, new in zip(before, after, strict=True)] == [1, 1]
    assert both.seen(both.live.engine) == both.seen(both.machine.engine)


@pytest.mark.parametrize("policy", ["no", "unless-stopped"])
def test_programs_that_fail(both: Both, policy: str) -> None:
    """The engine starts a container again by its policy alone, and counts."""
    name = both.name(1)
    both.call("create", name, both.body(1, command=["false"], RestartPolicy={"Name": policy}))
    both.machine.engine.find(name).broken = True
    for engine in both.engines:
        engine.start(name)
    both.machine.tick()
    for engine in both.engines:
        state, restarts = _after_a_while(engine, name, restarts=policy != "no")
        assert (state in ("restarting", "running"), restarts > 0) == (
            policy != "no",
            policy != "no",
        )
    assert both.call("stop", name, 0.0) == ""


def _after_a_while(engine: DockerEngine, name: str, *, restarts: bool) -> tuple[str, int]:
    deadline = time.monotonic() + 10
    while True:
        found = engine.inspect(name)
        state, count = found["State"]["Status"], found["RestartCount"]
        if time.monotonic() > deadline or (state == "exited" if not restarts else count > 0):
            return state, count
        time.sleep(0.1)


def test_containers_of_others(both: Both) -> None:
    """They are seen with their ports and addresses, and get addresses of the engine's own range."""
    body = both.body(1, PortBindings={"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": PORT}]})
    body["Labels"] = {MARK: "1"}
    assert both.call("create", both.name(1), body) == ""
    assert both.call("start", both.name(1)) == ""
    foreign = both.seen(both.live.engine)["foreign"][both.name(1)]
    assert foreign == ("running", [["127.0.0.1", int(PORT), "tcp"]], {both.network: "10.233.0.2"})
