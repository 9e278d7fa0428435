# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key deploy of a service: of it only the configs of upgrades are read. Private to the collection."""

from __future__ import annotations

import typing as t

from .._model.problems import Place, did_you_mean
from .keys import not_run
from .values import is_empty, kind_of

UPDATE, ROLLBACK = "update_config", "rollback_config"
NOT_RUN_KEYS: dict[str, str] = {
    "endpoint_mode": "",
    "labels": "write labels of the service",
    "mode": "write the label io.rancher.scheduler.global",
    "placement": "write labels io.rancher.scheduler.affinity:...",
    "replicas": "write scale",
    "resources": "write mem_limit, cpus and their like",
    "restart_policy": "members are restarted unless they are stopped",
}


def section(value: t.Any, place: Place) -> dict[str, t.Any]:
    """The keys of C(deploy) that are read; others are noted as problems."""
    if is_empty(value):
        return {}
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map with "{UPDATE}", not {kind_of(value)}')
        return {}
    for key, item in value.items():
        check_key(key, item, place.at(key))
    return {key: value[key] for key in (UPDATE, ROLLBACK) if key in value}


def check_key(key: str, value: t.Any, place: Place) -> None:
    """Note a key that is unknown or not run. Unlike elsewhere, 0 says something: no replicas."""
    if key in NOT_RUN_KEYS:
        if value is not None and value not in ("", [], {}):
            place.problem(not_run(NOT_RUN_KEYS[key]))
    elif key not in (UPDATE, ROLLBACK) and not key.startswith("x-"):
        known = {UPDATE, ROLLBACK, *NOT_RUN_KEYS}
        place.problem("unknown key" + did_you_mean(key, known))
