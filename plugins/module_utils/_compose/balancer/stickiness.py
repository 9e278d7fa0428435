# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rancher's stickiness policy of a load balancer, the same in both formats. Private to the collection."""

from __future__ import annotations

import typing as t

from ..._model.problems import Place, did_you_mean
from ..values import boolean, is_empty, kind_of, line, one_of
from . import values
from .values import given

MODES = ("insert", "rewrite", "prefix")
KEYS = ("name", "cookie", "domain", "indirect", "nocache", "postonly", "mode")
FLAGS = ("indirect", "nocache", "postonly")
COOKIE_DEFAULT = "lb"
"""Rancher used the name of the first backend if none was given."""


def stickiness(value: t.Any, place: Place) -> dict[str, t.Any] | None:
    """A policy with every key of the schema; None if there is none."""
    if is_empty(value):
        return None
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map with "cookie" and so on, not {kind_of(value)}')
        return None
    for key in value:
        if key not in KEYS and not str(key).startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(str(key), KEYS))
    found = {
        "name": given(value, "name", place, line, ""),
        "cookie": given(value, "cookie", place, values.cookie, COOKIE_DEFAULT),
        "domain": given(value, "domain", place, values.cookie_domain, ""),
        **{key: given(value, key, place, boolean, False) for key in FLAGS},
        "mode": given(value, "mode", place, one_of(*MODES), "insert"),
    }
    if found["mode"] == "rewrite" and found["indirect"]:
        place.at("indirect").problem("is not possible with the mode rewrite, says HAProxy")
    return found
