# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of compose and rancher-compose files: which part is what. Controller only; private to the collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils.compose.errors import (
    Place,
    did_you_mean,
    quoted,
)
from ansible_collections.drover.docker.plugins.module_utils.compose.keys import not_run
from ansible_collections.drover.docker.plugins.module_utils.compose.values import is_empty, kind_of

VERSION = re.compile(r"[23](\.[0-9]+)?")
TODAY = ("compose.yaml", "compose.yml")
COMPOSE_KEYS = ("version", "name", "services", "volumes")
RANCHER_KEYS = ("version", "services")
CATALOG_KEYS = (".catalog", "catalog")
# Top-level keys of Compose, with what to do instead.
NOT_RUN_TOP = {
    "configs": "",
    "include": "write all services into one file",
    "models": "",
    "networks": "all services share the managed network",
    "secrets": "",
}


@dataclasses.dataclass
class ComposeFile:
    """The parts of a compose file, not yet looked into."""

    services: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    volumes: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    name: t.Any = None


@dataclasses.dataclass
class RancherFile:
    """The parts of a rancher-compose file, not yet looked into."""

    services: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    catalog: t.Any = None


def compose_file(document: t.Any, place: Place) -> ComposeFile:
    """The parts of a compose file of any format; problems where it has none."""
    if not isinstance(document, dict) or not document:
        place.problem(
            "is empty"
            if is_empty(document)
            else f"must be a map of services, not {kind_of(document)}"
        )
        return ComposeFile()
    top = without_extensions(document)
    if not has_services_key(top):
        if place.file in TODAY:
            place.at("services").problem("is missing; every service is written under it")
            return ComposeFile()
        return ComposeFile(services=first_format(top, place))
    check_top(top, COMPOSE_KEYS, place)
    return ComposeFile(
        services=map_under(top, "services", place),
        volumes=map_under(top, "volumes", place),
        name=top.get("name"),
    )


def has_services_key(top: t.Mapping[str, t.Any]) -> bool:
    """Whether services are under a key of their own, as in all formats but the first."""
    return "version" in top or "services" in top


def first_format(top: dict[str, t.Any], place: Place) -> dict[str, t.Any]:
    """The services of the first format, in which every top-level key is one."""
    services = {key: value for key, value in top.items() if key not in CATALOG_KEYS}
    for key in ("volumes", *NOT_RUN_TOP):
        if key in services:
            place.at(key).problem("""only a file with "version: '2'" and "services" has this key""")
            del services[key]
    return services


def check_top(top: t.Mapping[str, t.Any], known: t.Sequence[str], place: Place) -> None:
    """Note unknown top-level keys, those that are not run, and versions that we don't know."""
    for key, value in top.items():
        if key in NOT_RUN_TOP:
            if not is_empty(value):
                place.at(key).problem(not_run(NOT_RUN_TOP[key]))
        elif key not in known and key not in CATALOG_KEYS:
            under = '; services are written under "services"' if isinstance(value, dict) else ""
            place.at(key).problem("unknown key" + (did_you_mean(key, known) or under))
    version = top.get("version")
    if version is not None and not VERSION.fullmatch(str(version)):
        place.at("version").problem(f"""must be '2', '3' or absent, not {quoted(str(version))}""")


def map_under(top: t.Mapping[str, t.Any], key: str, place: Place) -> dict[str, t.Any]:
    """The map under a top-level key; nothing under it is an empty one."""
    value = top.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        place.at(key).problem(f"must be a map, not {kind_of(value)}")
        return {}
    return without_extensions(value) if key == "services" else value


def without_extensions(found: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The map without the C(x-...) keys, which Compose leaves to users."""
    return {key: value for key, value in found.items() if not key.startswith("x-")}


def rancher_file(document: t.Any, services: t.Collection[str], place: Place) -> RancherFile:
    """The parts of a rancher-compose file of either format; an empty one says nothing."""
    if document is None:
        return RancherFile()
    if not isinstance(document, dict):
        place.problem(f"must be a map of services, not {kind_of(document)}")
        return RancherFile()
    top = without_extensions(document)
    found = top
    if has_services_key(top):
        check_top(top, RANCHER_KEYS, place)
        found = map_under(top, "services", place)
    catalogs = [key for key in CATALOG_KEYS if key not in services]
    blocks = [part[key] for part in (top, found) for key in catalogs if key in part]
    return RancherFile(
        services={key: value for key, value in found.items() if key not in catalogs},
        catalog=blocks[0] if blocks else None,
    )
