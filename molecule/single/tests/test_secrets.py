# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of a stack appear in no output and in no log, also not at -vvv, and rest in files of root alone."""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.hosts import Host
from ...shared.stacks import Stack

MARKER = "s3cr3t-marker-4711"
VARIABLES = {"SECRET": MARKER}


@pytest.fixture(scope="module")
def vault(make_stack: MakeStack) -> Stack:
    return make_stack("vault").define(
        web={"scale": 2, "environment": {"PASSWORD": "${SECRET}"}},
        bad={"command": ["/no/such/command"], "environment": {"PASSWORD": "${SECRET}"}},
    )


def test_no_output_shows_a_secret(vault: Stack, control: Control, h1: Host) -> None:
    def told(playbook: str, *options: str, **extra: t.Any) -> str:
        words = control.words(playbook, ["-vvv", *options], extra)
        return control.command(words).output

    output = told("up", stack_dir=vault.folder, stack_variables=VARIABLES)
    assert "done   h1  start  vault-web-2" in output
    assert h1.inside("vault-web-1", "echo $PASSWORD") == MARKER
    h1.docker("rm", "-f", "vault-web-2")
    output += told("reconcile", "--check", "--diff", stack="vault", retry="vault/bad")
    output += told("reconcile", "--diff", stack="vault", retry="vault/bad")
    output += told("scale", service="vault/web", scale=3)
    output += told("status", stack="vault")
    output += told("config", stack_dir=vault.folder, stack_variables=VARIABLES)
    assert "vault-web-3" in output
    assert "PASSWORD" in output  # config names the keys, and hides the values
    assert MARKER not in output


def test_no_log_of_the_host_holds_it(vault: Stack, control: Control, h1: Host) -> None:
    control.command(["ansible", "-i", str(control.inventory), "h1", "-m", "ansible.builtin.ping"])
    journal = h1.run("journalctl --no-pager --output=cat")
    assert "Invoked with data=pong" in journal  # what modules are given is logged here
    assert MARKER not in journal
    assert h1.run(f"grep -rl {MARKER} /var/log /root /tmp /run/log || true") == ""


def test_control_node_keeps_nothing(vault: Stack, control: Control) -> None:
    assert control.command(["grep", "-rl", MARKER, str(control.home)]).output == ""


def test_record_is_for_root_alone(vault: Stack, h1: Host) -> None:
    """It has to hold the values: a control node that never saw the stack repairs from it."""
    path = "/var/lib/drover/stacks"
    assert MARKER in h1.run(f"cat {path}/vault.json")
    modes = h1.run(f"stat -c '%a %U' {path}/.. {path} {path}/vault.json").splitlines()
    assert modes == ["700 root", "700 root", "600 root"]
