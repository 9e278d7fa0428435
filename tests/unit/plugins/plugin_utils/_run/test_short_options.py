# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options of a command count, and which extra variables are taken for mistakes."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._run.settings_table import VARIABLES
from ansible_collections.drover.docker.plugins.plugin_utils._run.short_options import (
    OPTIONS,
    options_of,
    unknown,
)


def test_the_variables_of_the_role_come_before_extra_variables() -> None:
    given = {"stack": "shop", "prune": "", "scale": None, "take": False}
    extra = {"stack": "blog", "prune": "true", "env": "production"}
    assert options_of("up", given, extra) == {"stack": "shop", "prune": "true", "take": False}


def test_options_of_another_command_do_not_count() -> None:
    assert options_of("status", {}, {"prune": True}) == {}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("scael", "scael is no option of up; did you mean scale?"),
        ("prun", "prun is no option of up; did you mean prune?"),
        ("retry", "retry is no option of up, but of reconcile"),
        ("drover_lease", "drover_lease: there is no such variable; did you mean drover_lease_s?"),
        ("drover_xyzzy", "drover_xyzzy: there is no such variable"),
    ],
)
def test_what_looks_like_an_option_and_is_none_is_a_problem(name: str, problem: str) -> None:
    assert unknown("up", [name], VARIABLES) == [problem]


@pytest.mark.parametrize(
    "name", ["env", "ansible_user", "stack", "stack_dir", "drover_lease_s", "drover_stack_src"]
)
def test_options_and_names_of_others_are_none(name: str) -> None:
    assert unknown("up", [name], VARIABLES) == []


def test_all_problems_are_told_at_once() -> None:
    assert len(unknown("down", ["stak", "prune", "drover_lea"], VARIABLES)) == 3


def test_every_option_may_be_given() -> None:
    for command, names in OPTIONS.items():
        assert unknown(command, names, VARIABLES) == []
