# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are replaced atomically: a reader finds the old text or the new one. Private to the collection."""

from __future__ import annotations

import os
import time


def replace_file(path: str, text: str, *, keep_old: bool = False, durable: bool = True) -> None:
    """Replace a file, or make it and its folder. After an OSError it is unchanged.

    Args:
        path: The file. Only one process at a time may replace it.
        text: Its new content.
        keep_old: Keep the old file beside it, under a name with C(.damaged-).
        durable: Wait until the disk has it, so that it also survives a loss of power.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.new")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _write(temporary, text, durable)
        if keep_old and os.path.exists(path):
            os.link(path, _aside(path))
        os.replace(temporary, path)
        if durable:
            sync_folder(folder)
    except OSError:
        _forget(temporary)
        raise


def _write(path: str, text: str, durable: bool) -> None:
    _forget(path)  # left by a writer that was killed
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def sync_folder(folder: str) -> None:
    """Make what was renamed or removed in a folder last."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _aside(path: str) -> str:
    """A free name beside a damaged file."""
    base = f"{path}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    names = (base if not count else f"{base}-{count}" for count in range(1000))
    return next(name for name in names if not os.path.exists(name))


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
