# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the scenario, for the fixtures of ../../conftest.py; the control nodes, and the stacks that they look after."""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.health import CHECK, settled
from ...shared.nodes import Installer, Node
from ...shared.stacks import Stack

NAMES = ("alpha", "beta", "gamma")
SECRET = "s3cr3t-marker-0815"  # in the environment of every member; test_4_secrets looks for it everywhere


@pytest.fixture(scope="session")
def scenario() -> str:
    return "loop"


@pytest.fixture(scope="session")
def nodes() -> t.Iterator[dict[str, Node]]:
    """The control nodes. In the end no timer runs any more, whatever happened."""
    found = {name: Node(name) for name in ("c1", "c2")}
    yield found
    for node in found.values():
        node.run(
            "rm -f /etc/cron.d/drover-reconcile; systemctl stop drover-reconcile.timer || true"
        )


@pytest.fixture(scope="session")
def install(control: Control) -> Installer:
    return Installer(control)


@pytest.fixture(scope="session")
def stacks(make_stack: MakeStack, control: Control) -> dict[str, Stack]:
    """Three stacks on three hosts, all of whose members are healthy."""
    # One that is broken and then restarted is replaced after this; the usual minute would be waited for often.
    check = {**CHECK, "reinitializing_timeout": 15_000}
    keys = {"health_check": check, "environment": {"PASSWORD": "${SECRET}"}}
    made = {name: make_stack(name).define(web={"scale": 3, **keys}) for name in NAMES}
    variables = {"SECRET": SECRET}
    made["alpha"].up_by_playbook("-vvv", stack_variables=variables)  # test_4_secrets reads the logs
    for name in ("beta", "gamma"):
        made[name].up(stack_variables=variables)
    settled(control)
    return made
