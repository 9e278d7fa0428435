# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of one host are healed whatever their service asks for; many faults at once are one pass."""

from __future__ import annotations

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Host
from ...shared.stacks import Stack
from ...shared.waiting import eventually

FRONT = "http://127.0.0.1:18080/"
ALWAYS, COUNTED, FAILURE = (f"heal-{name}-1" for name in ("always", "counted", "failure"))
ONCE = {"command": ["true"], "labels": {"io.rancher.container.start_once": "true"}}


@pytest.fixture(scope="module")
def heal(make_stack: MakeStack) -> Stack:
    stack = make_stack("heal").define(
        web={"scale": 3, "retain_ip": True},
        front={"ports": ["18080:8080"]},
        always={"restart": "always"},
        failure={"restart": "on-failure"},
        counted={"restart": "on-failure:3"},
        once={**ONCE, "scale": 2},
    )
    stack.up()
    return stack


def test_start_once_that_is_done_stays_done(heal: Stack, h1: Host) -> None:
    """Rancher behaviour 30, the part ..._restart_policy_no: stopped members stay, deleted ones are made anew."""
    before = h1.containers("heal")
    assert before["heal-once-1"].state == before["heal-once-2"].state == "exited"
    h1.docker("rm", "heal-once-2")
    run = heal.reconcile()
    assert run.done == [
        "h1  create  heal-once-2  no container",
        "h1  start  heal-once-2  new container",
    ]
    eventually(lambda: h1.container("heal-once-2").state == "exited")
    assert h1.container("heal-once-1").life == before["heal-once-1"].life


def test_stopped_members_run_again(heal: Stack, h1: Host) -> None:
    """Rancher behaviours 25 test_service_activate_stop_instance,
    30 test_service_reconcile_stop_instance_restart_policy_{always,failure,failure_count} and
    33 test_service_reconcile_on_stop_exposed_port.
    """
    stopped = ["heal-web-1", "heal-web-3", "heal-front-1", ALWAYS, COUNTED, FAILURE]
    before = h1.containers("heal")
    h1.docker("stop", *stopped)
    run = heal.reconcile()
    after = h1.containers("heal")
    assert {line.split("  ")[2] for line in run.done} == set(stopped)
    assert all(after[name].state == "running" for name in stopped)
    assert [item.id for item in after.values()] == [item.id for item in before.values()]
    assert after["heal-web-2"].life == before["heal-web-2"].life
    assert h1.get(FRONT).startswith("testapp 1")


def test_removed_members_are_replaced(heal: Stack, h1: Host) -> None:
    """Rancher behaviours 26 test_service_activate_delete_instance / _purge_instance,
    30 test_service_reconcile_delete_instance_restart_policy_{always,failure,failure_count},
    33 test_service_reconcile_on_delete_exposed_port, 35 test_service_retain_ip and
    39 test_destroy_service_instance.
    """
    removed = ["heal-web-1", "heal-web-2", "heal-front-1", ALWAYS, COUNTED, FAILURE]
    before = h1.containers("heal")
    h1.docker("rm", "-fv", *removed)
    heal.reconcile()
    after = h1.containers("heal")
    assert list(after) == list(before)
    assert all(after[name].id != before[name].id for name in removed)
    assert all(after[name].addresses == before[name].addresses for name in removed)
    assert all(after[name].mounts == before[name].mounts for name in removed)
    assert after["heal-web-3"].life == before["heal-web-3"].life
    assert h1.get(FRONT).startswith("testapp 1")


def test_published_port_answers_after_a_restart(heal: Stack, h1: Host) -> None:
    """Rancher behaviour 33 test_service_reconcile_on_restart_exposed_port."""
    h1.docker("restart", "heal-front-1")
    assert heal.reconcile().quiet
    assert h1.get(FRONT).startswith("testapp 1")


def test_scale_up_and_down(heal: Stack, h1: Host) -> None:
    """Rancher behaviours 27 test_service_scale_up / _scale_down, 39 test_validate_scaledown_order."""
    before = h1.containers("heal")
    heal.scale("web", 5)
    more = h1.containers("heal")
    assert set(more) - set(before) == {"heal-web-4", "heal-web-5"}
    run = heal.scale("web", 2)
    fewer = h1.containers("heal")
    assert {name for name in fewer if "-web-" in name} == {"heal-web-1", "heal-web-2"}
    assert all(item.life == before[name].life for name, item in fewer.items())
    assert any(line.startswith("volume heal_web_5_data_") for line in run.told("kept"))
