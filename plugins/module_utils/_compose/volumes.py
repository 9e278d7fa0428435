# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The top-level volumes of a stack. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from .._common.names import stack_volume_name
from .._model.problems import Place, did_you_mean, quoted
from .keys import not_run
from .mounts import VOLUME_NAME, volume_options
from .values import boolean, is_empty, kind_of, line, matching

KEYS = ("driver", "driver_opts", "external", "name", "per_container")
NOT_RUN_KEYS = ("labels",)
NAME = r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}"
SLUG_AND_HASH = r"[a-z0-9]{1,20}_[0-9a-f]{8}"

Volume = t.Dict[str, t.Any]
# Canonical services by name, each with its place.
Services = t.Mapping[str, t.Tuple[t.Mapping[str, t.Any], Place]]


def canonical_volumes(
    declared: t.Mapping[str, t.Any], *, stack: str, place: Place
) -> dict[str, Volume]:
    """The schema's C(volumes); C(place) is the place of the key "volumes"."""
    found = {}
    for key, value in declared.items():
        here = place.at(key)
        if "$" in key:
            # Variables are replaced only in values, so no service can refer to this volume (Rancher's catalog has one).
            here.warn("variables are not replaced in keys; no service can use this volume")
        elif not VOLUME_NAME.fullmatch(key):
            here.problem("a volume is named with letters, digits and _.- between")
        else:
            found[key] = canonical_volume(key, value, stack=stack, place=here)
    return found


def canonical_volume(key: str, value: t.Any, *, stack: str, place: Place) -> Volume:
    """One volume; an empty key means a local volume of the stack."""
    options = value if value is not None else {}
    if not isinstance(options, t.Mapping):
        place.problem(f'must be a map with "driver" and so on, not {kind_of(value)}')
        options = {}
    check_volume_keys(options, place)
    external, name = external_of(options, place)
    name = name or place.at("name").attempt(
        matching(NAME, "the name of a volume"), options.get("name") or ""
    )
    driver_opts = options.get("driver_opts")
    return {
        "driver": place.at("driver").attempt(line, options.get("driver") or "") or "local",
        "driver_opts": {}
        if is_empty(driver_opts)
        else volume_options(driver_opts, place.at("driver_opts")),
        "external": external,
        "name": name or (key if external else stack_volume_name(stack, key)),
        "per_container": switch(options, "per_container", place),
    }


def check_volume_keys(options: t.Mapping[str, t.Any], place: Place) -> None:
    """Note unknown keys of a volume, and keys that exclude each other."""
    for key, value in options.items():
        if key in NOT_RUN_KEYS:
            if not is_empty(value):
                place.at(key).problem(not_run(""))
        elif key not in KEYS and not key.startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(key, KEYS))
    for key in ("driver", "driver_opts", "per_container"):
        if not is_empty(options.get(key)) and not is_empty(options.get("external")):
            place.at(key).problem('can\'t be beside "external": such a volume exists already')
    if not is_empty(options.get("name")) and not is_empty(options.get("per_container")):
        place.at("name").problem('can\'t be beside "per_container": every member has its own')


def external_of(options: t.Mapping[str, t.Any], place: Place) -> tuple[bool, str]:
    """Whether a volume is external, and its name in the old form C(external: {name: x})."""
    value = options.get("external")
    if isinstance(value, t.Mapping):
        here = place.at("external").at("name")
        return True, here.attempt(
            matching(NAME, "the name of a volume"), value.get("name") or ""
        ) or ""
    return switch(options, "external", place), ""


def switch(options: t.Mapping[str, t.Any], key: str, place: Place) -> bool:
    """A boolean; absent and empty mean false."""
    value = options.get(key)
    return value not in (None, "") and bool(place.at(key).attempt(boolean, value))


def check_collisions(
    volumes: t.Mapping[str, Volume],
    services: Services,
    *,
    stack: str,
    place: Place,
) -> None:
    """Note volumes whose names in the engine would be equal; C(place) is the place of the key "volumes"."""
    taken: dict[str, str] = {}
    for key, volume in volumes.items():
        other = taken.setdefault(volume["name"], key)
        if other != key and not (volume["external"] and volumes[other]["external"]):
            place.at(key).problem(f"has the name {quoted(volume['name'])}, as has {quoted(other)}")
    plain = undeclared(volumes, services)
    for name, where in plain.items():
        if name in taken and not volumes[taken[name]]["external"]:
            where.problem(
                f"{quoted(name)} is the name of the declared volume {quoted(taken[name])}"
            )
    for name, where in [*((name, place.at(key)) for name, key in taken.items()), *plain.items()]:
        check_member_names(name, where, volumes=volumes, services=services, stack=stack)


def undeclared(volumes: t.Mapping[str, Volume], services: Services) -> dict[str, Place]:
    """Plain Docker volumes that services name, with the place."""
    found: dict[str, Place] = {}
    for service, place in services.values():
        for mount in service["container"].get("mounts", []):
            if mount["kind"] == "volume" and mount["source"] not in volumes:
                found.setdefault(mount["source"], place.at("volumes"))
    return found


def check_member_names(
    name: str,
    place: Place,
    *,
    volumes: t.Mapping[str, Volume],
    services: t.Iterable[str],
    stack: str,
) -> None:
    """Note a name that may collide with a member's own volume."""
    for key, volume in volumes.items():
        own = volume["per_container"] and re.fullmatch(rf"{re.escape(volume['name'])}_[0-9]+", name)
        if own:
            place.problem(f"{quoted(name)} is what a member's volume {quoted(key)} is called")
    for service in services:
        start = re.escape(f"{stack}_{service}_")
        if re.fullmatch(rf"{start}[0-9]+_{SLUG_AND_HASH}", name):
            place.problem(
                f"{quoted(name)} is what a volume without a name of {quoted(service)} is called"
            )
