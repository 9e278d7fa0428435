# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of limits and devices: ulimits, devices, block I/O. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from .._model.problems import Invalid, Place, did_you_mean, quoted
from .values import kind_of, line, size, wanted, whole

ULIMITS = (
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
)
PERMISSIONS = re.compile(r"[rwm]{1,3}")


def ulimits(value: t.Any, place: Place) -> list[dict[str, t.Any]]:
    """The ulimits of a service, sorted by name."""
    if not isinstance(value, t.Mapping):
        place.problem(f"must be a map of names such as nofile, not {kind_of(value)}")
        return []
    found = []
    for name in sorted(value):
        if name not in ULIMITS:
            place.at(name).problem("unknown ulimit" + did_you_mean(name, ULIMITS))
            continue
        limit = place.at(name).attempt(parse_ulimit, value[name])
        if limit is not None:
            found.append({"name": name, **limit})
    return found


def parse_ulimit(value: t.Any) -> dict[str, int]:
    """Soft and hard limit; a single number sets both."""
    if not isinstance(value, t.Mapping):
        return {"soft": whole(value), "hard": whole(value)}
    if set(value) != {"soft", "hard"}:
        raise Invalid('must be a number, or a map of "soft" and "hard"')
    soft, hard = whole(value["soft"]), whole(value["hard"])
    if hard != -1 and (soft > hard or soft == -1):
        raise Invalid(f"the soft limit {soft} is above the hard limit {hard}")
    return {"soft": soft, "hard": hard}


def parse_device(value: t.Any) -> dict[str, str]:
    """One device: C(/dev/host[:/dev/container[:rwm]]) or today's long form."""
    if isinstance(value, t.Mapping):
        unknown = set(value) - {"source", "target", "permissions"}
        if unknown:
            raise Invalid(f"unknown key {quoted(str(min(unknown)))}")
        parts = [line(value.get(key) or "") for key in ("source", "target", "permissions")]
    else:
        parts = line(value).strip().split(":")
    if len(parts) == 2 and PERMISSIONS.fullmatch(parts[1]):
        parts.insert(1, "")
    parts = [*parts, "", ""][: max(len(parts), 3)]
    if len(parts) > 3 or not parts[0].startswith("/"):
        raise wanted('a device such as "/dev/ttyUSB0:/dev/ttyUSB0:rw"', value)
    host, container, permissions = parts
    if not PERMISSIONS.fullmatch(permissions or "rwm"):
        raise Invalid(f"permissions are letters of rwm, not {quoted(permissions)}")
    if container and not container.startswith("/"):
        raise Invalid(f"the path in the container must begin with /, not {quoted(container)}")
    return {"host": host, "container": container or host, "permissions": permissions or "rwm"}


def weight_devices(value: t.Any, place: Place) -> list[dict[str, t.Any]]:
    """Block I/O weights by device path."""
    return by_device(value, place, whole, "weight")


def byte_rates(value: t.Any, place: Place) -> list[dict[str, t.Any]]:
    """Bytes per second by device path."""
    return by_device(value, place, size, "rate")


def io_rates(value: t.Any, place: Place) -> list[dict[str, t.Any]]:
    """Operations per second by device path."""
    return by_device(value, place, whole, "rate")


def by_device(
    value: t.Any, place: Place, convert: t.Callable[[t.Any], int], name: str
) -> list[dict[str, t.Any]]:
    """Numbers by device: C(/dev/sda:1mb) in a list, or a map, or a list of maps with C(path)."""
    items = list(value.items()) if isinstance(value, t.Mapping) else value
    if not isinstance(items, (list, tuple)):
        place.problem(str(wanted("a list of device:number", value)))
        return []

    def parse(item: t.Any) -> dict[str, t.Any]:
        path, amount = device_pair(item, name)
        if not path.startswith("/"):
            raise Invalid(f"the device must be a path such as /dev/sda, not {quoted(path)}")
        return {"path": path, name: convert(amount)}

    found = [place.at(index).attempt(parse, item) for index, item in enumerate(items)]
    return [one for one in found if one is not None]


def device_pair(item: t.Any, name: str) -> tuple[str, t.Any]:
    """Path and number of one entry."""
    if isinstance(item, tuple):
        return line(item[0]), item[1]
    if isinstance(item, t.Mapping):
        if set(item) != {"path", name}:
            raise Invalid(f'must have the keys "path" and "{name}"')
        return line(item["path"]), item[name]
    path, colon, amount = line(item).rpartition(":")
    if not colon:
        raise wanted("device:number", item)
    return path, amount
