# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of volumes on this host, and why some cannot be copied. Private to the collection."""

from __future__ import annotations

import os
import typing as t

from .._engine.errors import NotFound

Json = t.Dict[str, t.Any]

LOCAL = "local"


class Volumes(t.Protocol):
    """What is needed of an engine."""

    def volume(self, name: str) -> Json:
        """C(GET /volumes/NAME). Raises NotFound."""

    def containers(self) -> list[Json]:
        """C(GET /containers/json?all=1)."""


class CannotCopy(Exception):
    """Some volumes cannot be copied. The text names all of them."""


def folders_of(engine: Volumes, names: t.Iterable[str]) -> dict[str, str]:
    """The folder of each volume on this host. Raises CannotCopy with all problems, and EngineError."""
    found: dict[str, str] = {}
    problems = []
    for name in sorted(set(names)):
        try:
            found[name] = _folder(engine.volume(name))
        except NotFound:
            problems.append(f"volume {name} is not on the host")
        except CannotCopy as error:
            problems.append(f"volume {name}: {error}")
    if problems:
        raise CannotCopy("; ".join(problems))
    return found


def _folder(volume: Json) -> str:
    """Only plain volumes have their data in their folder at all times: others are mounted there while in use."""
    if volume["Driver"] != LOCAL:
        raise CannotCopy(f"the driver {volume['Driver']} keeps its data; back it up with command=")
    if volume.get("Options"):
        raise CannotCopy("it has driver_opts, so its data are elsewhere; back it up with command=")
    folder = str(volume["Mountpoint"])
    if not os.path.isdir(folder):
        raise CannotCopy(f"its folder {folder} cannot be read; root is needed (ansible_become)")
    return folder


def other_users(engine: Volumes, names: t.Collection[str], container: str) -> list[str]:
    """Other containers that run and have one of the volumes, as C(NAME (VOLUME)). Raises EngineError."""
    users = []
    for item in engine.containers():
        if item["Id"] == container or item["State"] not in ("running", "paused", "restarting"):
            continue
        mounted = {mount.get("Name") for mount in item.get("Mounts", [])}
        shared = sorted(mounted.intersection(names))
        users += [f"{item['Names'][0].lstrip('/')} ({name})" for name in shared]
    return users
