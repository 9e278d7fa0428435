# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording what a run asks of a host's engine."""

from __future__ import annotations

import base64
import pathlib
import typing as t

from .control import Run
from .hosts import Host
from .waiting import eventually

SOCKET, LOG = "/run/drover-proxy.sock", "/run/drover-proxy.log"
PROXY = pathlib.Path(__file__).with_name("proxy.py")


class Recorder:
    """The proxy on one host. Playbooks go through it with ``-e drover_docker_host=ADDRESS``."""

    address = f"unix://{SOCKET}"

    def __init__(self, host: Host) -> None:
        self.host = host
        text = base64.b64encode(PROXY.read_bytes()).decode()
        host.run(f"systemctl stop drover-proxy 2>/dev/null; rm -f {SOCKET}")
        host.run(f"echo {text} | base64 -d >/run/drover-proxy.py")
        host.run(
            f"systemd-run --quiet --collect --unit=drover-proxy python3 /run/drover-proxy.py {SOCKET} {LOG}"
        )
        eventually(lambda: host.run(f"touch {LOG}; test -S {SOCKET} && echo there"))

    def calls(self) -> list[str]:
        """The calls ("GET /v1.41/info") since this was asked before."""
        return self.host.run(f"cat {LOG}; : >{LOG}").splitlines()

    def calls_of(
        self, act: t.Callable[..., Run], *options: str, **extra: t.Any
    ) -> tuple[Run, list[str]]:
        """What a command printed, and the calls that it made meanwhile."""
        self.calls()
        run = act(*options, drover_docker_host=self.address, **extra)
        return run, self.calls()

    def close(self) -> None:
        """End the proxy."""
        self.host.run("systemctl stop drover-proxy")


def only_reads(calls: list[str]) -> bool:
    """Whether there were calls, and all of them only asked."""
    return bool(calls) and all(call.startswith("GET ") for call in calls)
