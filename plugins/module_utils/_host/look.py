# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage C(observe): look at this host. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from .._engine.client import DockerEngine
from .._engine.errors import SdkMissing
from .._model.observation import Observation
from .._observe.host import observe
from .._record.excerpt import excerpt
from .sdk import without_sdk

Json = t.Dict[str, t.Any]


def look(payload: Json) -> Json:
    """Observe this host.

    Args:
        payload: C(host), C(docker_host), C(state_dir), C(images); C(configs) to read the configs of load balancers;
            C(known): see _record/excerpt.py.

    Returns:
        C(observation), or C(error) where the Docker SDK for Python is missing.
    """
    try:
        return {"observation": observation(payload, configs=bool(payload.get("configs")))}
    except SdkMissing as error:
        return {"error": without_sdk(error)}


def observation(payload: Json, *, configs: bool = False) -> Observation:
    """Observe over a new engine connection: a kept one would miss an engine upgrade."""
    found = observe(
        DockerEngine(payload["docker_host"]),
        host=payload["host"],
        state_dir=payload["state_dir"],
        images=payload["images"],
        clock=time.time,
        configs=configs,
    )
    return excerpt(found, payload.get("known"))
