# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every playbook of the collection needs."""

from __future__ import annotations

import pathlib

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[3]
PLAYBOOKS = sorted(ROOT.glob("playbooks/*.yml"))


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_goes_task_by_task_whatever_the_configured_strategy(path: pathlib.Path) -> None:
    """With the strategy free a plan would be made before the hosts have answered."""
    for play in yaml.safe_load(path.read_text(encoding="utf-8")):
        assert play["strategy"] == "ansible.builtin.linear"


def test_the_steps_of_a_pass_nest_in_rows() -> None:
    """A row ends where the plan says so, and only the end of the pass ends the rows."""
    tasks = ROOT / "roles" / "stack" / "tasks"
    step = yaml.safe_load((tasks / "step.yml").read_text(encoding="utf-8"))
    steps = yaml.safe_load((tasks / "steps.yml").read_text(encoding="utf-8"))
    include = "ansible.builtin.include_tasks"
    assert (step[-1][include], step[-1]["when"]) == (
        "step.yml",
        "__stack_plan.work and __stack_plan.nests",
    )
    assert [task[include] for task in steps] == ["step.yml", "steps.yml"]
    assert steps[-1]["when"] == "__stack_plan.work"
