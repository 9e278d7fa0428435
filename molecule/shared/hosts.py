# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker hosts of the lab, reached over SSH as a person would: to break things, and to see the engine's truth."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shlex
import typing as t

import testinfra

from .inventory import LAB, control_nodes, lab_hosts
from .waiting import eventually

SSH_OPTIONS = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"


@dataclasses.dataclass(frozen=True)
class Container:
    """A container as its engine shows it."""

    host: str
    inspected: dict[str, t.Any] = dataclasses.field(repr=False)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.inspected["Name"].lstrip("/"))

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.inspected["Id"])

    @property
    def state(self) -> str:
        """running, exited, ..."""
        return str(self.inspected["State"]["Status"])

    @property
    def life(self) -> tuple[str, str]:
        """Its id and since when it runs: equal as long as nobody removed or restarted it."""
        return self.id, str(self.inspected["State"]["StartedAt"])

    @property
    def addresses(self) -> dict[str, str]:
        """Its addresses by network."""
        networks = self.inspected["NetworkSettings"]["Networks"]
        return {name: str(item["IPAddress"]) for name, item in networks.items()}

    @property
    def mounts(self) -> dict[str, str]:
        """Its volumes by path."""
        return {
            item["Destination"]: str(item["Name"])
            for item in self.inspected["Mounts"]
            if item["Type"] == "volume"
        }


class Host:
    """One Docker host of the lab."""

    def __init__(self, name: str) -> None:
        self.name = name
        lab = lab_hosts()
        self.address = {**lab["hosts"], **control_nodes()}[name]["ansible_host"]
        sockets = pathlib.Path(lab["vars"]["ansible_control_path_dir"])
        sockets.mkdir(mode=0o700, exist_ok=True)
        self.shell = testinfra.get_host(
            f"ssh://root@{self.address}",
            ssh_identity_file=str(LAB / "id_ed25519"),
            ssh_extra_args=SSH_OPTIONS,
            controlpath=f"{sockets}/tests-{name}",
        )

    def run(self, command: str) -> str:
        """The output of a shell command, which has to succeed."""
        try:
            done = self.shell.run(command)
        except RuntimeError as error:  # what testinfra raises when SSH itself fails
            raise AssertionError(f"{self.name} is not reached: {error}") from error
        assert done.rc == 0, f"{self.name}: {command}: {done.stderr or done.stdout}"
        return str(done.stdout).strip()

    def docker(self, *words: str) -> str:
        """The output of the docker client."""
        return self.run(shlex.join(["docker", *words]))

    def containers(self, stack: str = "", *, every: bool = False) -> dict[str, Container]:
        """Containers of a stack, of all stacks, or all that there are, by name."""
        label = f"io.drover.stack={stack}" if stack else "io.drover.stack"
        chosen = "" if every else f"--filter label={label}"
        listed = self.run(f"docker ps -aq {chosen} | xargs -r docker inspect") or "[]"
        found = [Container(self.name, item) for item in json.loads(listed)]
        return {item.name: item for item in sorted(found, key=lambda item: item.name)}

    def container(self, name: str) -> Container:
        """The container of this name."""
        return Container(self.name, json.loads(self.docker("inspect", name))[0])

    def volumes(self, prefix: str = "") -> set[str]:
        """Names of the volumes that begin with this."""
        names = self.docker("volume", "ls", "-q").split()
        return {name for name in names if name.startswith(prefix)}

    def inside(self, container: str, command: str) -> str:
        """The output of a shell command in a container."""
        return self.docker("exec", container, "sh", "-c", command)

    def get(self, url: str) -> str:
        """The body that a URL gives from this host, within some seconds."""
        return eventually(lambda: self.run(f"curl -sSf --max-time 5 {shlex.quote(url)}"))

    def record(self, stack: str) -> dict[str, t.Any]:
        """The stack record on this host."""
        found = json.loads(self.run(f"cat /var/lib/drover/stacks/{stack}.json"))
        return t.cast("dict[str, t.Any]", found)


def everywhere(hosts: dict[str, Host], stack: str = "") -> dict[str, Container]:
    """Containers of a stack on all these hosts, by name; there must not be two of one name."""
    found = [item for host in hosts.values() for item in host.containers(stack).values()]
    names = sorted(item.name for item in found)
    assert len(set(names)) == len(names), f"a member twice: {names}"
    return {item.name: item for item in sorted(found, key=lambda item: item.name)}


def lives(containers: dict[str, Container]) -> dict[str, tuple[str, str]]:
    """Which containers these are, and since when they run."""
    return {name: item.life for name, item in containers.items()}


def of_service(containers: dict[str, Container], service: str) -> dict[str, Container]:
    """Those of one service."""
    label = "io.drover.service"
    return {
        name: item
        for name, item in containers.items()
        if item.inspected["Config"]["Labels"][label] == service
    }
