# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the lines of the command that has just ended, and fail if it failed. Contacts no host.

The callback drover.docker.compact has printed the lines by then. For every other callback this task is where they are.
"""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files


class ActionModule(ActionBase):
    """Runs on the controller only."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the lines as C(msg), as debug does; with C(failed), the reason as C(msg) and the lines beside it."""
        super().run(tmp, task_vars or {})
        told = run_files.take("shown") or {"lines": [], "failure": ""}
        if told["failure"]:
            return {
                "changed": False,
                "failed": True,
                "msg": told["failure"],
                "lines": told["lines"],
            }
        return {"changed": False, "msg": told["lines"], "_ansible_verbose_always": True}
