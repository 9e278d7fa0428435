# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What preflight sees of one host. Private to the collection.

These types are what a host sends, and the control node checks answers against them.
"""

from __future__ import annotations

import typing as t


class SdkFacts(t.TypedDict):
    """The Docker SDK for Python (the package C(docker)) of the Python that runs modules."""

    version: str
    missing: bool
    fault: str
    """Why it cannot be used; empty if it can."""


class EngineFacts(t.TypedDict):
    """The engine, asked without the SDK, so that a host without the SDK shows its other faults too."""

    fault: str
    """A code: no_socket, refused, no_permission, timeout, podman, no_engine, address; empty if it answers."""
    detail: str
    version: str
    api: str
    id: str
    name: str
    data_root: str
    live_restore: bool
    swarm: str
    """The engine's state of the Swarm; empty if the engine does not answer."""


class DiskFacts(t.TypedDict):
    """The file system of a folder that we need. Sizes in bytes."""

    path: str
    device: int
    free: int
    size: int


class Listener(t.TypedDict):
    """A port on which something listens. C(program) is empty where it cannot be seen."""

    protocol: str
    port: int
    program: str


class HostFacts(t.TypedDict):
    """All that preflight reads on one host."""

    now: float
    """Seconds since the epoch, by the host's clock."""
    boot_id: str
    user: str
    python: str
    """Path of the Python that runs modules."""
    python_version: list[int]
    distribution: list[str]
    """ID and ID_LIKE of /etc/os-release."""
    dockerd: str
    """Path of the engine's program; empty if it is not installed."""
    state_dir: str
    state_dir_fault: str
    """Why the folder of the records cannot be used; empty if it can."""
    sdk: SdkFacts
    engine: EngineFacts
    disks: list[DiskFacts]
    listeners: list[Listener]
    """Those of the ports that were asked for."""
