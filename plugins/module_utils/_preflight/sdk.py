# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this Python can use the Docker SDK. Private to the collection."""

from __future__ import annotations

from .._common.constants import ENGINE_DEADLINE_S
from .._engine.errors import EngineError, SdkMissing
from .._engine.transport import connect
from .facts import SdkFacts


def sdk_facts() -> SdkFacts:
    """Return the SDK's version, or why it cannot be imported."""
    try:
        import docker
        from docker import APIClient
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0] == "docker"
        return SdkFacts(version="", missing=missing, fault=str(error))
    except ImportError as error:
        return SdkFacts(version="", missing=not _is_package("docker"), fault=str(error))
    version = str(getattr(docker, "__version__", ""))
    return SdkFacts(version=version, missing=False, fault="" if APIClient else "no APIClient")


def _is_package(name: str) -> bool:
    """Whether there is a package of this name, and not only a folder that happens to be called so."""
    import importlib.util

    found = importlib.util.find_spec(name)
    return bool(found and found.origin)


def sdk_fault(docker_host: str) -> str:
    """Return why the SDK does not reach an engine that answers; empty if it does.

    It may not fit to the package requests: docker before 7.1 and requests 2.32 do not.
    """
    try:
        connect(docker_host, timeout_s=ENGINE_DEADLINE_S).client.close()
    except (EngineError, SdkMissing) as error:
        return str(error)
    return ""
