# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Detect changes of a service that need a new container, and describe them. Private to the collection."""

from __future__ import annotations

import typing as t

from .._common.constants import SCHEDULING
from .._common.names import digest

HASHED = ("image", "network", "hostname_override", "start_once")

# Keys of the schema with another name in a stack file. None: set by a label, which is named instead.
FILE_WORDS: dict[str, str | None] = {
    "network": "network_mode",
    "pull": "pull_policy",
    "mounts": "volumes",
    "aliases": "networks",
    "gates": "depends_on",
    "device_requests": "gpus",
    "stop_grace_period_s": "stop_grace_period",
    "global": None,
    "start_once": None,
    "hostname_override": None,
    "placement": None,
    "kind": None,
    "pre_deploy": "x-drover",
    "balancer": "lb_config",
    "target_rules": "lb_config",
    "external": "external_ips",
    "alias_of": "links",
}
# Maps whose changed entries are named.
NAMED_ENTRIES = ("environment", "labels", "sysctls", "tmpfs", "metadata")


def config_hash(service: t.Mapping[str, t.Any], volumes: t.Mapping[str, t.Any]) -> str:
    """SHA-256 (hex) of all values whose change needs a new container (schema section 6).

    Args:
        service: a canonical service.
        volumes: the declared volumes of its stack.
    """
    container = dict(service["container"])
    kept = {
        name: value
        for name, value in container.pop("labels", {}).items()
        if not name.startswith(SCHEDULING)
    }
    mounted = {
        mount["source"] for mount in container.get("mounts", []) if mount["kind"] == "volume"
    }
    return digest(
        {
            **{key: service[key] for key in HASHED},
            "container": {**container, "labels": kept},
            "volumes": {key: volumes[key] for key in mounted if key in volumes},
        }
    )


def changed_keys(
    old: t.Mapping[str, t.Any],
    new: t.Mapping[str, t.Any],
    *,
    old_volumes: t.Mapping[str, t.Any] | None = None,
    new_volumes: t.Mapping[str, t.Any] | None = None,
) -> list[str]:
    """The differences between two canonical services, as keys of the stack file; never a value.

    The scale is left out: it belongs to the revision once the service exists.
    """
    names: set[str] = set()
    for key in set(old) | set(new):
        if key == "container":
            names |= changed_options(old[key], new[key])
        elif key != "scale" and old.get(key) != new.get(key):
            names |= changed_entries(key, old.get(key), new.get(key))
    return sorted(names | changed_volumes(new, old_volumes or {}, new_volumes or {}))


def changed_options(old: t.Mapping[str, t.Any], new: t.Mapping[str, t.Any]) -> set[str]:
    """Options of the container that differ."""
    names: set[str] = set()
    for key in set(old) | set(new):
        if old.get(key) != new.get(key):
            names |= changed_entries(key, old.get(key), new.get(key))
    return names


def changed_entries(key: str, old: t.Any, new: t.Any) -> set[str]:
    """The name of a key, or the names of its entries that differ."""
    if key in NAMED_ENTRIES:
        before, after = old or {}, new or {}
        different = [
            name
            for name in set(before) | set(after)
            if name not in before or name not in after or before[name] != after[name]
        ]
        return {f"{key}.{name}" for name in different}
    word = FILE_WORDS.get(key, key)
    return {word} if word else set()


def changed_volumes(
    service: t.Mapping[str, t.Any], old: t.Mapping[str, t.Any], new: t.Mapping[str, t.Any]
) -> set[str]:
    """Declarations of mounted volumes that differ."""
    sources = [mount["source"] for mount in service["container"].get("mounts", [])]
    return {f"volumes.{key}" for key in sources if key and old.get(key) != new.get(key)}
