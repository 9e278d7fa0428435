# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machines that the lab's hosts run on, to stop them. They are containers of this machine's own engine."""

from __future__ import annotations

import json
import subprocess

from .hosts import Host
from .waiting import eventually


def docker(*words: str) -> str:
    """The output of this machine's own docker client."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Machine:
    """What one host of the lab runs on."""

    def __init__(self, host: Host) -> None:
        self.host = host
        ids = docker("ps", "-aq").split()
        self.container = next(
            item["Id"] for item in json.loads(docker("inspect", *ids)) if self._is_it(item)
        )

    def _is_it(self, inspected: dict[str, dict[str, dict[str, dict[str, dict[str, str]]]]]) -> bool:
        networks = inspected["NetworkSettings"]["Networks"].values()
        fixed = [(item["IPAMConfig"] or {}).get("IPv4Address") for item in networks]
        return self.host.address in fixed

    def cut_power(self) -> None:
        """Stop it without a word to what runs on it."""
        docker("kill", self.container)

    def power_on(self) -> None:
        """Start it, and wait until its engine answers."""
        docker("start", self.container)
        self._wait()

    def hang_engine(self) -> None:
        """Stop the engine in its tracks: it takes connections and never answers."""
        self.host.run("systemctl kill --kill-whom=main -s STOP docker")

    def resume_engine(self) -> None:
        """Let it go on."""
        self.host.run("systemctl kill --kill-whom=main -s CONT docker")
        self._wait()

    def restore(self) -> None:
        """Whatever was done to it: it runs, and its engine answers."""
        docker("start", self.container)
        eventually(lambda: self.host.run("systemctl is-active docker"), seconds=60)
        self.resume_engine()

    def _wait(self) -> None:
        eventually(lambda: self.host.run("timeout 5 docker info"), seconds=60)
