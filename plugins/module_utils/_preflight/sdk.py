# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this Python can use the Docker SDK. Private to the collection."""

from __future__ import annotations

import importlib

from .._common.constants import ENGINE_DEADLINE_S
from .._engine.errors import EngineError, SdkMissing
from .._engine.transport import connect
from .facts import SdkFacts


def sdk_facts() -> SdkFacts:
    """Return the SDK's version, or why it cannot be imported."""
    try:
        docker = importlib.import_module("docker")
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == "docker"
        return SdkFacts(version="", missing=missing, fault=str(error))
    version = str(getattr(docker, "__version__", ""))
    # A folder that happens to be called docker can be imported, too.
    return SdkFacts(version=version, missing=not hasattr(docker, "APIClient"), fault="")


def sdk_fault(docker_host: str) -> str:
    """Return why the SDK does not reach an engine that answers; empty if it does.

    It may not fit to the package requests: docker before 7.1 and requests 2.32 do not.
    """
    try:
        connect(docker_host, timeout_s=ENGINE_DEADLINE_S).client.close()
    except (EngineError, SdkMissing) as error:
        return str(error)
    return ""
