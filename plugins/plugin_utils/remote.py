# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call a module on the host of a task, taking a host that cannot be reached as a fact instead of a failure.

Private to the collection.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from .deadline import NoAnswer, deadline


def call_module(
    action: ActionBase,
    name: str,
    arguments: dict[str, t.Any],
    task_vars: dict[str, t.Any],
    *,
    limit_s: float = 0.0,
) -> tuple[dict[str, t.Any], str]:
    """The module's result and the reason why there is none (empty when it answered).

    C(limit_s): seconds to wait for it, 0 for as long as it takes.
    """
    try:
        with deadline(limit_s):
            result = action._execute_module(
                module_name=name, module_args=arguments, task_vars=task_vars
            )
    except NoAnswer as error:
        return {}, str(error)
    except AnsibleConnectionFailure as error:
        # Ansible censors the reason itself, as these tasks have no_log.
        reason = _first_line(str(error)).rpartition("over ssh: ")[2]
        host = task_vars["inventory_hostname"]
        hint = f"try: ansible {host} -m ping" if "censored" in reason else reason
        return {}, f"not reached ({hint})"
    if result.get("unreachable") or result.get("failed"):
        return {}, _first_line(
            str(result.get("msg") or result.get("module_stderr") or "the module failed")
        )
    return dict(result), ""


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
