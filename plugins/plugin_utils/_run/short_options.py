# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of each command, and where they come from. Private to the collection; pure.

A role takes its variables (drover_stack_name). A playbook also takes short names (-e stack=shop), but only as extra
variables: an inventory has names such as C(stack), C(prune) and C(limit) for purposes of its own.
"""

from __future__ import annotations

import difflib
import typing as t

Json = dict[str, t.Any]

OF_FILES = ("stack_dir", "stack_variables", "profiles")
"""Options about the stack files."""
WAITING = ("wait", "wait_timeout")
OF_UPGRADES = ("upgrade", "services", "force", "pull", "strategy", "batch_size", "interval")
OPTIONS: dict[str, tuple[str, ...]] = {
    "config": ("stack_dir", "stack", "stack_variables", "profiles", "show_secrets"),
    "up": (*OF_FILES, "stack", "scale", "prune", "take", *OF_UPGRADES, *WAITING),
    "confirm_upgrade": ("stack", "service"),
    "rollback": ("stack", "service", "revision", "force", *WAITING),
    "upgrade": ("from", "to", "scale", "batch_size", "interval", "update_links", "wait_timeout"),
    "scale": ("service", "scale", "remove_volumes", *WAITING),
    "start": ("stack", "service", *WAITING),
    "restart": ("stack", "service", "batch_size", "interval", *WAITING),
    "stop": ("stack", "service"),
    "down": ("stack", "remove_volumes", "forget"),
    "reconcile": (
        "stack",
        "retry",
        "rename_host",
        "take",
        "take_over",
        "new_volumes",
        "sign_records",
    ),
    "volume_backup": ("service", "index", "dest", "quiesce", "command", "compress", "key_file"),
    "volume_restore": ("service", "index", "src", "key_file", "force"),
    "volume_move": (
        *("service", "index", "to", "dest", "compress", "key_file", "force"),
        *WAITING,
    ),
    "status": ("stack", "system"),
    "check": ("stack", "format"),
    "network": (),
    "preflight": ("install",),
    "audit": (
        "stack",
        "service",
        "container",
        "member",
        "operation",
        "result",
        "run",
        "since",
        "limit",
        "format",
    ),
}
"""The short names of each command's options."""
_PREFIX = "drover_"
_ALIKE = 0.8
"""Two names that are so much alike are taken for a mistake in writing."""


def options_of(command: str, given: Json, extra: Json) -> Json:
    """Return the options of a command: those of the role's variables, and below them the extra variables."""
    names = OPTIONS[command]
    short = {name: extra[name] for name in names if name in extra}
    long = {name: value for name, value in given.items() if value not in (None, "")}
    return {**short, **long}


def unknown(command: str, extra: t.Iterable[str], variables: t.Collection[str]) -> list[str]:
    """Return a sentence for each extra variable that looks like one of ours and is none.

    C(variables): all names with C(drover_) that there are.
    """
    told = (_problem(command, name, variables) for name in sorted(extra))
    return [problem for problem in told if problem]


def _problem(command: str, name: str, variables: t.Collection[str]) -> str:
    if name in OPTIONS[command] or name in variables:
        return ""
    if name.startswith(_PREFIX):
        return f"{name}: there is no such variable{_nearest(name, variables)}"
    others = [other for other, names in OPTIONS.items() if name in names]
    if others:
        return f"{name} is no option of {command}, but of {', '.join(others)}"
    nearest = _nearest(name, OPTIONS[command])
    return f"{name} is no option of {command}{nearest}" if nearest else ""


def _nearest(name: str, known: t.Collection[str]) -> str:
    found = difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
    return f"; did you mean {found[0]}?" if found else ""
