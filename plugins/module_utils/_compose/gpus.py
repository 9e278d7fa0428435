# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that a driver of the engine gives, such as GPUs. Private to the collection."""

from __future__ import annotations

import typing as t

from .._model.problems import Invalid, Place, quoted
from .values import check_long_keys, entries, is_empty, kind_of, line, pairs, whole_between

KEYS = ("driver", "count", "device_ids", "capabilities", "options")
ALL = -1
MOST = 10**4

Request = t.Dict[str, t.Any]


def gpus(value: t.Any, place: Place) -> list[Request]:
    """The requests of C(gpus): C(all), or a list of maps."""
    if value == "all":
        return [request({"count": "all"}, place)]
    if isinstance(value, t.Mapping) or not isinstance(value, (list, tuple)):
        place.problem(f'must be "all" or a list of maps, not {kind_of(value)}')
        return []
    return [
        request(item, place.at(index)) for index, item in enumerate(value) if not is_empty(item)
    ]


def request(value: t.Any, place: Place) -> Request:
    """One request in the schema's form; without capabilities it is for GPUs."""
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map with "count" and so on, not {kind_of(value)}')
        return {}
    place.attempt(lambda item: check_long_keys(item, KEYS), value)
    ids = entries(value.get("device_ids") or [], place.at("device_ids"), line)
    if ids and not is_empty(value.get("count")):
        place.at("count").problem('"device_ids" says it already; keep one of the two')
    number = 0 if ids else place.at("count").attempt(count, value.get("count") or "all")
    capabilities = entries(value.get("capabilities") or ["gpu"], place.at("capabilities"), line)
    options = pairs(value.get("options") or {}, place.at("options"))
    return {
        "driver": place.at("driver").attempt(line, value.get("driver") or ""),
        "count": number,
        "device_ids": ids,
        "capabilities": capabilities,
        "options": {
            name: place.at("options").at(name).attempt(line, "" if item is None else item)
            for name, item in options.items()
        },
    }


def count(value: t.Any) -> int:
    """How many devices; -1 for all."""
    if value in ("all", ALL):
        return ALL
    try:
        return whole_between(1, MOST)(value)
    except Invalid:
        raise Invalid(f'must be "all" or a number from 1, not {quoted(str(value))}') from None
