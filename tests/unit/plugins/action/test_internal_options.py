# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the options of a command: what counts, what is refused, and that each command begins anew."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.action import internal_options
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files
from ansible_collections.drover.docker.tests.unit.plugins.action.play import SECRET, Play, shop


@pytest.fixture
def extra(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What was given with -e."""
    found: dict[str, str] = {}
    monkeypatch.setattr(internal_options, "load_extra_vars", lambda _loader: found)
    return found


def test_a_playbook_takes_short_names(play: Play, extra: dict[str, str]) -> None:
    extra.update(stack="shop", env="production")
    result = play.task("options", command="down", short=True, given={"stack": ""})
    assert result["options"] == {"stack": "shop"}
    assert not result["_ansible_no_log"]


def test_values_of_variables_are_not_shown(play: Play, extra: dict[str, str]) -> None:
    given = {"stack_variables": {"PASSWORD": SECRET}}
    result = play.task("options", command="up", short=True, given=given)
    assert result["options"] == given
    assert result["_ansible_no_log"]


def test_variables_of_the_inventory_with_short_names_never_count(
    play: Play, extra: dict[str, str]
) -> None:
    """A group variable `prune: true`, meant for something else, made `up` remove a service."""
    play.variables = {"prune": True, "stack": "production"}
    assert play.task("options", command="up", short=True)["options"] == {}


def test_a_role_takes_no_short_names(play: Play, extra: dict[str, str]) -> None:
    extra.update(stack="shop", scael="web=5")
    assert play.task("options", command="up", given={"scale": 3})["options"] == {"scale": 3}


def test_mistakes_are_refused_together(play: Play, extra: dict[str, str]) -> None:
    extra.update(scael="web=5", prun="true")
    result = play.task("options", command="up", short=True)
    assert result["failed"]
    assert "did you mean scale?" in result["msg"]
    assert "did you mean prune?" in result["msg"]
    assert play.calls == []


def test_a_command_takes_nothing_of_the_one_before(play: Play, extra: dict[str, str]) -> None:
    play.up(shop())
    play.act()
    play.task("options", command="reconcile")
    assert run_files.load("definition") is None
    play.task("plan", command="reconcile")
    assert play.failure() == "no Docker host could be looked at"


@pytest.mark.parametrize("groups", [{"all": ["h1"]}, {"docker_hosts": []}])
def test_an_inventory_without_docker_hosts_is_refused(
    play: Play, extra: dict[str, str], groups: dict[str, list[str]]
) -> None:
    play.variables = {"groups": groups}
    with pytest.raises(AnsibleError, match="the inventory has no group docker_hosts"):
        play.task("options", command="status")
    assert play.task("options", command="config")["options"] == {}
