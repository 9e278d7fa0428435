# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at one host for preflight. Private to the collection; only reads."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import sys
import time
import typing as t

from .._lock.boot_clock import boot_id
from .._lock.hindrance import hindrance
from .engine import ask_engine
from .facts import DiskFacts, HostFacts, SdkFacts
from .listeners import Port, listeners
from .sdk import sdk_facts, sdk_fault

DATA_ROOT = "/var/lib/docker"
"""Where an engine that does not answer has its data, as long as nobody chose another folder."""
_OS_RELEASE = "/etc/os-release"


def host_facts(docker_host: str, state_dir: str, ports: t.Collection[Port]) -> HostFacts:
    """Return what this host is like.

    Args:
        docker_host: Address of the engine.
        state_dir: Folder of the stack records.
        ports: Ports that must be free.
    """
    engine = ask_engine(docker_host)
    return HostFacts(
        boot_id=boot_id(),
        user=_user(),
        python=sys.executable,
        python_version=list(sys.version_info[:3]),
        distribution=distribution(),
        dockerd=shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
        or "",
        state_dir=state_dir,
        state_dir_fault=state_dir_fault(state_dir),
        sdk=_sdk(docker_host, reaches=not engine["fault"]),
        engine=engine,
        disks=disks([engine["data_root"] or DATA_ROOT, state_dir]),
        listeners=listeners(ports),
        now=time.time(),  # last: the control node compares it with the end of the call
    )


def _sdk(docker_host: str, *, reaches: bool) -> SdkFacts:
    found = sdk_facts()
    if not found["fault"] and reaches:
        found["fault"] = sdk_fault(docker_host)
    return found


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def distribution(path: str = _OS_RELEASE) -> list[str]:
    """Return the distribution and those that it is like, as C(debian); empty if nobody knows."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            pairs = dict(
                line.strip().partition("=")[::2] for line in file.read(1 << 16).splitlines()
            )
    except OSError:
        return []
    words = " ".join(pairs.get(key, "").strip("\"'") for key in ("ID", "ID_LIKE"))
    return words.split()


def state_dir_fault(state_dir: str) -> str:
    """Return why this user cannot keep records here; empty if nothing speaks against it. Nothing is written."""
    folder = existing(state_dir)
    if not os.path.isdir(folder):
        return f"{folder} is not a folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return os.strerror(errno.EROFS if _is_read_only(folder) else errno.EACCES)
    return hindrance(state_dir)


def _is_read_only(folder: str) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def existing(path: str) -> str:
    """Return the path, or the nearest folder above it that exists."""
    while not os.path.lexists(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    return path


def disks(folders: t.Iterable[str]) -> list[DiskFacts]:
    """Return the file system of each folder; none for one that cannot be seen."""
    return [found for found in map(_disk, folders) if found]


def _disk(folder: str) -> DiskFacts | None:
    try:
        place = existing(folder)
        system = os.statvfs(place)
        device = os.stat(place).st_dev
    except OSError:
        return None
    return DiskFacts(
        path=folder,
        device=device,
        free=system.f_bavail * system.f_frsize,
        size=system.f_blocks * system.f_frsize,
    )
