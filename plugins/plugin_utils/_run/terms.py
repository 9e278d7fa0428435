# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim of a run, from the inventory's variables. Private to the collection."""

from __future__ import annotations

import datetime
import getpass
import os
import random
import secrets
import socket
import time
import typing as t

from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim
from ansible_collections.drover.docker.plugins.module_utils._lock.lease_file import (
    LONGEST_LEASE_S,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import (
    LEASE_S,
    WAIT_S,
    Term,
    describe,
)

_LIMITS = {"drover_lease_s": (5, LONGEST_LEASE_S), "drover_lease_wait_s": (0, 86400)}


def stamp_of(inventory: list[str]) -> dict[str, t.Any]:
    """Return who asks, when, and with which inventory: what request_from takes beside the arguments."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "author": owner(),
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "token": secrets.token_hex(8),
        "inventory": inventory,
    }


def owner() -> str:
    """Return the owner's name for other runs: user and control node."""
    return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    """Return the user's name. In a container a user id may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def term_of(
    request: Request,
    variables: t.Mapping[str, t.Any],
    template: t.Callable[[t.Any], t.Any] = lambda value: value,
) -> Term:
    """Return the claim of this run. This contacts no host. Variables may be templates.

    The ticket is the time of the command: who asked first goes first. If two control nodes disagree on the time, only
    that order is wrong.

    Raises:
        AnsibleError: A variable has no valid value.
    """
    names = (*_LIMITS, "drover_unattended")
    given = {name: template(variables.get(name)) for name in names}
    claim = Claim(
        token=secrets.token_hex(8),
        owner=owner(),
        reason=describe(request),
        unattended=_flag("drover_unattended", given["drover_unattended"]),
        ticket=time.time() + random.random() / 1000,  # noqa: S311 (only to tell two runs apart)
        duration_s=_seconds(given, "drover_lease_s", LEASE_S),
    )
    return Term(claim, wait_s=_seconds(given, "drover_lease_wait_s", WAIT_S))


def _flag(name: str, value: t.Any) -> bool:
    text = "" if value is None else str(value).strip().lower()
    if text not in ("true", "yes", "1", "false", "no", "0", ""):
        raise AnsibleError(f"{name} must be true or false, not {value!r}")
    return text in ("true", "yes", "1")


def _seconds(variables: t.Mapping[str, t.Any], name: str, default: int) -> int:
    """Read a whole number of seconds from the inventory."""
    value = variables.get(name)
    low, high = _LIMITS[name]
    text = str(default if value in (None, "") else value).strip()
    if not text.isdigit() or not low <= int(text) <= high:
        raise AnsibleError(
            f"{name} must be a whole number of seconds from {low} to {high}, not {value!r}"
        )
    return int(text)
