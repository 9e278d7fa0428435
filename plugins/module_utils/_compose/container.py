# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container part of a canonical service. Private to the collection."""

from __future__ import annotations

import typing as t

from .._model.problems import Place, did_you_mean
from . import mounts
from .labels import labels
from .options import plain_options
from .values import is_empty, kind_of

# Key of blkio_config -> the key of the service that says the same.
BLOCK_IO = {
    "weight": "blkio_weight",
    "weight_device": "blkio_weight_device",
    **{key: key for key in ("device_read_bps", "device_read_iops")},
    **{key: key for key in ("device_write_bps", "device_write_iops")},
}


def container_options(
    keys: t.Mapping[str, t.Any],
    *,
    volumes: t.AbstractSet[str],
    macros: t.Mapping[str, str],
    place: Place,
) -> dict[str, t.Any]:
    """The schema's C(container): plain options, labels, mounts, and checks between them."""
    keys = with_block_io(with_logging(keys, place), place)
    found = plain_options(keys, place)
    if not is_empty(keys.get("labels")):
        found["labels"] = labels(keys["labels"], macros, place.at("labels"))
    if not is_empty(keys.get("volumes")):
        add_mounts(found, keys["volumes"], volumes, place.at("volumes"))
    check_pairs(found, place)
    return {name: found[name] for name in sorted(found) if found[name] not in ([], {})}


def with_logging(keys: t.Mapping[str, t.Any], place: Place) -> t.Mapping[str, t.Any]:
    """The keys with the first format's log_driver and log_opt written as logging."""
    old = {key: keys[key] for key in ("log_driver", "log_opt") if not is_empty(keys.get(key))}
    if not old:
        return keys
    if not is_empty(keys.get("logging")):
        place.at(min(old)).problem('"logging" says the same; keep one of the two')
        return keys
    logging = {"driver": old.get("log_driver"), "options": old.get("log_opt")}
    return {**keys, "logging": logging}


def with_block_io(keys: t.Mapping[str, t.Any], place: Place) -> t.Mapping[str, t.Any]:
    """The keys with what C(blkio_config) says written as keys of the service."""
    value = keys.get("blkio_config")
    if is_empty(value):
        return keys
    here = place.at("blkio_config")
    if not isinstance(value, t.Mapping):
        here.problem(f'must be a map with "weight" and so on, not {kind_of(value)}')
        return keys
    found = dict(keys)
    for key, item in value.items():
        name = BLOCK_IO.get(key)
        if name is None:
            here.at(key).problem("unknown key" + did_you_mean(key, BLOCK_IO))
        elif not is_empty(keys.get(name)):
            here.at(key).problem(f'"{name}" says the same; keep one of the two')
        else:
            found[name] = item
    return found


def add_mounts(
    found: dict[str, t.Any], value: t.Any, volumes: t.AbstractSet[str], place: Place
) -> None:
    """Add C(volumes) to the options; their tmpfs mounts join the other ones."""
    found["mounts"], more_tmpfs = mounts.mounts(value, volumes, place)
    tmpfs = found.setdefault("tmpfs", {})
    targets = [mount["target"] for mount in found["mounts"]] + list(more_tmpfs)
    for path in targets:
        if path in tmpfs:
            place.problem(f'"{path}" is mounted by "tmpfs" as well')
    tmpfs.update(more_tmpfs)


def check_pairs(found: t.Mapping[str, t.Any], place: Place) -> None:
    """Note options that the engine refuses in combination."""
    swap, memory = found.get("memswap_limit"), found.get("mem_limit")
    if swap is not None and memory is None:
        place.at("memswap_limit").problem("needs mem_limit beside it")
    elif swap is not None and memory is not None and swap != -1 and swap < memory:
        place.at("memswap_limit").problem("is memory and swap together: can't be below mem_limit")
    reservation = found.get("mem_reservation")
    if reservation and memory and reservation > memory:
        place.at("mem_reservation").problem("can't be above mem_limit")
    if "cpus" in found and ("cpu_period" in found or "cpu_quota" in found):
        place.at("cpus").problem("says the same as cpu_period and cpu_quota; keep one of the two")
    if found.get("uts") == "host" and "hostname" in found:
        place.at("hostname").problem('can\'t be set with "uts: host"')
