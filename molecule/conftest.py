# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of all scenarios get. They run on the hosts of the lab, after Molecule's converge.

Tests of a file build on each other in the order in which they stand: what one leaves, the next finds.
"""

from __future__ import annotations

import typing as t

import pytest

from .shared.control import Control
from .shared.hosts import Host
from .shared.inventory import PATIENT, SCENARIOS
from .shared.recording import Recorder
from .shared.stacks import Stack

MakeStack = t.Callable[[str], Stack]


@pytest.fixture(scope="session")
def hosts(scenario: str) -> dict[str, Host]:
    return {name: Host(name) for name in SCENARIOS[scenario]}


@pytest.fixture(scope="session")
def control(hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> Control:
    return Control(tmp_path_factory.mktemp("control"), list(hosts), **PATIENT)


@pytest.fixture(scope="session")
def h1(hosts: dict[str, Host]) -> Host:
    return hosts["h1"]


@pytest.fixture(scope="session")
def recorder(hosts: dict[str, Host]) -> t.Iterator[Recorder]:
    made = Recorder(hosts.values())
    yield made
    made.close()


@pytest.fixture(scope="session")
def make_stack(control: Control, tmp_path_factory: pytest.TempPathFactory) -> MakeStack:
    folder = tmp_path_factory.mktemp("stacks")
    return lambda name: Stack(folder, control, name)
