# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels prove nothing: a committed member run by a person is never a member, and never removed."""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Host
from ...shared.stacks import Stack

DATA = "cat /data/marker"


@pytest.fixture(scope="module")
def copied(make_stack: MakeStack) -> Stack:
    stack = make_stack("copied").define(web={"scale": 2})
    stack.up()
    return stack


@pytest.fixture(scope="module")
def copy(copied: Stack, h1: Host) -> t.Iterator[str]:
    """A container of an image that was committed from copied-web-1: it has all of the member's labels."""
    h1.inside("copied-web-1", "echo precious >/data/marker")
    h1.docker("commit", "copied-web-1", "debug:1")
    h1.docker("run", "-d", "--name", "debug-copy", "debug:1")
    yield "debug-copy"
    h1.docker("rm", "-fv", "debug-copy")
    h1.docker("rmi", "debug:1")


def test_a_copy_is_not_adopted_and_the_member_comes_back_with_its_data(
    copied: Stack, copy: str, h1: Host
) -> None:
    """Attack C1: the record's volume was overwritten with the copy's, and the data lost."""
    before = h1.container(copy).life
    h1.docker("rm", "-f", "copied-web-1")
    run = copied.reconcile()
    assert "container debug-copy has labels of this member but is not its own" in run.output
    assert h1.inside("copied-web-1", DATA) == "precious"
    assert h1.container(copy).life == before
    assert list(h1.container(copy).addresses) == ["bridge"]


def test_the_copy_outlives_a_scale_down_and_a_down(copied: Stack, copy: str, h1: Host) -> None:
    """Attack H5: any container with labels of a retired member, or of a stack that is down, was removed."""
    label = "io.drover.index=2"
    h1.docker("run", "-d", "--name", "precious", "--label", label, "debug:1")
    lives = {name: h1.container(name).life for name in (copy, "precious")}
    copied.scale("web", 1)
    copied.down()
    copied.reconcile()
    assert {name: h1.container(name).life for name in lives} == lives
    assert "copied-web-1" not in h1.containers("copied")
    h1.docker("rm", "-fv", "precious")
