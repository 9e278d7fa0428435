# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a module gave no answer: in its own words, or in what it left behind."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.drover.docker.plugins.plugin_utils._run.remote import call_module

Json = dict[str, t.Any]
TRACEBACK = "Traceback (most recent call last):\n  File \"x\", line 1\nKeyError: 'now'\n"
LOST = "Module result deserialization failed: No start of json char found"


def reason_of(result: Json) -> str:
    action: t.Any = types.SimpleNamespace(_execute_module=lambda **_named: result)
    found, reason = call_module(
        action, "drover.docker.internal_act", {}, {"inventory_hostname": "h1"}
    )
    assert found == {}
    return reason


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"msg": "claim is not JSON"}, "claim is not JSON"),
        ({"msg": "first\nlast\n"}, "last"),
        (
            {"msg": "MODULE FAILURE\nSee stdout/stderr", "module_stderr": TRACEBACK, "rc": 1},
            "the module internal_act failed on h1 (exit code 1): KeyError: 'now'",
        ),
        (
            {"msg": LOST, "module_stderr": "", "module_stdout": "Killed\n", "rc": 137},
            "the module internal_act failed on h1 (exit code 137): Killed",
        ),
        (
            {"msg": LOST, "rc": 0},
            "the module internal_act failed on h1 (exit code 0): it printed nothing",
        ),
        ({}, "the module internal_act failed on h1: it printed nothing"),
    ],
)
def test_the_reason_of_a_module_that_failed(result: Json, reason: str) -> None:
    assert reason_of({**result, "failed": True}) == reason


def test_a_reason_is_not_endless() -> None:
    assert len(reason_of({"failed": True, "module_stderr": "x" * 2000})) == 500


class Ssh:
    """A connection whose command fails with a reason, which is hidden where no_log is set."""

    def __init__(self, reason: str) -> None:
        self._play_context = types.SimpleNamespace(no_log=True)
        self.reason = reason
        self.commands: list[str] = []

    def error(self) -> AnsibleConnectionFailure:
        said = "<error censored due to no log>" if self._play_context.no_log else self.reason
        return AnsibleConnectionFailure(f"Failed to connect to the host via ssh: {said}")

    def exec_command(self, command: str) -> None:
        self.commands.append(command)
        raise self.error()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Host key verification failed.", "its SSH host key is not known here: compare it"),
        ("something odd", "something odd"),
    ],
)
def test_what_ssh_says_is_told_although_the_task_hides_its_output(reason: str, told: str) -> None:
    ssh = Ssh(reason)

    def fail(**_named: t.Any) -> Json:
        raise ssh.error()

    action: t.Any = types.SimpleNamespace(_execute_module=fail, _connection=ssh)
    found, why = call_module(
        action, "drover.docker.internal_observe", {}, {"inventory_hostname": "h1"}
    )
    assert (found, why.startswith("not reached (")) == ({}, True)
    assert told in why
    assert (ssh.commands, ssh._play_context.no_log) == (["true"], True)


def test_a_host_that_was_waited_for_is_not_waited_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ssh = Ssh("ssh: connect to host h1 port 22: Connection timed out")
    clock = iter([0.0, 4.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))

    def fail(**_named: t.Any) -> Json:
        raise ssh.error()

    action: t.Any = types.SimpleNamespace(_execute_module=fail, _connection=ssh)
    _found, why = call_module(
        action, "drover.docker.internal_observe", {}, {"inventory_hostname": "h1"}
    )
    assert (why, ssh.commands) == ("not reached (try: ansible h1 -m ping)", [])
