# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation has to keep is in no text that it leaves."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._act.error_text import explain
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.tests.unit.shared.operations import operation


def told(text: str, args: dict[str, t.Any]) -> str:
    return explain(EngineError(text), operation(args=args))


def test_environment_certificates_and_passwords_are_hidden() -> None:
    args = {
        "service": {"container": {"environment": {"PASSWORD": "correct horse", "SHORT": "abc"}}},
        "certificates": {"shop": "KEY MATERIAL"},
        "model": {"statistics": {"password": "s3cret"}},
    }
    text = "PASSWORD=correct horse, abc, KEY MATERIAL of s3cret"
    assert told(text, args) == "PASSWORD=********, abc, ******** of ********"


def test_options_of_volumes_and_of_the_log_are_hidden() -> None:
    args = {
        "declared": {"data": {"driver_opts": {"o": "rw,username=joe,password=hunter2"}}},
        "service": {"container": {"logging": {"options": {"splunk-token": "t0ken"}}}},
    }
    assert told("bad option password=hunter2 with t0ken", args) == (
        "bad option password=******** with ********"
    )


def test_without_secrets_a_text_is_left_as_it_is() -> None:
    assert told("no such image", {"model": {"statistics": None}}) == "no such image"
