# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identify a HAProxy, and tell whether it runs. Private to the collection."""

from __future__ import annotations

import dataclasses

from ..._engine.client import Engine
from ..._engine.errors import NotFound
from .folders import Folders


class ApplyError(Exception):
    """The config is not applied; the text says why, with HAProxy's message if there is one."""


@dataclasses.dataclass(frozen=True)
class Target:
    """The HAProxy that gets the config: C(container) is a name or id; it need not run or exist."""

    folders: Folders
    container: str
    image: str
    may_restart: bool = False
    """Whether the container is ours: it may be restarted if its sockets or its mounts are gone."""


def running_container(engine: Engine, container: str) -> str:
    """Id of a container if it runs, else empty; a restarting container does not run."""
    if not container:
        return ""
    try:
        found = engine.inspect(container)
    except NotFound:
        return ""
    return str(found["Id"]) if found["State"]["Status"] == "running" else ""
