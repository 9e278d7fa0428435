# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One stack for all tests: members with data on each host, checked, behind a load balancer."""

from __future__ import annotations

import contextlib
import os
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.health import CHECK, settled
from ...shared.hosts import Container, Host, everywhere, lives, of_service
from ...shared.stacks import Stack

Hosts = dict[str, Host]

IN_SOAK = pytest.mark.skipif(not os.environ.get("DROVER_SOAK"), reason="runs in make soak")
LB = {
    "image": "rancher/lb-service-haproxy",
    "ports": ["18090:18090"],
    "lb_config": {"port_rules": [{"source_port": 18090, "service": "web", "target_port": 8080}]},
}


@pytest.fixture(scope="session")
def scenario() -> str:
    return "faults"


@pytest.fixture(scope="session")
def depot(make_stack: MakeStack, control: Control) -> t.Iterator[Stack]:
    """Three members, each with a volume of its own that holds the member's name."""
    stack = make_stack("depot").define(
        web={"scale": 3, "health_check": CHECK, "volumes": ["rows:/data"]},
        lb=LB,
        volumes={"rows": {"per_container": True}},
    )
    with stack.lasting():
        settled(control)
        yield stack


class Members:
    """The members of the stack, and what they have to lose."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def of(self, service: str = "web") -> dict[str, Container]:
        """The containers of a service, by name."""
        return of_service(everywhere(self._hosts, "depot"), service)

    def on(self, host: str) -> Container:
        """The member on a host."""
        return next(item for item in self.of().values() if item.host == host)

    def mark(self) -> None:
        """Write each member's name into its volume."""
        for name, item in self.of().items():
            self._hosts[item.host].inside(name, f"echo {name} >/data/marker")

    def marks(self) -> dict[str, str]:
        """What is written there now; empty where nothing is."""
        return {
            name: self._hosts[item.host].inside(name, "cat /data/marker 2>/dev/null || true")
            for name, item in self.of().items()
        }

    @contextlib.contextmanager
    def untouched(self, *besides: str) -> t.Iterator[None]:
        """Fail if anything happens to a container of ours meanwhile, but to those named."""
        before = lives(everywhere(self._hosts))
        yield
        after = lives(everywhere(self._hosts))
        assert {name: life for name, life in after.items() if name not in besides} == {
            name: life for name, life in before.items() if name not in besides
        }


@pytest.fixture
def members(hosts: Hosts, depot: Stack, control: Control) -> t.Iterator[Members]:
    """All well before and after: the data of each member is in its volume, and a pass has nothing to say."""
    found = Members(hosts)
    found.mark()
    yield found
    settled(control, seconds=120)
    assert found.marks() == {name: name for name in found.of()}
    assert len(found.of()) == 3
