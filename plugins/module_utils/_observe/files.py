# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with our files on a host: those that cannot be read, and what killed runs left behind.

Private to the collection; only reads. Records are not among them: read_records says what is wrong with each.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._audit import held, log
from .._common.constants import LEFTOVER_AGE_S
from .._common.regular_files import misfit
from .._haproxy.run.balancer_files import balancers_folder, misfits, validation_folders
from .._haproxy.run.observe_balancers import all_folders
from .._haproxy.run.observe_checker import checker_folders
from .._haproxy.run.validate import is_leftover
from .._lock import host_lock, lease_file
from .._model.observation import Leftovers

Json = t.Dict[str, t.Any]


def unreadable_files(state_dir: str) -> dict[str, str]:
    """Why files of ours cannot be read, by path: a FIFO or a folder in their place, or too large."""
    audit = log.audit_folder(state_dir)
    found = {
        path: misfit(path, limit=limit)
        for path, limit in (
            (os.path.join(state_dir, host_lock.FILE), lease_file.LARGEST_BYTES),
            (os.path.join(state_dir, lease_file.FILE), lease_file.LARGEST_BYTES),
            (os.path.join(audit, held.FILE), held.LARGEST_BYTES),
            (os.path.join(audit, log.FILE), log.LARGEST_BYTES),
        )
    }
    for folders in (checker_folders(state_dir), *all_folders(state_dir).values()):
        found.update(misfits(folders))
    return {path: why for path, why in found.items() if why}


def leftovers(state_dir: str, listed: t.Iterable[Json], *, now: float) -> Leftovers:
    """Containers and folders of validations whose run was killed.

    Args:
        state_dir: Folder of all our files on this host.
        listed: The engine's list of containers.
        now: The host's wall clock, in seconds since the epoch.
    """
    containers = {
        item["Id"]: (item.get("Names") or [""])[0].lstrip("/")
        for item in listed
        if is_leftover(item, now=now)
    }
    folders = []
    for name in validation_folders(state_dir):
        with contextlib.suppress(OSError):
            path = os.path.join(balancers_folder(state_dir), name)
            if now - os.lstat(path).st_mtime > LEFTOVER_AGE_S:
                folders.append(name)
    return Leftovers(containers=containers, folders=folders)
