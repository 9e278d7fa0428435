# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer on a host at a time. Private to the collection.

The kernel releases the lock when the holding process ends, even if it is killed: no stale lock remains. A process that
hangs keeps it, so nobody waits for it without a limit.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import typing as t

from .._common.regular_files import open_regular, read_regular
from .lock_holder import holding_pid, process_text

LOCK_WAIT_S = 30.0
_POLL_S = 0.1
FILE = "lock"
LARGEST_BYTES = 64 * 1024


class HostBusy(Exception):
    """Another process acts on this host."""


class CannotLock(HostBusy):
    """The lock file cannot be opened: nothing can be written on this host."""


@contextlib.contextmanager
def host_lock(state_dir: str, *, owner: str, wait_s: float = LOCK_WAIT_S) -> t.Iterator[None]:
    """Hold the host's lock.

    Args:
        state_dir: Folder of all our files on this host; created if it is missing.
        owner: Who acts. The message to a run that cannot get the lock names it.
        wait_s: Seconds to wait for another holder.

    Raises:
        HostBusy: Another process still holds it after wait_s seconds.
        CannotLock: The file cannot be created or opened.
    """
    handle = _open(state_dir)
    try:
        _wait(handle, state_dir, wait_s)
        _sign(handle, owner)
        yield
    finally:
        os.close(handle)


def lock_path(state_dir: str) -> str:
    """The lock file."""
    return os.path.join(state_dir, FILE)


def lock_fault(state_dir: str) -> str:
    """Why the existing lock file cannot be used; empty if it can. This takes no lock and creates nothing."""
    try:
        os.close(open_regular(lock_path(state_dir), os.O_RDWR))
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"cannot lock {state_dir}: {error.strerror}"
    return ""


def is_locked(state_dir: str) -> bool:
    """Whether some process holds the lock now. A shared lock of a moment finds out."""
    try:
        handle = open_regular(lock_path(state_dir), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return isinstance(error, BlockingIOError)
    finally:
        os.close(handle)
    return False


def holder_text(state_dir: str) -> str:
    """Who holds the lock, for people."""
    pid = holding_pid(lock_path(state_dir))
    note = _note(state_dir)
    if pid:
        return _told(pid, note)
    last = f", perhaps {note.get('owner')}" if isinstance(note, dict) else ""
    return f"another process holds the lock of this host{last}"


def _open(state_dir: str) -> int:
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
        return open_regular(lock_path(state_dir), os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise CannotLock(f"cannot lock {error.filename or state_dir}: {error.strerror}") from error


def _wait(handle: int, state_dir: str, wait_s: float) -> None:
    end = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                told = f"{holder_text(state_dir)}; it was waited for {wait_s:g} s"
                raise HostBusy(told) from None
            time.sleep(_POLL_S)
        except OSError as error:
            raise CannotLock(f"cannot lock {state_dir}: {error.strerror}") from error
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


def _note(state_dir: str) -> t.Any:
    """The note of the last run that had the lock; None if it cannot be read."""
    try:
        return json.loads(read_regular(lock_path(state_dir), limit=LARGEST_BYTES).decode("utf-8"))
    except (OSError, ValueError):
        return None


def _told(pid: int, note: t.Any) -> str:
    """The holder: by its own note if the note is of this process."""
    process = process_text(pid)
    if isinstance(note, dict) and note.get("pid") == pid:
        return f"{note.get('owner')}, {process}, has been acting on this host since {note.get('since')}"
    return f"{process} holds the lock of this host"
