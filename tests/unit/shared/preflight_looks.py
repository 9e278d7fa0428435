# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What preflight sees of sound hosts, to be changed by tests."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.plugin_utils._preflight.problem import Look, Wanted

Json = dict[str, t.Any]
NOW = 1_800_000_000.0
WANTED = Wanted("unix:///var/run/docker.sock", several=True)
GB = 10**9


def engine(**changes: t.Any) -> Json:
    found = {
        "fault": "",
        "detail": "",
        "version": "26.1.5",
        "api": "1.45",
        "id": "engine-h1",
        "name": "h1",
        "data_root": "/var/lib/docker",
        "live_restore": False,
        "swarm": "inactive",
    }
    return {**found, **changes}


def no_engine(fault: str) -> Json:
    nothing = {"version": "", "api": "", "id": "", "name": "", "data_root": "", "swarm": ""}
    return engine(fault=fault, **nothing)


def disk(path: str = "/var/lib/docker", *, free: int = 60 * GB, device: int = 1) -> Json:
    return {"path": path, "device": device, "free": free, "size": 100 * GB}


def facts(**changes: t.Any) -> Json:
    """A host without a problem."""
    found = {
        "now": NOW,
        "boot_id": "boot-1",
        "user": "root",
        "python": "/usr/bin/python3",
        "python_version": [3, 11, 2],
        "distribution": ["debian"],
        "dockerd": "/usr/bin/dockerd",
        "state_dir": "/var/lib/drover",
        "state_dir_fault": "",
        "sdk": {"version": "5.0.3", "missing": False, "fault": ""},
        "engine": engine(),
        "disks": [disk(), disk("/var/lib/drover")],
        "listeners": [],
    }
    return {**found, **changes}


def look(**changes: t.Any) -> Look:
    """A call of one second, at the end of which the host says what time it is."""
    return Look(t.cast("t.Any", facts(**changes)), before=NOW - 1, after=NOW)
