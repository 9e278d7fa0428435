# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer on a host at a time. Private to the collection.

The kernel releases the lock when the holding process ends, even if it is killed: no stale lock remains.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import typing as t

from .._common.regular_files import open_regular

FILE = "lock"
LOCK_WAIT_S = 30.0
_POLL_S = 0.1


class HostBusy(Exception):
    """Another process acts on this host."""


@contextlib.contextmanager
def host_lock(state_dir: str, *, owner: str, wait_s: float = LOCK_WAIT_S) -> t.Iterator[None]:
    """Hold the host's lock.

    Args:
        state_dir: Folder of all our files on this host; created if it is missing.
        owner: Who acts. The message to a run that cannot get the lock names it.
        wait_s: Seconds to wait for another holder.

    Raises:
        HostBusy: Another process still holds it after wait_s seconds, or the file cannot be created.
    """
    handle = _open(state_dir)
    try:
        _wait(handle, wait_s)
        _sign(handle, owner)
        yield
    finally:
        os.close(handle)


def _open(state_dir: str) -> int:
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
        return open_regular(os.path.join(state_dir, FILE), os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise HostBusy(f"cannot lock {error.filename or state_dir}: {error.strerror}") from error


def _wait(handle: int, wait_s: float) -> None:
    end = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise HostBusy(
                    f"{_holder(handle)}; it was waited for {wait_s:g} s, try again later"
                ) from None
            time.sleep(_POLL_S)
        else:
            return


def _sign(handle: int, owner: str) -> None:
    """Note who holds the lock. A full disk must not prevent a run."""
    note = json.dumps(
        {
            "owner": owner,
            "pid": os.getpid(),
            "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
    )
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, note.encode("utf-8"), 0)


def _holder(handle: int) -> str:
    try:
        note = json.loads(os.pread(handle, 4096, 0).decode("utf-8"))
        return f"{note['owner']} (process {note['pid']}) has been acting on this host since {note['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process is acting on this host"
