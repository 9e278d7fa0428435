# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen of this collection's commands: what was done, what is held and why, and each failure once."""

from __future__ import annotations

DOCUMENTATION = r"""
name: compact
type: stdout
short_description: Prints what a command did, what is held and why, without headings
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Prints the messages of this collection's playbooks and roles as they come, each on one line, in colour on a
    terminal. A command with nothing to do is one line.
  - Of other tasks, it prints what C(debug) says, which ones changed something, and each failure on one line.
  - Prints neither headings of plays and tasks nor a recap.
  - The results are data too, so every other callback shows them in its own way; the last task of each playbook repeats
    the lines for those.
options:
  show_changed:
    description: Whether to print a line for each task of other collections that changed something.
    type: bool
    default: true
    ini:
      - section: callback_drover_compact
        key: show_changed
    env:
      - name: DROVER_COMPACT_SHOW_CHANGED
"""

import contextlib
import os
import re
import sys
import typing as t

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import (
    Message,
    plain,
    read_messages,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import say, say_diff

if t.TYPE_CHECKING:
    from ansible.executor.task_result import CallbackTaskResult

_OURS = "drover.docker."
_SHOW = "drover.docker.internal_show"
_ON_THE_CONTROLLER = frozenset(
    f"{_OURS}internal_{name}"
    for name in ("options", "load", "plan", "audit", "preflight_report", "show")
)
_CORES_WORDS = re.compile(r"^((Task|Action|Module) failed: )+")
"""What ansible-core 2.19 and later put before a reason."""
_COLOURS = {
    "done": "COLOR_CHANGED",
    "would": "COLOR_CHANGED",
    "failed": "COLOR_ERROR",
    "error": "COLOR_ERROR",
    "refused": "COLOR_ERROR",
    "held": "COLOR_WARN",
    "wait": "COLOR_WARN",
    "warn": "COLOR_WARN",
    "stale": "COLOR_SKIP",
    "skipped": "COLOR_SKIP",
    "note": "COLOR_HIGHLIGHT",
    "ok": "COLOR_OK",
}


class CallbackModule(CallbackBase):
    """Prints messages of commands, and failures."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "drover.docker.compact"

    def __init__(self, *args: t.Any, **named: t.Any) -> None:
        """Begin with nothing said."""
        super().__init__(*args, **named)
        self._said = False
        """Whether the present command has said something."""

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """Print the messages of a command, the text of debug, or that a task changed something."""
        found, action = result._result, _action(result)
        self._warn(result)
        if action.startswith(_OURS):
            self._show(found, action)
        elif action.rsplit(".", 1)[-1] == "debug":
            self._print(plain(_debug_lines(found)))
        elif found.get("changed") and self.get_option("show_changed"):
            kind = "would" if getattr(result._task, "check_mode", False) else "done"
            self._print([Message(kind, f"{result._host.get_name()}  {result.task_name}")])

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        """Print why a task failed, on one line; nothing that a command has said already."""
        if ignore_errors:
            return
        found, action = result._result, _action(result)
        self._warn(result)
        messages = read_messages(found.get("messages"))
        if messages:
            self._print(messages)
        elif action != _SHOW or not self._said:
            self._fail(result)

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        """Print why a host was not reached."""
        self._fail(result)

    def v2_on_file_diff(self, result: CallbackTaskResult) -> None:
        """Print the differences of files. What a command would do is among its messages."""
        if not result._result.get("diff"):
            return
        diffs = [item for item in _listed(result._result["diff"]) if "prepared" not in item]
        if diffs:
            with _until_nobody_reads():
                say_diff(self._display, self._get_diff(diffs))

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Report an inventory without the group: it is a mistake."""
        self._print([Message("error", "the inventory has no host in the group docker_hosts")])

    # --- parts ---

    def _show(self, found: t.Mapping[str, t.Any], action: str) -> None:
        if action != _SHOW:
            self._print(read_messages(found.get("messages")))
        else:
            if not self._said:
                self._print(plain(map(str, _listed(found.get("msg") or []))))
            self._said = False

    def _print(self, messages: t.Iterable[Message]) -> None:
        for message in messages:
            with _until_nobody_reads():
                say(self._display, [message.line], colour=_colour(message.kind))
            self._said = True

    def _fail(self, result: CallbackTaskResult) -> None:
        found = result._result
        reason = str(found.get("msg") or found.get("censored") or "no reason given")
        words = _CORES_WORDS.sub("", " ".join(reason.split()))
        if _action(result) in _ON_THE_CONTROLLER:
            self._print([Message("error", words)])  # no host did this
        else:
            told = f"{result._host.get_name()}: {result.task_name}: {words}"
            self._print([Message("failed", told)])

    def _warn(self, result: CallbackTaskResult) -> None:
        """Print the warnings of a task, as Ansible does."""
        self._handle_warnings(result._result)


@contextlib.contextmanager
def _until_nobody_reads() -> t.Iterator[None]:
    """Print no more once the reader has gone, as with C(| head -1). The command itself goes on to its end."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _colour(kind: str) -> str | None:
    """Return the colour that the user's configuration has for such messages."""
    name = _COLOURS.get(kind)
    return str(getattr(constants, name)) if name else None


def _action(result: CallbackTaskResult) -> str:
    return str(result._task.action)


def _listed(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else [value]


def _debug_lines(found: t.Mapping[str, t.Any]) -> list[str]:
    """Return what debug says: its message, or each variable."""
    if "msg" in found:
        return [str(item) for item in _listed(found["msg"])]
    hidden = ("changed", "failed", "censored")
    named = {key: value for key, value in found.items() if not key.startswith("_ansible_")}
    return [f"{key}: {value}" for key, value in named.items() if key not in hidden]
