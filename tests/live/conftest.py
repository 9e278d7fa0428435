# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests against real engines: ``pytest tests/live``.

Engines are those of DROVER_LIVE_ENGINES (``name=unix:///path,...``); without it, where the lab is up, those of h1
(20.10), h2 (26.1) and h3 (28.5), else this machine's. A test whose engine does not answer is skipped and says why.
What a test makes carries the label ``drover.lab=1`` and a name of its own, and is removed at the end.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import typing as t
import uuid

import pytest
import yaml
from ansible_collections.drover.docker.plugins.module_utils._engine.client import DockerEngine
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from docker import APIClient

from .haproxy_versions import left_out
from .network_fleet import SSH

LAB = pathlib.Path(__file__).resolve().parents[2] / ".lab"
LAB_HOSTS = ("h1", "h2", "h3")
LAB_IS_UP = (LAB / "hosts.yml").exists()
IMAGES = ("registry.lab:5000/drover-lab/testapp:1", "drover-lab/testapp:1")
MARK = "drover.lab"


def pytest_configure(config: pytest.Config) -> None:
    """Tests that are told to end clean up first, as after Ctrl-C."""
    config.addinivalue_line(
        "markers", "every_version: runs with each HAProxy, not only with the ends"
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only soak runs need."""
    left = [item for item in items if left_out(item)]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)


def _given() -> dict[str, str]:
    text = os.environ.get("DROVER_LIVE_ENGINES", "")
    return dict(item.split("=", 1) for item in text.split(",") if item)


def _names() -> list[str]:
    return list(_given()) or (list(LAB_HOSTS) if LAB_IS_UP else ["local"])


class Tunnels:
    """The sockets of the lab hosts' engines, brought here by SSH."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="drover-live-")
        self._processes: list[subprocess.Popen[bytes]] = []

    def open(self, host: str) -> str:
        """The engine address of a lab host."""
        inventory = yaml.safe_load((LAB / "hosts.yml").read_text())["docker_hosts"]["hosts"]
        socket = f"{self._folder.name}/{host}.sock"
        command = ["ssh", "-N", "-i", str(LAB / "id_ed25519"), *SSH.split()]
        target = f"root@{inventory[host]['ansible_host']}"
        self._processes.append(
            subprocess.Popen([*command, "-L", f"{socket}:/var/run/docker.sock", target])
        )
        deadline = time.monotonic() + 10
        while not os.path.exists(socket) and time.monotonic() < deadline:
            time.sleep(0.05)
        return "unix://" + socket

    def close(self) -> None:
        """End the SSH processes and remove the sockets. A process that missed a SIGTERM went on for 300 s."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._folder.cleanup()


@pytest.fixture(scope="session")
def tunnels() -> t.Iterator[Tunnels]:
    opened = Tunnels()
    yield opened
    opened.close()


def _address(name: str, tunnels: Tunnels) -> str:
    if name in _given():
        return _given()[name]
    if name == "local":
        return "unix:///var/run/docker.sock"
    return tunnels.open(name)


@dataclasses.dataclass
class Live:
    """One real engine, and what a test needs around it."""

    name: str
    docker_host: str
    engine: DockerEngine
    raw: APIClient
    image: str
    version: str
    stack: str

    def post(self, path: str, body: t.Any = None, **params: t.Any) -> dict[str, t.Any]:
        """One call that the engine protocol has no method for."""
        url = f"{self.raw.base_url}/v{self.raw.api_version}{path}"
        response = self.raw.post(url, json=body, params=params, timeout=60)
        assert response.status_code < 400, response.text
        return dict(response.json()) if response.content else {}

    def sweep(self) -> None:
        """Remove what tests of this stack made."""
        for item in self.engine.containers():
            if item["Names"][0].lstrip("/").startswith(self.stack):
                self.engine.remove(item["Id"])
        for volume in self.engine.volumes():
            if volume["Name"].startswith(self.stack):
                self.engine.remove_volume(volume["Name"])
        for network in self.engine.networks():
            if network["Name"].startswith(self.stack):
                self.raw.remove_network(network["Id"])


def _test_image(engine: DockerEngine) -> str:
    """The test application as this engine calls it; a lab host that lacks it has the lab's registry."""
    for reference in IMAGES:
        if engine.image(reference):
            return reference
    try:
        engine.pull(IMAGES[0])
    except EngineError:
        return ""
    return IMAGES[0]


@pytest.fixture(scope="session", params=_names())
def live(request: pytest.FixtureRequest, tunnels: Tunnels) -> t.Iterator[Live]:
    address = _address(request.param, tunnels)
    engine = DockerEngine(address)
    try:
        version = engine.info()["ServerVersion"]
    except EngineError as error:
        pytest.skip(f"no engine at {request.param}: {error}")
    image = _test_image(engine)
    if not image:
        pytest.skip(f"engine {request.param} has no image {' or '.join(IMAGES)}: make lab")
    api = engine.version()["ApiVersion"]
    stack = "live" + uuid.uuid4().hex[:8]
    found = Live(
        request.param,
        address,
        engine,
        APIClient(base_url=address, version=api),
        image,
        version,
        stack,
    )
    yield found
    found.sweep()
