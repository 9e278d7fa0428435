# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording what a run asks of the hosts' engines."""

from __future__ import annotations

import base64
import pathlib
import typing as t

from .hosts import Host
from .runs import Run
from .waiting import eventually

SOCKET, LOG = "/run/drover-proxy.sock", "/run/drover-proxy.log"
PROXY = pathlib.Path(__file__).with_name("proxy.py")
UNIT = f"--unit=drover-proxy python3 /run/drover-proxy.py {SOCKET} {LOG}"


class Recorder:
    """The proxy on each host. Playbooks go through it with ``-e drover_docker_host=ADDRESS``."""

    address = f"unix://{SOCKET}"

    def __init__(self, hosts: t.Collection[Host]) -> None:
        self.hosts = hosts
        text = base64.b64encode(PROXY.read_bytes()).decode()
        for host in hosts:
            host.run(f"systemctl stop drover-proxy 2>/dev/null; rm -f {SOCKET}; touch {LOG}")
            host.run(f"echo {text} | base64 -d >/run/drover-proxy.py")
            host.run(f"systemd-run --quiet --collect {UNIT}")
            eventually(lambda host=host: host.run(f"test -S {SOCKET} && echo there"))  # type: ignore[misc]

    def calls(self) -> dict[str, list[str]]:
        """The calls ("GET /v1.41/info") since this was asked before, by host."""
        return {host.name: host.run(f"cat {LOG}; : >{LOG}").splitlines() for host in self.hosts}

    def calls_of(
        self, act: t.Callable[..., Run], *options: str, **extra: t.Any
    ) -> tuple[Run, dict[str, list[str]]]:
        """What a command printed, and the calls that it made meanwhile."""
        self.calls()
        run = act(*options, drover_docker_host=self.address, **extra)
        return run, self.calls()

    def close(self) -> None:
        """End the proxy."""
        for host in self.hosts:
            host.run("systemctl stop drover-proxy || true")  # a host that was restarted has none


def only_reads(calls: dict[str, list[str]]) -> bool:
    """Whether each engine was called, and only asked."""
    return all(
        bool(made) and all(call.startswith("GET ") for call in made) for made in calls.values()
    )
