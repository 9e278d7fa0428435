# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of M(drover.docker.internal_load). It reads a stack's folder and contacts no host."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.module_utils._compose.values import text
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Problem,
    StackError,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import (
    Message,
    as_data,
    plain,
    shown,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.certificates import (
    CertificateSources,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.show_stack import as_yaml
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.summary import summary
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.variables import words

ARGUMENTS = {
    "stack_dir": {"type": "path", "required": True},
    "stack": {"type": "str"},
    "variables": {"type": "dict", "default": {}},
    "profiles": {"type": "list", "elements": "str"},
    "show": {"type": "bool", "default": False},
    "show_secrets": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Turns stack files into the canonical stack."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the definition, hidden from output because it holds values of variables; or all problems."""
        result = dict(super().run(tmp, task_vars), changed=False)
        if not self._task.args.get("stack_dir"):
            told = "name the folder of the stack files: -e stack_dir=FOLDER"
            return {**result, "failed": True, "msg": told}
        _validated, given = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            definition, warnings = load_stack(
                os.path.abspath(given["stack_dir"]),
                stack=plain_text(given["stack"]) or None,
                variables=plain_variables(given["variables"]),
                profiles=profile_names(given["profiles"]),
                certificates=self._certificates(task_vars or {}),
                balancer_image=self._inventory(task_vars or {}, "drover_balancer_image"),
            )
        except StackError as error:
            return {**result, "failed": True, **refusal(error)}
        run_files.save("definition", definition)
        if given["show"]:
            lines = as_yaml(definition, secrets=given["show_secrets"])
            run_files.save("shown", shown(plain([*summary(definition), *lines])))
        return {
            **result,
            "definition": definition,
            "stack": definition["stack"],
            "warnings": warnings,
            "_ansible_no_log": True,
        }

    def _certificates(self, variables: dict[str, t.Any]) -> CertificateSources:
        """Return the inventory's sources of certificates. Variables may be templates."""
        held = self._templar.template(variables.get("drover_certificates"))
        return CertificateSources(held, self._inventory(variables, "drover_certificates_dir"))

    def _inventory(self, variables: dict[str, t.Any], name: str) -> str:
        value = self._templar.template(variables.get(name))
        return "" if value is None else str(value)


def refusal(error: StackError) -> dict[str, t.Any]:
    """Return all problems as data and as messages, with one sentence for the failed task."""
    told = [Message("error", line) for line in str(error).splitlines()]
    one = len(error.problems) == 1
    count = f"{len(error.problems)} problems in the stack files; no host was contacted"
    return {
        "msg": str(error) if one else count,
        "problems": [dataclasses.asdict(problem) for problem in error.problems],
        "messages": as_data(told),
    }


def plain_text(value: t.Any) -> str | None:
    """Return the text without Ansible's tags."""
    return None if value is None else str(value)


def profile_names(value: t.Sequence[t.Any] | None) -> list[str] | None:
    """Return the profiles; None if nothing is given."""
    return None if value is None else words(",".join(map(str, value)))


def plain_variables(given: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return the variables as text. A variable without a value is left out, so that other sources apply.

    Raises:
        StackError: a value is a list or a map.
    """
    found = {}
    for name, value in given.items():
        if value is None:
            continue
        try:
            found[str(name)] = text(str(value) if isinstance(value, str) else value)
        except Invalid as error:
            raise StackError([Problem("", "", f"variables.{name}", str(error))]) from None
    return found
