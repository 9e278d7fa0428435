# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open files that others may have put in place: regular files only. Private to the collection.

A member may write to its volumes, and a person to our folders. A FIFO would block the reader, a device may act when it
is opened, and a symbolic link may lead to a secret. So links are not followed, nothing blocks, and size and time have
limits. Each error names the kind of file; its C(filename) is the path.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
import typing as t

LARGEST_BYTES = 64 * 2**20
"""More than any file of ours holds."""

_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK_BYTES = 2**20
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotRegular(OSError):
    """The path leads to something else than a regular file."""


class TooLarge(OSError):
    """The file has more bytes than it may have."""


def read_regular(
    path: str,
    *,
    beneath: str = "",
    limit: int = LARGEST_BYTES,
    until: float | None = None,
) -> bytes:
    """The content of a regular file.

    Args:
        path: The file.
        beneath: A folder above it. Links in the path after this folder are not followed either. Empty: only the file
            itself must be no link.
        limit: Bytes that it may have.
        until: When reading must end, on the monotonic clock; None for no limit.

    Raises:
        NotRegular: It is no regular file, or a folder on the way is none.
        OSError: It cannot be opened or read, is too large, or takes too long.
    """
    with _folder_of(path, beneath) as (folder, name):
        handle = _opened(name, os.O_RDONLY, 0, folder, path)
        try:
            return _content(handle, path, limit, until)
        finally:
            os.close(handle)


def open_regular(path: str, flags: int, mode: int = 0o600) -> int:
    """Open a regular file, or create one if the flags say so; fits as an C(opener).

    Raises:
        NotRegular: It is no regular file.
        OSError: It cannot be opened.
    """
    return _opened(path, flags, mode, None, path)


def misfit(path: str, *, limit: int = LARGEST_BYTES) -> str:
    """Why a path could not be read here; empty if it could, or if nothing is there."""
    try:
        found = os.stat(path, follow_symlinks=False)
        _check(found, path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return f"is larger than {limit} bytes" if found.st_size > limit else ""


def names_in(path: str, *, beneath: str = "") -> list[str]:
    """The sorted names in a folder, which must be no link.

    Raises:
        NotRegular: It is no folder.
        OSError: It cannot be listed.
    """
    with _folder_of(os.path.join(path, "x"), beneath or path) as (folder, _name):
        return sorted(os.listdir(path if folder is None else folder))


@contextlib.contextmanager
def _folder_of(path: str, beneath: str) -> t.Iterator[tuple[int | None, str]]:
    """The open folder of a file and the file's name there; without C(beneath), None and the whole path."""
    if not beneath:
        yield None, path
        return
    *folders, name = os.path.relpath(path, beneath).split(os.sep)
    if os.pardir in folders or name in (os.pardir, os.curdir):
        raise NotRegular(errno.EINVAL, f"is not below {beneath}", path)
    with contextlib.ExitStack() as stack:
        handle = os.open(beneath, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, handle)
        at = beneath
        for folder in folders:
            at = os.path.join(at, folder)
            handle = _opened_folder(folder, handle, at)
            stack.callback(os.close, handle)
        yield handle, name


def _opened_folder(name: str, folder: int, path: str) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise OSError(error.errno, error.strerror, path) from None
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        raise _refused(found, path, wanted="a folder") from None


def _opened(name: str, flags: int, mode: int, folder: int | None, path: str) -> int:
    """Look before opening, as opening a device may have effects; then look again at what was opened."""
    try:
        with contextlib.suppress(FileNotFoundError):
            _check(os.stat(name, dir_fd=folder, follow_symlinks=False), path)
        handle = os.open(name, flags | _SAFE, mode, dir_fd=folder)
    except NotRegular:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None
    try:
        _check(os.fstat(handle), path)
    except NotRegular:
        os.close(handle)
        raise
    return handle


def _check(found: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _refused(found, path, wanted="a regular file")


def _refused(found: os.stat_result, path: str, *, wanted: str) -> NotRegular:
    kind = next((words for test, words in _KINDS if test(found.st_mode)), "a file")
    return NotRegular(errno.EINVAL, f"is {kind}, not {wanted}", path)


def _content(handle: int, path: str, limit: int, until: float | None) -> bytes:
    parts: list[bytes] = []
    size = os.fstat(handle).st_size
    while size <= limit:
        if until is not None and time.monotonic() > until:
            raise OSError(errno.ETIMEDOUT, "could not be read in time", path)
        part = os.read(handle, _CHUNK_BYTES)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size = max(size, sum(map(len, parts)))
    raise TooLarge(errno.EFBIG, f"is larger than {limit} bytes", path)
