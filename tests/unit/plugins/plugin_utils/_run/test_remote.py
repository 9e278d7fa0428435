# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a module gave no answer: in its own words, or in what it left behind."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._run.remote import call_module

Json = dict[str, t.Any]
TRACEBACK = "Traceback (most recent call last):\n  File \"x\", line 1\nKeyError: 'now'\n"
LOST = "Module result deserialization failed: No start of json char found"


def reason_of(result: Json) -> str:
    action: t.Any = types.SimpleNamespace(_execute_module=lambda **_named: result)
    found, reason = call_module(action, "drover.docker.act", {}, {"inventory_hostname": "h1"})
    assert found == {}
    return reason


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"msg": "claim is not JSON"}, "claim is not JSON"),
        ({"msg": "first\nlast\n"}, "last"),
        (
            {"msg": "MODULE FAILURE\nSee stdout/stderr", "module_stderr": TRACEBACK, "rc": 1},
            "the module act failed on h1 (exit code 1): KeyError: 'now'",
        ),
        (
            {"msg": LOST, "module_stderr": "", "module_stdout": "Killed\n", "rc": 137},
            "the module act failed on h1 (exit code 137): Killed",
        ),
        ({"msg": LOST, "rc": 0}, "the module act failed on h1 (exit code 0): it printed nothing"),
        ({}, "the module act failed on h1: it printed nothing"),
    ],
)
def test_the_reason_of_a_module_that_failed(result: Json, reason: str) -> None:
    assert reason_of({**result, "failed": True}) == reason


def test_a_reason_is_not_endless() -> None:
    assert len(reason_of({"failed": True, "module_stderr": "x" * 2000})) == 500
