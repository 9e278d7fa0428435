# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the options of a command before any host is contacted, and forget the command before it."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import message
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import docker_hosts
from ansible_collections.drover.docker.plugins.plugin_utils._run.settings_table import VARIABLES
from ansible_collections.drover.docker.plugins.plugin_utils._run.short_options import (
    OPTIONS,
    options_of,
    unknown,
)

ARGUMENTS: dict[str, t.Any] = {
    "command": {"type": "str", "required": True, "choices": sorted(OPTIONS)},
    "given": {"type": "dict", "default": {}},
    "short": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Runs on the controller only."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the options; with C(short), extra variables count as well."""
        super().run(tmp, task_vars or {})
        _result, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        run_files.forget_all()
        if args["command"] != "config":
            docker_hosts(task_vars or {})
        command, extra = args["command"], self._extra() if args["short"] else {}
        problems = unknown(command, extra, VARIABLES)
        if problems:
            return {"changed": False, "failed": True, "msg": message("; ".join(problems))}
        options = options_of(command, args["given"], extra)
        # Values of variables in stack files may be secrets, and -v would print them.
        return {
            "changed": False,
            "options": options,
            "_ansible_no_log": "stack_variables" in options,
        }

    def _extra(self) -> dict[str, t.Any]:
        """Return the extra variables (-e) of this run."""
        found: dict[str, t.Any] = self._templar.template(dict(load_extra_vars(self._loader)))
        return found
