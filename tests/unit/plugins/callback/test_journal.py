# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A timer's pass prints what the playbooks say and what failed, and nothing of Ansible's own."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.callback.journal import CallbackModule


class Screen:
    """Takes what would be printed."""

    verbosity = 0

    def __init__(self) -> None:
        self.lines: list[str] = []

    def display(self, text: str, **_how: t.Any) -> None:
        self.lines.append(text)


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def journal(screen: Screen) -> CallbackModule:
    return CallbackModule(display=screen)


def result(**found: t.Any) -> t.Any:
    """The result of a task on h1, as callbacks get it."""
    host = types.SimpleNamespace(get_name=lambda: "h1")
    both = {"_result": found, "result": found, "_host": host, "host": host}
    return types.SimpleNamespace(**both, task_name="Break")


def test_what_goes_well_is_not_said(journal: CallbackModule, screen: Screen) -> None:
    heading = types.SimpleNamespace(name="Reconcile", get_name=lambda: "Reconcile")
    journal.v2_playbook_on_play_start(heading)
    journal.v2_playbook_on_task_start(heading, False)
    journal.v2_runner_on_ok(result(changed=True, msg="fine"))
    journal.v2_runner_on_skipped(result(skipped=True))
    journal.v2_playbook_on_stats(None)
    assert screen.lines == []


def test_failure_is_one_line(journal: CallbackModule, screen: Screen) -> None:
    journal.v2_runner_on_failed(result(failed=True, msg="no\n  luck"))
    assert screen.lines == ["failed h1: Break: no luck"]


def test_control_characters_of_a_host_are_shown_escaped(
    journal: CallbackModule, screen: Screen
) -> None:
    journal.v2_runner_on_failed(result(failed=True, msg="x\x1b[31mred\u009b\u2028line"))
    assert screen.lines == [r"failed h1: Break: x\x1b[31mred\x9b line"]


def test_failure_that_is_ignored_is_not_said(journal: CallbackModule, screen: Screen) -> None:
    journal.v2_runner_on_failed(result(failed=True, msg="no luck"), ignore_errors=True)
    assert screen.lines == []


def test_hidden_failure_stays_hidden(journal: CallbackModule, screen: Screen) -> None:
    """Ansible leaves nothing but this of the result of a task with no_log."""
    journal.v2_runner_on_failed(result(failed=True, censored="the output has been hidden"))
    assert screen.lines == ["failed h1: Break: the output has been hidden"]


def test_host_that_is_not_reached_is_said(journal: CallbackModule, screen: Screen) -> None:
    journal.v2_runner_on_unreachable(result(unreachable=True, msg="timed out"))
    assert screen.lines == ["failed h1: Break: timed out"]


def test_inventory_without_the_group_is_said(journal: CallbackModule, screen: Screen) -> None:
    journal.v2_playbook_on_no_hosts_matched()
    assert screen.lines == ["error  the inventory has no host in the group docker_hosts"]
