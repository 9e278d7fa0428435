# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""stop, start, start_on_create, names, and what status tells; each command by its playbook once."""

from __future__ import annotations

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.hosts import Host
from ...shared.stacks import Stack

ONCE = {"command": ["true"], "labels": {"io.rancher.container.start_once": "true"}}


@pytest.fixture(scope="module")
def cmds(make_stack: MakeStack) -> Stack:
    stack = make_stack("cmds").define(
        web={"scale": 2},
        later={"start_on_create": False},
        job={**ONCE, "scale": 3, "volumes": ["results:/results"]},
    )
    stack.up()
    return stack


def test_stop_keeps_the_members_and_start_runs_the_same(
    cmds: Stack, h1: Host, control: Control
) -> None:
    """Rancher behaviour 29 test_service_activate_deactivate_delete."""
    before = h1.containers("cmds")
    control.playbook("stop", stack="cmds")
    stopped = h1.containers("cmds")
    assert [item.id for item in stopped.values()] == [item.id for item in before.values()]
    assert "running" not in {item.state for item in stopped.values()}
    assert cmds.reconcile().quiet
    control.playbook("start", service="cmds/web")
    after = h1.containers("cmds")
    assert [item.id for item in after.values()] == [item.id for item in before.values()]
    assert after["cmds-web-1"].state == after["cmds-web-2"].state == "running"


def test_start_on_create_false_waits_for_a_person(cmds: Stack, h1: Host, control: Control) -> None:
    assert h1.container("cmds-later-1").state == "created"
    control.run("start", stack="cmds")
    assert h1.container("cmds-later-1").state == "running"


def test_start_once_at_scale_counts_as_active(cmds: Stack, h1: Host, control: Control) -> None:
    """Rancher behaviour 38 test_volume_mount_with_start_once, without the sidekick: active at scale, volume mounted."""
    rows = control.playbook("status", stack="cmds").output
    assert any(line.split()[:4] == ["cmds/job", "active", "3", "3"] for line in rows.splitlines())
    found = h1.containers("cmds")
    assert {found[f"cmds-job-{index}"].mounts["/results"] for index in (1, 2, 3)} == {"results"}


def test_name_is_unique_and_free_again_after_removal(cmds: Stack, h1: Host) -> None:
    """Rancher behaviour 34 test_service_name_unique, _create_after_delete."""
    cmds.define(web={}, WEB={})
    refused = cmds.control.playbook("up", fails=True, stack_dir=cmds.folder)
    assert "WEB" in refused.output
    old = h1.container("cmds-web-1")
    cmds.define(other={}).up_by_playbook(prune="true")
    assert list(h1.containers("cmds")) == ["cmds-other-1"]
    cmds.define(other={}, web={}).up()
    assert list(h1.containers("cmds")) == ["cmds-other-1", "cmds-web-1"]
    assert h1.container("cmds-web-1").id != old.id
    assert h1.container("cmds-web-1").mounts == old.mounts
