# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of compose and rancher-compose files, and their parts. Controller only; private to the collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._compose.keys import X_DROVER, not_run
from ansible_collections.drover.docker.plugins.module_utils._compose.values import is_empty, kind_of
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Place,
    did_you_mean,
    quoted,
)

from .yaml_text import Reset, settled

VERSION = re.compile(r"[23](\.[0-9]+)?")
TODAY = ("compose.yaml", "compose.yml")
COMPOSE_KEYS = ("version", "name", "include", "services", "volumes", "networks", ".catalog")
RANCHER_KEYS = ("version", "services", ".catalog", "catalog")
# No service can have this name, so a block of this name is recognized everywhere.
CATALOG = ".catalog"
CATALOG_KEYS = (CATALOG, "catalog")
# Unsupported top-level keys of Compose, with what to do instead.
NOT_RUN_TOP = {
    "configs": "",
    "models": "",
    "secrets": "",
}


@dataclasses.dataclass
class ComposeFile:
    """The parts of a compose file, not yet checked.

    Attributes:
        ranchers: Whether the file has a format that Rancher had: the first, or version '2'.
        first: Whether it is the first.
        own: What the key C(x-drover) says.
    """

    services: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    volumes: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    networks: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    include: t.Any = None
    own: t.Any = None
    name: t.Any = None
    catalog: t.Any = None
    ranchers: bool = False
    first: bool = False


@dataclasses.dataclass
class RancherFile:
    """The parts of a rancher-compose file, not yet checked."""

    services: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    catalog: t.Any = None


def compose_file(document: t.Any, place: Place, *, part: bool = False) -> ComposeFile:
    """Return the parts of a compose file in any format; note problems if it has no known format.

    C(part): The file belongs to one that has services under their own key, and may have none itself.
    """
    if not isinstance(document, dict) or not document:
        place.problem(
            "is empty"
            if is_empty(document)
            else f"must be a map of services, not {kind_of(document)}"
        )
        return ComposeFile()
    if not has_services_key(document) and not part:
        if place.file in TODAY:
            place.at("services").problem("is missing; every service is written under it")
            return ComposeFile()
        services = first_format(document, place)
        catalog = document.get(CATALOG)
        return ComposeFile(services=services, catalog=catalog, ranchers=True, first=True)
    check_top(document, COMPOSE_KEYS, place)
    document = {key: item for key, item in document.items() if not isinstance(item, Reset)}
    return ComposeFile(
        services=map_under(document, "services", place),
        volumes=map_under(document, "volumes", place),
        networks=map_under(document, "networks", place),
        include=document.get("include"),
        own=document.get(X_DROVER),
        name=document.get("name"),
        catalog=document.get(CATALOG),
        ranchers=str(document.get("version")) == "2",
    )


def has_services_key(top: t.Mapping[str, t.Any]) -> bool:
    """Whether services have their own key, as in all formats but the first."""
    return "version" in top or "services" in top


def first_format(top: t.Mapping[str, t.Any], place: Place) -> dict[str, t.Any]:
    """Return the services of the first format, where every top-level key is a service."""
    services = {}
    for key, value in top.items():
        if key in ("volumes", "networks", *NOT_RUN_TOP) and not looks_like_service(value):
            place.at(key).problem("""only a file with "version: '2'" and "services" has this key""")
        elif key.startswith("x-"):
            if looks_like_service(value):
                place.at(key).warn('is ignored, as all top-level keys that begin with "x-"')
        elif key != CATALOG:
            services[key] = value
    return services


def looks_like_service(value: t.Any) -> bool:
    """Whether a value has the keys that every service has."""
    return isinstance(value, dict) and ("image" in value or "build" in value)


def check_top(top: t.Mapping[str, t.Any], known: t.Sequence[str], place: Place) -> None:
    """Note unknown top-level keys, unsupported keys, and unknown versions."""
    for key, value in top.items():
        if key in NOT_RUN_TOP:
            if not is_empty(settled(value)):
                place.at(key).problem(not_run(NOT_RUN_TOP[key]))
        elif key not in known and not key.startswith("x-"):
            under = '; services are written under "services"' if isinstance(value, dict) else ""
            place.at(key).problem("unknown key" + (did_you_mean(key, known) or under))
    version = top.get("version")
    if version is not None and not VERSION.fullmatch(str(version)):
        place.at("version").problem(f"""must be '2', '3' or absent, not {quoted(str(version))}""")


def map_under(top: t.Mapping[str, t.Any], key: str, place: Place) -> dict[str, t.Any]:
    """Return the map under a top-level key; an empty map if the key has no value."""
    value = top.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        place.at(key).problem(f"must be a map, not {kind_of(value)}")
        return {}
    return value


def rancher_file(document: t.Any, services: t.Collection[str], place: Place) -> RancherFile:
    """Return the parts of a rancher-compose file in either format; no parts for an empty file."""
    if document is None:
        return RancherFile()
    if not isinstance(document, dict):
        place.problem(f"must be a map of services, not {kind_of(document)}")
        return RancherFile()
    found = document
    if has_services_key(document):
        check_top(document, RANCHER_KEYS, place)
        found = map_under(document, "services", place)
    catalogs = [key for key in CATALOG_KEYS if key not in services]
    blocks = [part[key] for part in (document, found) for key in catalogs if key in part]
    entries = {key: value for key, value in found.items() if key not in catalogs}
    if found is document:
        entries = {
            key: value
            for key, value in entries.items()
            if key in services or not key.startswith("x-")
        }
    return RancherFile(services=entries, catalog=blocks[0] if blocks else None)
