# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which HAProxy is meant, and whether it runs. Private to the collection."""

from __future__ import annotations

import dataclasses

from ..._engine.client import Engine
from ..._engine.errors import NotFound
from .folders import Folders


class ApplyError(Exception):
    """The config is not applied; the text says why and, where HAProxy said so, in its words."""


@dataclasses.dataclass(frozen=True)
class Target:
    """Which HAProxy gets the config: C(container) is a name or id; it need not run, nor be there."""

    folders: Folders
    container: str
    image: str


def running_container(engine: Engine, container: str) -> str:
    """Id of a container if it runs, else empty; one that is between two starts does not."""
    if not container:
        return ""
    try:
        found = engine.inspect(container)
    except NotFound:
        return ""
    return str(found["Id"]) if found["State"]["Status"] == "running" else ""
