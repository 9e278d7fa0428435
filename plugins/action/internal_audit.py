# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge the audit of several hosts, and return it as lines for people and as data. This contacts no host."""

from __future__ import annotations

import json
import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.plugin_utils._output.audit_lines import lines_of
from ansible_collections.drover.docker.plugins.plugin_utils._output.audit_table import (
    as_table,
    merged,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import (
    Message,
    as_data,
    plain,
    shown,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files

ARGUMENTS: dict[str, t.Any] = {
    "results": {"type": "dict", "required": True},
    "limit": {"type": "int", "default": 200},
    "format": {"type": "str", "choices": ["table", "json"], "default": "table"},
}


class ActionModule(ActionBase):
    """Runs on the controller only."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Merge the lines."""
        super().run(tmp, task_vars or {})
        _result, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        answers = {host: (found or {}).get("lines") for host, found in args["results"].items()}
        missing = sorted(host for host, lines in answers.items() if lines is None)
        checked = {host: lines_of(host, found) for host, found in answers.items()}
        lines = merged({host: found for host, (found, _bad) in checked.items()})[-args["limit"] :]
        remarks = [f"{host}: not read" for host in missing]
        remarks += [
            f"{host}: {bad} of its lines are no audit lines, and are left out"
            for host, (_found, bad) in sorted(checked.items())
            if bad
        ]
        told = _told(lines, args["format"], remarks)
        blind = len(missing) == len(answers)
        run_files.save("shown", shown(told, Fact("no_host").text if blind else ""))
        data = {"lines": lines, "missing": missing}
        facts = {"drover_audit": data}
        return {"changed": False, **data, "messages": as_data(told), "ansible_facts": facts}


def _told(lines: list[dict[str, t.Any]], style: str, remarks: list[str]) -> list[Message]:
    if style == "json":
        text = [json.dumps(line) for line in lines]
    else:
        text = ["", *(as_table(lines) or ["nothing is recorded"]), ""]
    return plain([*text, *remarks])
