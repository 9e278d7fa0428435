# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's own health check of a container (not Rancher's health_check). Private to the collection."""

from __future__ import annotations

import typing as t

from .._model.problems import Invalid, Place, did_you_mean
from .values import boolean, duration_ns, is_empty, kind_of, text, whole_between

KEYS = ("test", "interval", "timeout", "start_period", "start_interval", "retries", "disable")
TIMES = ("interval", "timeout", "start_period", "start_interval")
SHORTEST_NS = 10**6
MOST_RETRIES = 10**6


def healthcheck(value: t.Any, place: Place) -> dict[str, t.Any] | None:
    """The health check in the schema's form; None if there is none."""
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map with "test" and so on, not {kind_of(value)}')
        return None
    for key in value:
        if key not in KEYS and not key.startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(key, KEYS))
    if value.get("disable") is not None and place.at("disable").attempt(boolean, value["disable"]):
        return {"test": ["NONE"]}
    return details(value, place) or None


def details(value: t.Mapping[str, t.Any], place: Place) -> dict[str, t.Any]:
    """Test, times and retries, if given."""
    found: dict[str, t.Any] = {}
    if not is_empty(value.get("test")):
        found["test"] = place.at("test").attempt(parse_test, value["test"])
    for key in TIMES:
        if not is_empty(value.get(key)):
            found[f"{key}_ns"] = place.at(key).attempt(check_time, value[key])
    if not is_empty(value.get("retries")):
        found["retries"] = place.at("retries").attempt(
            whole_between(1, MOST_RETRIES), value["retries"]
        )
    return {key: item for key, item in found.items() if item is not None}


def parse_test(value: t.Any) -> list[str]:
    """The engine's list: NONE, CMD or CMD-SHELL, and its arguments."""
    if isinstance(value, str):
        return ["CMD-SHELL", text(value)]
    if isinstance(value, t.Mapping) or not isinstance(value, (list, tuple)):
        raise Invalid(f"must be text or a list, not {kind_of(value)}")
    words = [text(item) for item in value]
    if words[0] not in ("NONE", "CMD", "CMD-SHELL"):
        raise Invalid('a list must begin with "NONE", "CMD" or "CMD-SHELL"')
    if words[0] != "NONE" and len(words) < 2:
        raise Invalid(f'says nothing to run after "{words[0]}"')
    return words


def check_time(value: t.Any) -> int:
    """A time of at least a millisecond, as the engine requires."""
    result = duration_ns(value)
    if 0 < result < SHORTEST_NS:
        raise Invalid("must be at least 1ms")
    return result
