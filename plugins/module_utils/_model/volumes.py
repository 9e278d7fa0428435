# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volume of each path of a member: the rule that keeps its data. Private to the collection.

Everything here is pure. Paths are compared in normal form, so C(/data/) and C(/data) are equal.
"""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from .._common.constants import LABEL_INDEX, LABEL_PATH, LABEL_SERVICE, LABEL_STACK, LABEL_VOLUME
from .._common.names import unnamed_volume_name
from .member import MemberId

Json = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class VolumeSpec:
    """A volume that must exist before a member's container is created."""

    name: str
    driver: str
    driver_opts: dict[str, str]
    labels: dict[str, str]
    external: bool = False
    """Never created: it must already exist."""
    declared: bool = False
    """Declared in the stack file: an existing one with another driver is refused."""


def normal_path(path: str) -> str:
    """A container path in its normal form."""
    return posixpath.normpath(path)


def member_volumes(
    service: Json,
    *,
    member: MemberId,
    declared: Json,
    image_volumes: t.Iterable[str],
    remembered: dict[str, str],
) -> dict[str, str]:
    """The volume of each container path of one member.

    Args:
        service: Canonical service (docs/schema.md section 5).
        member: The owner of the volumes.
        declared: The C(volumes) of the canonical stack.
        image_volumes: Paths that the image declares as volumes.
        remembered: Path to volume from the member's record: a path once mounted stays mounted.

    Returns:
        Normal path to volume name. Paths of bind mounts and tmpfs are left out: there the file takes precedence.
    """
    known = {normal_path(path): name for path, name in remembered.items()}
    volumes: dict[str, str] = {}
    for mount in service["container"].get("mounts", []):
        path = normal_path(mount["target"])
        if mount["kind"] == "volume":
            volumes[path] = named_volume(mount["source"], declared=declared, index=member.index)
        elif mount["kind"] == "anonymous":
            volumes[path] = known.get(path) or _unnamed(member, path)
    taken = {*volumes, *other_mounts(service["container"])}
    for path in map(normal_path, image_volumes):
        if path not in taken:
            volumes[path] = known.get(path) or _unnamed(member, path)
    for path, name in known.items():
        if path not in taken:
            volumes.setdefault(path, name)
    return volumes


def named_volume(source: str, *, declared: Json, index: int) -> str:
    """The Docker volume of one member for a volume name in a stack file."""
    if source not in declared:
        return source
    name = str(declared[source]["name"])
    return f"{name}_{index}" if declared[source]["per_container"] else name


def other_mounts(container: Json) -> set[str]:
    """Normal paths that a bind mount or tmpfs covers."""
    binds = {
        normal_path(item["target"])
        for item in container.get("mounts", [])
        if item["kind"] == "bind"
    }
    return binds | {normal_path(path) for path in container.get("tmpfs", {})}


def volume_specs(
    service: Json,
    *,
    member: MemberId,
    declared: Json,
    volumes: dict[str, str],
) -> list[VolumeSpec]:
    """The volumes to create (or, for external ones, to look for), each once, in order of their paths.

    Args:
        service: Canonical service.
        member: Whose volumes are meant.
        declared: The C(volumes) of the canonical stack.
        volumes: The result of member_volumes.
    """
    driver = service["container"].get("volume_driver") or "local"
    sources = {
        normal_path(mount["target"]): mount["source"]
        for mount in service["container"].get("mounts", [])
        if mount["kind"] == "volume"
    }
    specs: dict[str, VolumeSpec] = {}
    for path, name in sorted(volumes.items()):
        source = sources.get(path)
        if source is None:
            spec = VolumeSpec(name, driver, {}, _unnamed_labels(member, path))
        elif source in declared:
            spec = _declared_spec(member, source, declared[source], name)
        else:
            spec = VolumeSpec(
                name, driver, {}, {}
            )  # other stacks may use this plain Docker volume too
        specs.setdefault(name, spec)
    return list(specs.values())


def _unnamed(member: MemberId, path: str) -> str:
    return unnamed_volume_name(member.stack, member.service, member.index, path)


def _member_labels(member: MemberId) -> dict[str, str]:
    return {
        LABEL_STACK: member.stack,
        LABEL_SERVICE: member.service,
        LABEL_INDEX: str(member.index),
    }


def _unnamed_labels(member: MemberId, path: str) -> dict[str, str]:
    return {**_member_labels(member), LABEL_PATH: path}


def _declared_spec(member: MemberId, key: str, volume: Json, name: str) -> VolumeSpec:
    labels = _member_labels(member) if volume["per_container"] else {LABEL_STACK: member.stack}
    return VolumeSpec(
        name,
        volume["driver"] or "local",
        dict(volume["driver_opts"]),
        {**labels, LABEL_VOLUME: key},
        external=volume["external"],
        declared=True,
    )
