# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen of commands: their messages, and failures, each once; nothing of Ansible's own."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import types
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.callback import compact as compact_module
from ansible_collections.drover.docker.plugins.callback.compact import CallbackModule

Json = dict[str, t.Any]
COLLECTIONS = pathlib.Path(compact_module.__file__).parents[5]
PLAN, SHOW, LOAD = (
    "drover.docker.internal_plan",
    "drover.docker.internal_show",
    "drover.docker.internal_load",
)


class Screen:
    """Takes what would be printed."""

    verbosity = 0

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.colours: dict[str, str | None] = {}

    def display(self, text: str, color: str | None = None, **_how: t.Any) -> None:
        self.lines.append(text)
        self.colours[text] = color

    def warning(self, text: str, **_how: t.Any) -> None:
        self.lines.append(f"warning {text}")


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def compact(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> CallbackModule:
    made = CallbackModule(display=screen)
    monkeypatch.setattr(made, "get_option", lambda _name: True)
    return made


def result(action: str = "ansible.builtin.command", **found: t.Any) -> t.Any:
    """The result of a task on h1, as callbacks get it."""
    host = types.SimpleNamespace(get_name=lambda: "h1")
    task = types.SimpleNamespace(action=action)
    both = {"_result": found, "result": found, "_host": host, "host": host}
    return types.SimpleNamespace(**both, _task=task, task=task, task_name="Break")


def messages(*lines: str) -> list[Json]:
    """Messages as results have them: "done x"."""
    parts = (line.split(" ", 1) for line in lines)
    return [{"kind": kind, "text": text} for kind, text in parts]


def test_headings_and_the_recap_are_not_printed(compact: CallbackModule, screen: Screen) -> None:
    heading = types.SimpleNamespace(name="Reconcile", get_name=lambda: "Reconcile")
    compact.v2_playbook_on_play_start(heading)
    compact.v2_playbook_on_task_start(heading, False)
    compact.v2_runner_on_ok(result(msg="fine"))
    compact.v2_runner_on_skipped(result(skipped=True))
    compact.v2_playbook_on_stats(None)
    assert screen.lines == []


def test_messages_of_a_command_are_printed_as_they_come_and_once(
    compact: CallbackModule, screen: Screen
) -> None:
    compact.v2_runner_on_ok(result(PLAN, messages=messages("done it", "held that")))
    compact.v2_runner_on_ok(result(PLAN, messages=messages("plain all is well")))
    compact.v2_runner_on_ok(result(SHOW, msg=["done   it", "held   that", "all is well"]))
    assert screen.lines == ["done   it", "held   that", "all is well"]


def test_lines_that_no_task_returned_are_printed_at_the_end(
    compact: CallbackModule, screen: Screen
) -> None:
    """The result of load is hidden, as it has secrets."""
    compact.v2_runner_on_ok(result(LOAD, censored="hidden"))
    compact.v2_runner_on_ok(result(SHOW, msg=["stack: shop"]))
    compact.v2_runner_on_ok(result(LOAD, censored="hidden"))
    compact.v2_runner_on_ok(result(SHOW, msg=["stack: blog"]))
    assert screen.lines == ["stack: shop", "stack: blog"]


def test_a_command_that_failed_says_why_once(compact: CallbackModule, screen: Screen) -> None:
    compact.v2_runner_on_ok(result(PLAN, messages=messages("error no majority")))
    compact.v2_runner_on_failed(result(SHOW, failed=True, msg="no majority", lines=[]))
    assert screen.lines == ["error  no majority"]


def test_all_problems_of_stack_files_are_printed_and_not_their_number(
    compact: CallbackModule, screen: Screen
) -> None:
    told = messages("error a: wrong", "error b: wrong")
    compact.v2_runner_on_failed(result(LOAD, failed=True, msg="2 problems", messages=told))
    assert screen.lines == ["error  a: wrong", "error  b: wrong"]


def test_kinds_are_told_apart_by_colours(compact: CallbackModule, screen: Screen) -> None:
    told = messages("done a", "failed b", "held c", "plain d")
    compact.v2_runner_on_ok(result(PLAN, messages=told))
    assert screen.colours["d"] is None
    assert len({screen.colours[line] for line in screen.lines}) == 4


def test_tasks_of_others_say_what_changed(compact: CallbackModule, screen: Screen) -> None:
    compact.v2_runner_on_ok(result(changed=True))
    compact.v2_runner_on_ok(result("ansible.builtin.debug", msg=["one", "two"]))
    compact.v2_runner_on_ok(result("debug", changed=False, answer=42, _ansible_no_log=False))
    assert screen.lines == ["done   h1  Break", "one", "two", "answer: 42"]


def test_in_check_mode_tasks_of_others_say_what_would_change(
    compact: CallbackModule, screen: Screen
) -> None:
    found = result(changed=True)
    found._task.check_mode = True
    compact.v2_runner_on_ok(found)
    assert screen.lines == ["would  h1  Break"]


def test_warnings_are_printed(compact: CallbackModule, screen: Screen) -> None:
    seen = result(warnings=["old key"])
    seen.warnings = ["old key"]
    compact._current_task_result = seen
    compact._display._warning = screen.warning
    compact.v2_runner_on_ok(seen)
    assert screen.lines == ["warning old key"]


@pytest.mark.parametrize("words", ["", "Task failed: ", "Task failed: Action failed: "])
def test_a_failure_is_one_line(compact: CallbackModule, screen: Screen, words: str) -> None:
    """Without what core puts before the reason."""
    compact.v2_runner_on_failed(result(failed=True, msg=f"{words}no\n  luck"))
    assert screen.lines == ["failed  h1: Break: no luck"]


def test_control_characters_of_a_host_are_shown_escaped(
    compact: CallbackModule, screen: Screen
) -> None:
    hostile = "x\x1b[31mred\u009b\u2028line"
    compact.v2_runner_on_failed(result(failed=True, msg=hostile))
    compact.v2_runner_on_ok(result(PLAN, messages=[{"kind": "done", "text": hostile}]))
    assert screen.lines == [
        r"failed  h1: Break: x\x1b[31mred\x9b line",
        r"done   x\x1b[31mred\x9b\u2028line",
    ]


def test_a_failure_that_is_ignored_is_not_said(compact: CallbackModule, screen: Screen) -> None:
    compact.v2_runner_on_failed(result(failed=True, msg="no luck"), ignore_errors=True)
    assert screen.lines == []


def test_a_hidden_failure_stays_hidden(compact: CallbackModule, screen: Screen) -> None:
    """Ansible leaves nothing but this of the result of a task with no_log."""
    compact.v2_runner_on_failed(result(failed=True, censored="the output has been hidden"))
    assert screen.lines == ["failed  h1: Break: the output has been hidden"]


def test_a_host_that_is_not_reached_is_said(compact: CallbackModule, screen: Screen) -> None:
    compact.v2_runner_on_unreachable(result(unreachable=True, msg="timed out"))
    assert screen.lines == ["failed  h1: Break: timed out"]


def test_an_inventory_without_the_group_is_said(compact: CallbackModule, screen: Screen) -> None:
    compact.v2_playbook_on_no_hosts_matched()
    assert screen.lines == ["error  the inventory has no host in the group docker_hosts"]


def test_a_plan_is_not_printed_twice_with_diff(compact: CallbackModule, screen: Screen) -> None:
    compact.v2_on_file_diff(result(PLAN, diff=[{"prepared": "h1  create  shop-web-1\n"}]))
    assert screen.lines == []
    file = {"before": "a\n", "after": "b\n", "before_header": "x", "after_header": "x"}
    compact.v2_on_file_diff(result(PLAN, diff=[{"prepared": "p"}, file]))
    assert "+b" in "".join(screen.lines)


def test_a_reader_that_has_gone_ends_the_output_and_not_the_command(tmp_path: pathlib.Path) -> None:
    """As with `| head -1`."""
    script = tmp_path / "print.py"
    script.write_text(PRINTS_MUCH, encoding="utf-8")
    done = tmp_path / "done"
    words = f"set -o pipefail; {sys.executable} {script} {done} | head -1"
    path = os.pathsep.join(
        [str(COLLECTIONS), *sys.path]
    )  # ansible-test finds the collection in a way of its own
    environment = {**os.environ, "PYTHONPATH": path}
    ran = subprocess.run(
        ["bash", "-c", words], capture_output=True, text=True, check=False, env=environment
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "line 0\n", "")
    assert done.exists()


PRINTS_MUCH = """
import pathlib, sys
from ansible.utils.display import Display
from ansible_collections.drover.docker.plugins.callback import compact as compact_module
from ansible_collections.drover.docker.plugins.callback.compact import CallbackModule
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import plain

compact = CallbackModule(display=Display())
compact._print(plain(f"line {n}" for n in range(20000)))
pathlib.Path(sys.argv[1]).touch()
"""
