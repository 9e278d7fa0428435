# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the scenario, and the stack that its files share."""

from __future__ import annotations

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Host
from .store import Store


@pytest.fixture(scope="session")
def scenario() -> str:
    return "upgrade"


@pytest.fixture(scope="session")
def store(hosts: dict[str, Host], make_stack: MakeStack) -> Store:
    return Store(hosts, make_stack("store"))
