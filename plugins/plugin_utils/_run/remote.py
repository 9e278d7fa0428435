# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call a module on the host of a task. An unreachable host is a fact, not a failure.

Private to the collection.
"""

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from .advice import Advice, advice
from .deadline import NoAnswer, deadline
from .hosts import OBSERVE_TIMEOUT_S, module_arguments
from .pass_file import observation_of

_NO_MESSAGE = ("MODULE FAILURE", "Module result deserialization failed")
"""Ansible's messages for a module that ended without a result."""
_LONGEST = 500
_HIDDEN = "censored due to no log"
"""In the place of what SSH says, where a task has no_log."""
_QUICK_S = 2.0
_ASK_S = 3.0
"""Seconds to ask SSH once more for its reason."""


class Silence(t.NamedTuple):
    """Why there is no result. C(reached): whether the host answered at all."""

    why: Advice
    reached: bool = True

    @property
    def text(self) -> str:
        """The reason on one line."""
        return self.why.text if self.reached else f"not reached ({self.why.text})"


def call_module(
    action: ActionBase,
    name: str,
    arguments: dict[str, t.Any],
    task_vars: dict[str, t.Any],
    *,
    limit_s: float = 0.0,
) -> tuple[dict[str, t.Any], str]:
    """Return the module's result, and the reason if there is none (empty if it answered).

    C(limit_s): seconds to wait; 0 for no limit.
    """
    result, silence = try_module(action, name, arguments, task_vars, limit_s=limit_s)
    return result, silence.text if silence else ""


def try_module(
    action: ActionBase,
    name: str,
    arguments: dict[str, t.Any],
    task_vars: dict[str, t.Any],
    *,
    limit_s: float = 0.0,
) -> tuple[dict[str, t.Any], Silence | None]:
    """Return the module's result, or why there is none, with what to do. C(limit_s) is that of C(call_module)."""
    began = time.monotonic()
    try:
        with deadline(limit_s):
            result = action._execute_module(
                module_name=name, module_args=arguments, task_vars=task_vars
            )
    except NoAnswer as error:
        return {}, Silence(Advice(str(error)))
    except AnsibleConnectionFailure as error:
        took_s = time.monotonic() - began
        why = _why_not_reached(action, str(error), task_vars, took_s)
        return {}, Silence(why, reached=False)
    if result.get("unreachable") or result.get("failed"):
        return {}, Silence(_reason(result, name.rpartition(".")[2], task_vars))
    return dict(result), None


def _why_not_reached(
    action: ActionBase, said: str, task_vars: dict[str, t.Any], took_s: float
) -> Advice:
    """Return the reason of SSH. Ansible hides it, because these tasks have no_log.

    So SSH is asked once more, unless the host was waited for: then it would be waited for again.
    """
    hidden = _HIDDEN in said and took_s < _QUICK_S
    told = _said_without_secrets(action) if hidden else said
    usual = advice(told, task_vars)
    if usual:
        return usual
    reason = _last_line(told).rpartition("over ssh: ")[2]
    host = task_vars["inventory_hostname"]
    return Advice(f"try: ansible {host} -m ping" if _HIDDEN in reason else reason)


def _said_without_secrets(action: ActionBase) -> str:
    """Return what SSH says to a command that has no secrets."""
    context = action._connection._play_context
    before, context.no_log = context.no_log, False
    try:
        with deadline(_ASK_S):
            action._connection.exec_command("true")
    except (AnsibleConnectionFailure, NoAnswer) as error:
        return str(error)
    finally:
        context.no_log = before
    return _HIDDEN


def look_at(
    action: ActionBase, images: list[str], task_vars: dict[str, t.Any], **given: t.Any
) -> dict[str, t.Any]:
    """Return a host's observation. If the host does not answer in time, it holds only the reason (C(error)).

    C(given): arguments of the module internal_observe that replace those of the inventory.
    """
    template = action._templar.template
    arguments = {**module_arguments(task_vars, template), "images": images, **given}
    limit = template(task_vars.get("drover_observe_timeout_s", OBSERVE_TIMEOUT_S))
    result, reason = call_module(
        action, "drover.docker.internal_observe", arguments, task_vars, limit_s=float(limit)
    )
    return {"error": reason} if reason else observation_of(result)


def _reason(result: dict[str, t.Any], module: str, task_vars: dict[str, t.Any]) -> Advice:
    """Return one of the usual reasons, the module's message, or a description if it ended without a message."""
    keys = ("msg", "module_stderr", "module_stdout", "exception")
    usual = advice("\n".join(str(result.get(key) or "") for key in keys), task_vars)
    if usual:
        return usual
    host, message = task_vars["inventory_hostname"], str(result.get("msg") or "")
    if message and not message.startswith(_NO_MESSAGE):
        return Advice(_last_line(message))
    output = (result.get(key) for key in ("module_stderr", "module_stdout", "exception"))
    said = next((_last_line(str(text)) for text in output if text), "it printed nothing")
    code = f" (exit code {result['rc']})" if result.get("rc") is not None else ""
    return Advice(f"the module {module} failed on {host}{code}: {said}"[:_LONGEST])


def _last_line(text: str) -> str:
    """Return the last line: in a traceback, and in the output of ssh, it names the cause."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
