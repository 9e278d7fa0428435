# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge the keys of one service over those of another, as Compose does. Controller only; private to the collection.

Maps merge by name, at any depth. Lists are put together. Everything else is replaced. The tables name what is not so.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._compose.keys import RANCHER_KEYS

from .yaml_text import Override, Reset

# Maps that may be written as lists of name=value.
BY_NAME = ("annotations", "driver_opts", "environment", "labels", "sysctls")
# Maps that may be written as lists of names.
NAMED = ("depends_on", "networks")
# Lists that merge by the path in the container.
BY_PATH = ("volumes", "devices")
# Lists of words that mean something only together, and Rancher's keys, which Rancher replaced.
REPLACED = ("command", "entrypoint", "test", *sorted(RANCHER_KEYS - {"upgrade_strategy"}))
# Keys that may be written as one text instead of a list with one entry.
ONE_OR_MANY = ("dns", "dns_search", "env_file", "extra_hosts", "label_file", "tmpfs")
# Two names of the same key: the overriding one replaces both.
SAME = (("net", "network_mode"), ("log_driver", "logging"), ("log_opt", "logging"))


def merge(base: t.Mapping[str, t.Any], over: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the keys of both. If both have a key that does not merge, C(over) wins."""
    older = dict(base)
    for one, other in SAME:
        if one in over:
            older.pop(other, None)
        if other in over:
            older.pop(one, None)
    return merge_maps(older, over)


def merge_maps(base: t.Mapping[str, t.Any], over: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the entries of both, each merged by its name."""
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, Reset):
            merged.pop(key, None)
        elif isinstance(value, Override):
            merged[key] = value.value
        else:
            merged[key] = merge_value(key, merged[key], value) if key in merged else value
    return merged


def merge_value(key: str, base: t.Any, over: t.Any) -> t.Any:
    """Merge one key."""
    if base is None or over is None or key in REPLACED:
        return base if over is None else over
    base, over = same_form(key, base, over)
    if isinstance(base, dict) and isinstance(over, dict):
        if key == "logging" and base.get("driver") != over.get("driver", base.get("driver")):
            return over
        return merge_maps(base, over)
    if isinstance(base, list) and isinstance(over, list):
        if key in BY_PATH:
            return list({**by_path(base), **by_path(over)}.values())
        return base + [item for item in over if item not in base]
    return over


def same_form(key: str, base: t.Any, over: t.Any) -> tuple[t.Any, t.Any]:
    """Return both values in one form, where a key may have several."""
    if key in BY_NAME:
        return as_map(base, over)
    if key in NAMED and (isinstance(base, dict) or isinstance(over, dict)):
        return named(base), named(over)
    if key in ONE_OR_MANY and not (isinstance(base, dict) and isinstance(over, dict)):
        return as_list(base), as_list(over)
    return base, over


def as_map(*values: t.Any) -> tuple[t.Any, ...]:
    """Return maps, also from lists of name=value; all as they are if one is neither."""
    found = tuple(map_of(value) for value in values)
    return values if None in found else found


def map_of(value: t.Any) -> dict[str, t.Any] | None:
    """Return a map, also from a list of name=value; None for anything else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    split = [item.partition("=") for item in value]
    return {name: (rest if equals else None) for name, equals, rest in split}


def named(value: t.Any) -> t.Any:
    """Return a map from a list of names."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return dict.fromkeys(value)
    return value


def as_list(value: t.Any) -> list[t.Any]:
    """Return a list, also from a single value or from a map of name to value."""
    if isinstance(value, dict):
        return [f"{name}={item}" for name, item in value.items()]
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
