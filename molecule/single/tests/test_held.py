# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be done now is held and shown with its reason; what is not ours is left alone."""

from __future__ import annotations

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.hosts import Host
from ...shared.runs import Run
from ...shared.stacks import TESTAPP, Stack
from ...shared.waiting import eventually


@pytest.fixture(scope="module")
def held(make_stack: MakeStack) -> Stack:
    return make_stack("held")


@pytest.fixture(scope="module")
def first_up(held: Stack, h1: Host) -> Run:
    """Foreign containers hold a name and a port that the stack wants, and one command ends at once."""
    h1.docker("run", "-d", "--name", "held-taken-1", TESTAPP)
    h1.docker("run", "-d", "--name", "stranger", "-p", "18091:8080", TESTAPP)
    held.define(
        taken={},
        door={"scale": 2, "ports": ["18090:8080"]},
        gate={"ports": ["18091:8080"]},
        loop={"command": ["sh", "-c", "exit 3"]},
    )
    return held.control.run("up", stack_dir=held.folder, fails=True)


def test_foreign_container_with_our_name_is_an_error_and_stays(
    held: Stack, first_up: Run, h1: Host
) -> None:
    assert "another container holds the name held-taken-1 on h1" in first_up.errors
    before = h1.container("held-taken-1")
    assert "io.drover.stack" not in before.inspected["Config"]["Labels"]
    assert before.inspected["State"]["Status"] == "running"
    h1.docker("rename", "held-taken-1", "foreign")
    held.reconcile()
    assert h1.container("held-taken-1").state == "running"
    assert h1.container("foreign").life == before.life
    h1.docker("rm", "-f", "foreign")


def test_members_without_a_free_port_wait_and_get_it_later(held: Stack, h1: Host) -> None:
    """Rancher behaviour 32 test_services_random_expose_port_exhaustrange."""
    run = held.reconcile()
    assert "held/door/2: no host fits: h1: port 18090/tcp is taken by held/door/1" in run.held
    assert (
        "held/gate/1: no host fits: h1: port 18091/tcp is taken by container stranger" in run.held
    )
    assert h1.get("http://127.0.0.1:18090/").startswith("testapp 1")
    h1.docker("rm", "-f", "stranger")
    run = held.reconcile()
    assert "held/gate" not in run.held
    assert h1.get("http://127.0.0.1:18091/").startswith("testapp 1")
    assert "held-door-2" not in h1.containers("held")


def test_crash_loop_is_shown(held: Stack, h1: Host) -> None:
    eventually(lambda: h1.container("held-loop-1").inspected["RestartCount"] >= 3)
    run = held.reconcile()
    assert "held/loop/1 on h1: crash loop: restarted" in run.held
    assert not run.done


def test_failing_start_backs_off_is_shown_and_can_be_retried(
    make_stack: MakeStack, control: Control, h1: Host
) -> None:
    stack = make_stack("bad").define(web={"command": ["/no/such/command"]})
    run = control.run("up", stack_dir=stack.folder, fails=True)
    assert "h1  start  bad-web-1  new container" in "".join(run.told("failed"))
    control.run("reconcile", stack="bad", retry="bad/web", fails=True)
    assert h1.record("bad")["life"]["web/1"]["failures"] == 2
    run = stack.reconcile()  # the timer's pass: too early
    assert not run.told("failed")
    assert "bad/web/1 on h1: failed 2 times, next try in" in run.held
    assert "/no/such/command" in run.held
    assert "1: failed 2 times, next try in" in control.run("status", stack="bad").output
