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
from .shared.inventory import PATIENT, hosts_of
from .shared.recording import Recorder
from .shared.stacks import Stack

MakeStack = t.Callable[[str], Stack]


class MakeControl(t.Protocol):
    """Makes a control node for these hosts of the lab."""

    def __call__(self, hosts: t.Iterable[str], **variables: t.Any) -> Control:
        """The control node; its channels close at the end of the session."""


@pytest.fixture(scope="session")
def hosts(scenario: str) -> dict[str, Host]:
    return {name: Host(name) for name in hosts_of(scenario)}


@pytest.fixture(scope="session")
def make_control(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[MakeControl]:
    """Control nodes, whose channels end with the tests."""
    made: list[Control] = []

    def make(hosts: t.Iterable[str], **variables: t.Any) -> Control:
        made.append(Control(tmp_path_factory.mktemp("control"), list(hosts), **variables))
        return made[-1]

    yield make
    for item in made:
        item.close()


@pytest.fixture(scope="session")
def control(hosts: dict[str, Host], make_control: MakeControl) -> Control:
    """The one that all tests share."""
    return make_control(hosts, **PATIENT)


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
