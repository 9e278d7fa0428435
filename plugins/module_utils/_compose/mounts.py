# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes and tmpfs of a service. Private to the collection."""

from __future__ import annotations

import posixpath
import re
import typing as t

from .._model.problems import Invalid, Place, did_you_mean, quoted
from .keys import not_run
from .values import check_long_keys, kind_of, line, pairs, size, wanted, whole

PROPAGATION = ("shared", "slave", "private", "rshared", "rslave", "rprivate")
OPTION_GROUPS: tuple[tuple[str, ...], ...] = (
    ("ro", "rw"),
    ("z", "Z"),
    PROPAGATION,
    ("nocopy",),
    ("cached", "delegated", "consistent"),
)
VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}")
LONG_KEYS = ("type", "source", "target", "read_only", "consistency", "bind", "volume", "tmpfs")
TMPFS_OPTIONS = re.compile(r"[A-Za-z0-9=,_.%:-]*")

Mount = t.Dict[str, t.Any]


def normal_path(written: str) -> str:
    """An absolute path without double slashes, C(.), C(..) and a trailing slash."""
    return posixpath.normpath("/" + written.lstrip("/"))


def container_path(written: str) -> str:
    """The path of a mount in a container."""
    if not written.startswith("/"):
        raise Invalid(f"the path in the container must begin with /, not {quoted(written)}")
    path = normal_path(written)
    if path == "/":
        raise Invalid("nothing can be mounted on / of a container")
    return path


def parse_mount(value: t.Any) -> Mount:
    """One entry of C(volumes): C([source:]path[:options]) or today's long form, without tmpfs."""
    if isinstance(value, t.Mapping):
        return parse_long(value)
    if not isinstance(value, str) or not value:
        raise wanted('a volume such as "data:/var/lib/data"', value)
    parts = line(value).strip().split(":")
    if len(parts) > 3:
        raise Invalid(f"{quoted(value)} has too many colons; write source:path:options")
    if len(parts) == 1:
        return mount(source="", target=parts[0], options=[])
    options = [option for option in parts[2].split(",") if option] if len(parts) == 3 else []
    return mount(source=parts[0], target=parts[1], options=options)


def mount(*, source: str, target: str, options: list[str]) -> Mount:
    """A mount of the schema; the source determines its kind."""
    kind = kind_of_source(source)
    check_options(options, kind)
    return {
        "kind": kind,
        "source": (normal_path(source) if kind == "bind" else source) or None,
        "target": container_path(target),
        "options": options,
    }


def kind_of_source(source: str) -> str:
    """The kind of a source: a path of the host, the name of a volume, or none."""
    if not source:
        return "anonymous"
    if source.startswith("/"):
        return "bind"
    if source.startswith((".", "~")):
        raise Invalid(
            f"{quoted(source)} is relative, and the stack's folder is not on the Docker host: "
            "write a path of the host that begins with /, or the name of a volume"
        )
    if not VOLUME_NAME.fullmatch(source):
        raise wanted("a path of the host that begins with /, or the name of a volume", source)
    return "volume"


def check_options(options: t.Sequence[str], kind: str) -> None:
    """Refuse options that the engine would refuse."""
    known = [option for group in OPTION_GROUPS for option in group]
    for option in options:
        if option not in known:
            raise Invalid(f"unknown option {quoted(option)}{did_you_mean(option, known)}")
    for group in OPTION_GROUPS:
        both = [option for option in options if option in group]
        if len(both) > 1:
            raise Invalid(f'the options "{both[0]}" and "{both[1]}" exclude each other')
    if kind == "bind" and "nocopy" in options:
        raise Invalid('the option "nocopy" is for volumes, not for paths of the host')
    if kind != "bind" and any(option in PROPAGATION for option in options):
        raise Invalid("mount propagation is for paths of the host, not for volumes")


def parse_long(value: t.Mapping[str, t.Any]) -> Mount:
    """A mount in today's Compose form. Type C(tmpfs) gives the kind "tmpfs", which L(mounts) separates."""
    check_long_keys(value, LONG_KEYS)
    kind = line(value.get("type") or "volume")
    if kind not in ("bind", "volume", "tmpfs"):
        raise Invalid(f"the type {quoted(kind)} {not_run('types are bind, volume and tmpfs')}")
    target = line(value.get("target") or "")
    source = line(value.get("source") or "")
    if kind == "tmpfs":
        return {"kind": "tmpfs", "target": container_path(target), "options": long_tmpfs(value)}
    if kind == "bind" and not source.startswith(("/", ".", "~")):
        raise Invalid('a bind mount needs a "source": a path of the host that begins with /')
    if kind == "volume" and source.startswith("/"):
        raise Invalid(f'{quoted(source)} is a path of the host: write "type: bind"')
    return mount(source=source, target=target, options=long_options(value, kind))


