# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry that wants a login gets it from the inventory, for the pull, and it stays nowhere."""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Host, everywhere
from ...shared.stacks import TESTAPP, Stack

LOGIN = {"username": "drover", "password": "lab-password"}
REGISTRY = "registry.lab:5001"
WRONG = {**LOGIN, "password": "not-the-password"}
PLACES = "/var/lib/drover /root/.docker /root/.ansible /tmp /var/log"


@pytest.fixture(scope="module")
def closed(make_stack: MakeStack) -> Stack:
    image = TESTAPP.replace("registry.lab:5000", REGISTRY)
    return make_stack("closed").define(web={"image": image, "scale": 3})


def test_without_a_login_the_registry_is_named(closed: Stack) -> None:
    said = closed.control.run("up", stack_dir=closed.folder, wait="true", fails=True).output
    assert f"registry {REGISTRY} refused the pull" in said
    assert "give its credentials with drover_registries" in said


def test_a_wrong_password_names_its_user(closed: Stack) -> None:
    wrong: dict[str, t.Any] = {"drover_registries": {REGISTRY: WRONG}}
    said = closed.control.playbook("up", stack_dir=closed.folder, fails=True, **wrong).output
    assert "check the user drover of drover_registries" in said
    assert WRONG["password"] not in said


def test_all_members_come_up_and_no_host_keeps_the_password(
    hosts: dict[str, Host], closed: Stack
) -> None:
    run = closed.control.playbook(
        "up", "-vvv", stack_dir=closed.folder, drover_registries={REGISTRY: LOGIN}
    )
    assert LOGIN["password"] not in run.output
    found = everywhere(hosts, "closed").values()
    assert [item.state for item in found] == ["running"] * 3
    for host in hosts.values():
        assert host.run(f"grep -rlF {LOGIN['password']} {PLACES} 2>/dev/null || true") == ""
