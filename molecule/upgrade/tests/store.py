# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack that converge brings up, for upgrades: four members, and a load balancer on each host."""

from __future__ import annotations

import contextlib
import typing as t

from ...shared.balancers import wait_reached
from ...shared.health import CHECK
from ...shared.hosts import Container, Host, everywhere, of_service
from ...shared.load import Load
from ...shared.runs import Run
from ...shared.stacks import TESTAPP, Stack

PORT = 18081
MEMBERS = [f"store-web-{number}" for number in range(1, 5)]
LB: dict[str, t.Any] = {
    "image": "rancher/lb-service-haproxy:v0.9.14",
    "stop_grace_period": "10s",
    "ports": [f"{PORT}:{PORT}"],
    "labels": {"io.rancher.scheduler.global": "true"},
    "lb_config": {"port_rules": [{"source_port": PORT, "service": "web", "target_port": 8080}]},
}
QUICK_STRATEGY = {"start_first": True, "interval_millis": 0, "monitor_millis": 2000}
"""The shortest bake that this check allows: most tests are not about its length."""


class Store:
    """The stack, its containers, and load on its load balancers."""

    def __init__(self, hosts: dict[str, Host], stack: Stack) -> None:
        self.hosts = hosts
        self.stack = stack

    def define(self, *, version: str = "1", strategy: t.Any = None, **keys: t.Any) -> Store:
        """Write the files with this version of the application."""
        web = {
            "image": TESTAPP.replace(":1", f":{version}"),
            "scale": 4,
            "labels": {"io.rancher.container.hostname_override": "container_name"},
            "health_check": CHECK,
            "upgrade_strategy": strategy or QUICK_STRATEGY,
            # The image declares a volume there, and what writes to a volume is stopped first.
            "tmpfs": ["/data"],
            **keys,
        }
        self.stack.define(web=web, lb=LB)
        return self

    def up(self, **extra: t.Any) -> Run:
        """Bring it up, and wait until the upgrade is done, or has failed."""
        return self.stack.control.run("up", stack_dir=self.stack.folder, wait="true", **extra)

    def command(self, command: str, **extra: t.Any) -> Run:
        """Carry out another command for the stack; where it waits, to its end."""
        waits: dict[str, t.Any] = {} if command == "confirm_upgrade" else {"wait": "true"}
        return self.stack.control.run(command, stack=self.stack.name, **waits, **extra)

    def status(self) -> str:
        """What status says of the stack."""
        return self.stack.control.run("status", stack="store").output

    def web(self) -> dict[str, Container]:
        """All containers of the members, by name."""
        return of_service(everywhere(self.hosts, "store"), "web")

    def running(self) -> dict[str, Container]:
        """Those that run."""
        return {name: item for name, item in self.web().items() if item.state == "running"}

    @contextlib.contextmanager
    def load(self) -> t.Iterator[Load]:
        """Load on all load balancers."""
        wait_reached(self.hosts.values(), PORT, MEMBERS)
        with Load([item.address for item in self.hosts.values()], PORT) as load:
            load.flows()
            yield load
            load.flows()


def ids(containers: dict[str, Container]) -> dict[str, str]:
    """The ids of containers, by name."""
    return {name: item.id for name, item in containers.items()}