def long_options(value: t.Mapping[str, t.Any], kind: str) -> list[str]:
    """The short form's options for a long form."""
    options = ["ro"] if flag(value, "read_only") else []
    bind = section(value, "bind", ("propagation", "create_host_path", "selinux", "recursive"))
    volume = section(value, "volume", ("nocopy", "subpath"))
    if (bind and kind != "bind") or (volume and kind != "volume"):
        raise Invalid(f"options of another type than {quoted(kind)}")
    for missing in ("subpath", "recursive"):
        if volume.get(missing) or bind.get(missing):
            raise Invalid(f'"{missing}" {not_run("")}')
    if bind.get("create_host_path") is not None and not flag(bind, "create_host_path"):
        raise Invalid(f'"create_host_path: false" {not_run("the engine makes the path")}')
    options += ["nocopy"] if flag(volume, "nocopy") else []
    return options + [line(bind[key]) for key in ("selinux", "propagation") if bind.get(key)]


def long_tmpfs(value: t.Mapping[str, t.Any]) -> str:
    """The options of a tmpfs in the long form."""
    tmpfs = section(value, "tmpfs", ("size", "mode"))
    options = ["ro"] if flag(value, "read_only") else []
    options += [f"size={size(tmpfs['size'])}"] if tmpfs.get("size") else []
    if tmpfs.get("mode") is not None:
        mode = tmpfs["mode"]
        # In Compose a number is the mode itself (511 for 0777); text is octal, as people write it.
        options.append(f"mode={mode:o}" if isinstance(mode, int) else f"mode={whole(mode)}")
    return ",".join(options)


def section(
    value: t.Mapping[str, t.Any], key: str, known: t.Sequence[str]
) -> t.Mapping[str, t.Any]:
    """The map under a key of the long form; empty if there is none."""
    found = value.get(key)
    if found is None:
        return {}
    if not isinstance(found, t.Mapping):
        raise Invalid(f'"{key}" must be a map, not {kind_of(found)}')
    check_long_keys(found, known)
    return found


def flag(value: t.Mapping[str, t.Any], key: str) -> bool:
    """A boolean of the long form; false if absent."""
    word = str(value.get(key)).lower()
    if word not in ("none", "true", "false"):
        raise Invalid(f'"{key}" must be true or false, not {quoted(word)}')
    return word == "true"


def mounts(
    value: t.Any, declared: t.AbstractSet[str], place: Place
) -> tuple[list[Mount], dict[str, str]]:
    """The mounts of a service, and the tmpfs mounts among them."""
    found: list[Mount] = []
    tmpfs: dict[str, str] = {}
    if not isinstance(value, (list, tuple)):
        place.problem(str(wanted("a list of volumes", value)))
        return [], {}
    for index, item in enumerate(value):
        one = place.at(index).attempt(parse_mount, item)
        if one is None:
            continue
        if any(one["target"] == other for other in [*(m["target"] for m in found), *tmpfs]):
            place.at(index).problem(f"{quoted(one['target'])} is mounted twice")
        elif one["kind"] == "tmpfs":
            tmpfs[one["target"]] = one["options"]
        else:
            found.append(one)
            warn_of_near_name(one, declared, place.at(index))
    return found, tmpfs


def warn_of_near_name(one: Mount, declared: t.AbstractSet[str], place: Place) -> None:
    """Warn of a probable typo. An undeclared volume is legal, as in Rancher, but this name is near a declared one."""
    if one["kind"] == "volume" and one["source"] not in declared:
        near = did_you_mean(one["source"], declared)
        if near:
            place.warn(f"the volume {quoted(one['source'])} is not declared{near}")


def tmpfs(value: t.Any, place: Place) -> dict[str, str]:
    """The tmpfs mounts of a service: path to options."""
    if isinstance(value, t.Mapping):
        items = [f"{path}:{options}" if options else path for path, options in value.items()]
    else:
        items = list(value) if isinstance(value, (list, tuple)) else [value]
    found: dict[str, str] = {}
    for index, item in enumerate(items):
        one = place.at(index).attempt(parse_tmpfs, item)
        if one and one[0] in found:
            place.at(index).problem(f"{quoted(one[0])} is mounted twice")
        elif one:
            found[one[0]] = one[1]
    return found


def parse_tmpfs(value: t.Any) -> tuple[str, str]:
    """Path and options of C(/run) or C(/run:size=64m)."""
    if not isinstance(value, str):
        raise wanted('a path such as "/run" or "/run:size=64m"', value)
    path, _colon, options = line(value).strip().partition(":")
    if not TMPFS_OPTIONS.fullmatch(options):
        raise Invalid(f"bad options {quoted(options)}")
    return container_path(path), options


def volume_options(value: t.Any, place: Place) -> dict[str, str]:
    """Options of a volume driver: name to text."""
    found = {}
    for name, item in pairs(value, place).items():
        found[name] = "" if item is None else place.at(name).attempt(line, item)
    return {name: item for name, item in found.items() if item is not None}
