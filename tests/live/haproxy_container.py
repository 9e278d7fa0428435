# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy containers on the local engine. All labelled drover.lab.haproxy=1."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import ipaddress
import os
import pathlib
import time
import typing as t
import uuid

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.client import DockerEngine
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.folders import Folders
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import Target

Json = dict[str, t.Any]

MARK = "drover.lab.haproxy"
COMMAND = ["haproxy", "-W", "-db", "-S", "/run/haproxy/master.sock,mode,600"]
COMMAND += ["-f", "/usr/local/etc/haproxy/haproxy.cfg"]


@dataclasses.dataclass
class Container(abc.ABC):
    """One HAProxy container with its folders. C(report_key): what tests call its reports by."""

    engine: DockerEngine
    image: str
    folders: Folders
    name: str = dataclasses.field(default_factory=lambda: "drover-hx-" + uuid.uuid4().hex[:8])
    network: str = "bridge"
    restart: str = "no"
    may_restart: bool = True
    """As those of stacks; the public modules never restart one."""
    report_key: t.ClassVar[str] = "server"

    @property
    def version(self) -> str:
        return self.image.rpartition(":")[2]

    @property
    def target(self) -> Target:
        return Target(self.folders, self.name, self.image, self.may_restart)

    def start(self) -> None:
        """As our own services start one."""
        body = {
            "Image": self.image,
            "Entrypoint": COMMAND[:1],
            "Cmd": COMMAND[1:],
            "User": "99:99",
            "Labels": {MARK: "1"},
            "HostConfig": {
                "Binds": self.folders.binds(),
                "NetworkMode": self.network,
                "ReadonlyRootfs": True,
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges"],
                "RestartPolicy": {"Name": self.restart},
            },
        }
        self.engine.create(self.name, body)
        self.engine.start(self.name)

    @abc.abstractmethod
    def seen(self) -> Json:
        """What an observation has of it."""

    def report(self, name: str) -> Json:
        """What it says of one of its servers."""
        return next(item for item in self.seen()["reports"] if item[self.report_key] == name)

    def until(self, name: str, holds: t.Callable[[Json], bool], *, wait_s: float = 15) -> Json:
        """The first report of which something holds."""
        end = time.monotonic() + wait_s
        while True:
            found = self.report(name)
            if holds(found):
                return found
            assert time.monotonic() < end, found
            time.sleep(0.05)

    def remove(self) -> None:
        with contextlib.suppress(Exception):
            self.engine.remove(self.name)


Made = t.TypeVar("Made", bound=Container)


def gateway(engine: DockerEngine) -> str:
    """An address of this machine that containers reach: the first of the bridge, which a new engine does not name."""
    network = next(item for item in engine.networks() if item["Name"] == "bridge")
    config = network["IPAM"]["Config"][0]
    return str(config.get("Gateway") or next(ipaddress.ip_network(config["Subnet"]).hosts()))


@contextlib.contextmanager
def one_container(kind: type[Made], image: str, folder: pathlib.Path) -> t.Iterator[Made]:
    """A HAProxy that is not started yet; the test is skipped where there can be none."""
    if os.geteuid() != 0:
        pytest.skip("the folders of a HAProxy have owners, which only root can give")
    engine = DockerEngine()
    try:
        present = engine.image(image)
    except EngineError as error:
        pytest.skip(f"no engine here: {error}")
    if not present:
        pytest.skip(f"no image {image} here: lab/images haproxy")
    made = kind(engine, image, Folders(str(folder)))
    try:
        yield made
    finally:
        made.remove()
