# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation has to keep is in no text that it leaves."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._act.error_text import hide_values
from ansible_collections.drover.docker.tests.unit.shared.operations import operation


def test_environment_certificates_and_passwords_are_hidden() -> None:
    args = {
        "service": {"container": {"environment": {"PASSWORD": "correct horse", "SHORT": "abc"}}},
        "certificates": {"shop": "KEY MATERIAL"},
        "model": {"statistics": {"password": "s3cret"}},
    }
    text = "PASSWORD=correct horse, abc, KEY MATERIAL of s3cret"
    assert hide_values(text, operation(args=args)) == (
        "PASSWORD=********, abc, ******** of ********"
    )


def test_without_secrets_a_text_is_left_as_it_is() -> None:
    assert (
        hide_values("no such image", operation(args={"model": {"statistics": None}}))
        == "no such image"
    )
