# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of a timer's pass: the playbook's own messages, and failures."""

from __future__ import annotations

DOCUMENTATION = r"""
name: journal
type: stdout
short_description: For passes that a timer begins - what was done, and nothing else
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Prints neither headings of plays and tasks nor a recap. What is left is what the playbooks say themselves, and one
    line for each task that failed. So a pass with nothing to do is one line in the journal.
  - The role P(drover.docker.reconcile_timer#role) sets it for the passes of its timer.
"""

import typing as t

from ansible.plugins.callback import CallbackBase
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import say

if t.TYPE_CHECKING:
    from ansible.executor.task_result import CallbackTaskResult


class CallbackModule(CallbackBase):
    """Prints failures. The action plugins print everything else."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "drover.docker.journal"

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        """Print one line with host, task and reason."""
        if not ignore_errors:
            self._tell(result)

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        """Print the same line for an unreachable host."""
        self._tell(result)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Report an inventory without the group: it is a mistake."""
        say(self._display, ["error  the inventory has no host in the group docker_hosts"])

    def _tell(self, result: CallbackTaskResult) -> None:
        found = result._result
        reason = str(found.get("msg") or found.get("censored") or "no reason given")
        words = " ".join(reason.split())
        say(self._display, [f"failed {result._host.get_name()}: {result.task_name}: {words}"])
