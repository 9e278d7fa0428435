# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim of a run: variables that are templates, and who the run is of."""

from __future__ import annotations

import getpass
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._run.terms import owner, term_of

VALUES = {"{{ lease }}": "60", "{{ wait }}": 5, "{{ timer }}": "yes"}


def template(value: t.Any) -> t.Any:
    return VALUES.get(value, value)


def test_variables_may_be_templates() -> None:
    variables = {
        "drover_lease_s": "{{ lease }}",
        "drover_lease_wait_s": "{{ wait }}",
        "drover_unattended": "{{ timer }}",
    }
    term = term_of(Request("reconcile"), variables, template)
    assert (term.claim.duration_s, term.wait_s, term.claim.unattended) == (60, 5, True)


def test_defaults() -> None:
    term = term_of(Request("reconcile"), {}, template)
    assert (term.claim.duration_s, term.wait_s, term.claim.unattended) == (30, 120, False)


@pytest.mark.parametrize("name", ["drover_lease_s", "drover_lease_wait_s", "drover_unattended"])
def test_a_wrong_value_is_told_with_its_name(name: str) -> None:
    with pytest.raises(AnsibleError, match=f"{name} must be"):
        term_of(Request("reconcile"), {name: "{{ nothing }}"}, template)


@pytest.mark.parametrize("error", [KeyError("uid not found"), OSError("no user name")])
def test_a_user_id_without_a_name(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """As in a container that runs under any number. Python 3.13 raises OSError, earlier ones KeyError."""

    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert owner().startswith("uid-")
