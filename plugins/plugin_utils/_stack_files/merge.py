# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge the keys of one service over those of another. Controller only; private to the collection."""

from __future__ import annotations

import typing as t

# Maps (or lists of name=value) that merge by name.
BY_NAME = (
    "environment",
    "labels",
    "sysctls",
    "driver_opts",
    "healthcheck",
    "ulimits",
    "upgrade_strategy",
)
# Maps of maps: each inner one merges by name.
NESTED = ("deploy",)
# Lists that merge by the path in the container.
BY_PATH = ("volumes", "devices")
# Lists that are concatenated.
JOINED = (
    "cap_add",
    "cap_drop",
    "dns",
    "dns_opt",
    "dns_search",
    "expose",
    "external_links",
    "extra_hosts",
    "group_add",
    "ports",
    "security_opt",
    "tmpfs",
)
# Two names of the same key: the overriding one replaces both.
SAME = (("net", "network_mode"), ("log_driver", "logging"), ("log_opt", "logging"))


def merge(base: t.Mapping[str, t.Any], over: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the keys of both. If both have a key that does not merge, C(over) wins."""
    merged = dict(base)
    for one, other in SAME:
        if one in over:
            merged.pop(other, None)
        if other in over:
            merged.pop(one, None)
    for key, value in over.items():
        merged[key] = merge_value(key, merged[key], value) if key in merged else value
    return merged


def merge_value(key: str, base: t.Any, over: t.Any) -> t.Any:
    """Merge one key."""
    if base is None or over is None:
        return base if over is None else over
    if key in BY_NAME:
        first, second = as_map(base), as_map(over)
        return over if first is None or second is None else {**first, **second}
    if key in NESTED and isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{name: merge_maps(base.get(name), item) for name, item in over.items()}}
    if key in BY_PATH and isinstance(base, list) and isinstance(over, list):
        return list({**by_path(base), **by_path(over)}.values())
    if key in JOINED:
        first_list, second_list = as_list(base), as_list(over)
        return first_list + [item for item in second_list if item not in first_list]
    return over


def merge_maps(base: t.Any, over: t.Any) -> t.Any:
    """Merge two maps; of other values the second one, if there is one."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **over}
    return base if over is None else over


def as_map(value: t.Any) -> dict[str, t.Any] | None:
    """Return a map, also from a list of name=value; None for anything else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    split = [item.partition("=") for item in value]
    return {name: (rest if equals else None) for name, equals, rest in split}


def as_list(value: t.Any) -> list[t.Any]:
    """Return a list, also from a single value."""
    return value if isinstance(value, list) else [value]


def by_path(items: list[t.Any]) -> dict[str, t.Any]:
    """Return the entries of volumes or devices by their path in the container."""
    return {container_path(item): item for item in items}


def container_path(item: t.Any) -> str:
    """Return the entry's path in the container. An invalid entry gets its own key, and a later check refuses it."""
    if isinstance(item, dict):
        return str(item.get("target"))
    parts = str(item).split(":")
    return parts[1] if len(parts) > 1 else parts[0]
