# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the scenario, for the fixtures of ../../conftest.py; prints the numbers of requests at the end."""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.balancers import Balancer, balancers
from ...shared.hosts import Host
from ...shared.stacks import Stack

TOLD = pytest.StashKey[list[str]]()
Tell = t.Callable[[str], None]


@pytest.fixture(scope="session")
def scenario() -> str:
    return "load_balancer"


@pytest.fixture(scope="session")
def tell_line(pytestconfig: pytest.Config) -> Tell:
    """Prints a line after all tests, also where they pass."""
    return pytestconfig.stash.setdefault(TOLD, []).append


def pytest_terminal_summary(terminalreporter: t.Any, config: pytest.Config) -> None:
    for line in config.stash.get(TOLD, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def kiosk(make_stack: MakeStack) -> Stack:
    return make_stack("kiosk")


@pytest.fixture(scope="module")
def fronts(hosts: dict[str, Host]) -> list[Balancer]:
    """The load balancers of the kiosk, one on each host."""
    found = balancers(hosts, "kiosk", "lb")
    assert {item.host.name for item in found} == set(hosts)
    return found
