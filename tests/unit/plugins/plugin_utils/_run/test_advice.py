# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The usual reasons why a host cannot be used, as SSH, sudo, Python and the engine tell them."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._run.advice import Advice, advice

CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key verification failed."""
UNKNOWN = """No ED25519 host key is known for 192.0.2.1 and you have requested strict checking.
Host key verification failed."""
NO_SDK = (
    "Traceback (most recent call last):\n  File x\nModuleNotFoundError: No module named 'docker'\n"
)


def text(said: str, variables: dict[str, str]) -> str:
    return (advice(said, variables) or Advice("nothing")).text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (CHANGED, "its SSH host key has changed"),
        (UNKNOWN, "its SSH host key is not known here"),
        ("root@192.0.2.1: Permission denied (publickey,password).", "SSH refuses the login"),
        ("ssh: Could not resolve hostname web1: Name or service not known", "does not resolve"),
        ("ssh: connect to host web1 port 22: Connection refused", "connection refused at web1"),
        ("ssh: connect to host web1 port 22: No route to host", "no route to web1"),
        (
            "ssh: connect to host web1 port 22: Connection timed out",
            "no connection to web1 in time",
        ),
        ("Missing sudo password", "sudo asks for a password"),
        ("sudo: a password is required", "sudo asks for a password"),
        (NO_SDK, "/usr/bin/python3 lacks the package docker: install python3-docker"),
        ("/bin/sh: 1: /usr/bin/python3: not found", "there is no Python at /usr/bin/python3"),
        (
            "The module interpreter '/usr/bin/python3' was not found.",
            "there is no Python at /usr/bin/python3",
        ),
        ("SyntaxError: future feature annotations is not defined", "/usr/bin/python3 is too old"),
        (
            "PermissionError: [Errno 13] Permission denied: '/var/run/docker.sock'",
            "the user may not use the Docker engine",
        ),
        ("OSError: [Errno 28] No space left on device", "its disk is full"),
    ],
)
def test_a_usual_reason_says_what_to_do(said: str, told: str) -> None:
    variables = {
        "inventory_hostname": "web1",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    assert told in text(said, variables)


@pytest.mark.parametrize("said", ["", "KeyError: 'now'", "the engine does not answer"])
def test_what_is_not_usual_gets_no_advice(said: str) -> None:
    assert advice(said, {"inventory_hostname": "web1"}) is None


def test_the_address_is_the_one_that_ssh_uses() -> None:
    known = {"inventory_hostname": "web1", "ansible_host": "192.0.2.1"}
    assert "ssh 192.0.2.1" in text(UNKNOWN, known)
    assert "ssh web1" in text(UNKNOWN, {**known, "ansible_host": "{{ address }}"})
    assert text(NO_SDK, {**known, "ansible_python_interpreter": "auto"}).startswith("python3 ")
