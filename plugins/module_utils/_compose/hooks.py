# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs beside a service's members: C(x-drover), C(pre_deploy). Private to the collection.

Compose has no key for a task before an upgrade, and leaves keys that begin with C(x-) to others.
"""

from __future__ import annotations

import math
import typing as t

from .._model.problems import Invalid, Place, did_you_mean
from .health_check import LONGEST_MS
from .keys import X_DROVER
from .options import words
from .values import duration_ns, is_empty, kind_of

PRE_DEPLOY = "pre_deploy"
TIMEOUT_MS = 3600 * 1000
"""A migration that is ended in its middle does more harm than one that takes long."""
SHORTEST_MS = 1000
KEYS = ("command", "timeout")


def pre_deploy(keys: t.Mapping[str, t.Any], place: Place) -> dict[str, t.Any]:
    """The task before an upgrade: C(command), and C(timeout_ms); empty if the file has none."""
    here = place.at(X_DROVER)
    own = _section(keys.get(X_DROVER), (PRE_DEPLOY,), here)
    if is_empty(own.get(PRE_DEPLOY)):
        return {}
    here = here.at(PRE_DEPLOY)
    said = _section(own[PRE_DEPLOY], KEYS, here)
    if not said:
        return {}
    if is_empty(said.get("command")):
        here.at("command").problem(
            "is missing: what the new image runs before the first member is touched"
        )
        return {}
    command = words(said["command"], here.at("command"))
    timeout = said.get("timeout")
    given = None if timeout in (None, "") else here.at("timeout").attempt(timeout_ms, timeout)
    return {"command": command or [], "timeout_ms": TIMEOUT_MS if given is None else given}


def timeout_ms(value: t.Any) -> int:
    """Milliseconds of a time as Compose writes it."""
    result = math.ceil(duration_ns(value) / 10**6)
    if not SHORTEST_MS <= result <= LONGEST_MS:
        raise Invalid(f"must be from 1s to {LONGEST_MS // 3600000}h")
    return result


def refuse_hooks(keys: t.Mapping[str, t.Any], what: str, place: Place) -> None:
    """Note a hook of a service that can have none."""
    if not is_empty(keys.get(X_DROVER)):
        place.at(X_DROVER).problem(f"{what} has no hooks; remove it")


def _section(value: t.Any, known: tuple[str, ...], place: Place) -> dict[str, t.Any]:
    if is_empty(value):
        return {}
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map such as "{known[0]}: ...", not {kind_of(value)}')
        return {}
    for key in value:
        if key not in known:
            place.at(key).problem("unknown key" + did_you_mean(str(key), known))
    return {str(key): item for key, item in value.items() if key in known}
