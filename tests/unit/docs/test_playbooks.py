# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every playbook of the collection needs."""

from __future__ import annotations

import pathlib

import jinja2
import pytest
import yaml
from ansible_collections.drover.docker.plugins.plugin_utils._run.short_options import OPTIONS

ROOT = pathlib.Path(__file__).parents[3]
METADATA = sorted(ROOT.glob("playbooks/*.meta.yml"))
PLAYBOOKS = sorted({*ROOT.glob("playbooks/*.yml")} - {*METADATA})


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


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_metadata_of_a_playbook_has_its_options(path: pathlib.Path) -> None:
    """Types are those that Ansible's argument specifications know, and every option says what it does."""
    file = path.with_suffix(".meta.yml")
    spec = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"]["main"]
    assert list(spec["options"]) == list(OPTIONS[path.stem])
    assert {option["type"] for option in spec["options"].values()} <= {
        *("str", "int", "bool", "dict", "path"),
    }
    assert all(option["description"] for option in spec["options"].values())


def test_there_is_no_metadata_of_a_playbook_that_is_gone() -> None:
    names = {path.name.partition(".")[0] for path in METADATA}
    assert names == {path.stem for path in PLAYBOOKS}


@pytest.mark.parametrize(
    ("variables", "chosen"),
    [
        ({"groups": {"docker_hosts": ["h1"]}}, "docker_hosts"),
        ({"groups": {"prod": ["h1"], "docker_hosts": []}, "drover_hosts": "prod"}, "prod"),
        ({"groups": {"docker_hosts": []}}, "localhost"),
        ({"groups": {}}, "localhost"),
        ({"groups": {"docker_hosts": ["h1"]}, "drover_hosts": "prdo"}, "localhost"),
    ],
)
@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_is_never_skipped_for_want_of_hosts(
    path: pathlib.Path, variables: dict[str, object], chosen: str
) -> None:
    """A play whose group is empty ends with status 0. So it runs here instead, where its first task refuses."""
    (play,) = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem != "config":
        assert jinja2.Template(play["hosts"]).render(variables) == chosen


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_first_task_reads_the_command(path: pathlib.Path) -> None:
    """It refuses an inventory without Docker hosts before anything else is done."""
    (play,) = yaml.safe_load(path.read_text(encoding="utf-8"))
    first = (play.get("pre_tasks") or play["tasks"])[0]
    if role := first.get("ansible.builtin.include_role"):
        tasks = ROOT / "roles" / role["name"].rpartition(".")[2] / "tasks" / "main.yml"
        first = yaml.safe_load(tasks.read_text(encoding="utf-8"))[0]
        first = first.get("block", [first])[0]
    assert "drover.docker.internal_options" in first
