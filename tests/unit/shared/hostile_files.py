# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody may put in the place of a file."""

from __future__ import annotations

import os
import pathlib

HOSTILE = ("fifo", "link", "device", "folder", "large")


def make_hostile(kind: str, path: pathlib.Path) -> str:
    """Put it in place of a path; returns the words that a message about it must have."""
    if kind == "fifo":
        os.mkfifo(path)
        return "is a FIFO, not a regular file"
    if kind == "link":
        path.symlink_to("/etc/hostname")
        return "is a symbolic link, not a regular file"
    if kind == "device":
        path.symlink_to("/dev/zero") if os.geteuid() else os.mknod(path, 0o20600, os.makedev(1, 5))
        return "not a regular file" if os.geteuid() else "is a device, not a regular file"
    if kind == "folder":
        path.mkdir()
        return "is a folder, not a regular file"
    with open(path, "wb") as file:
        file.truncate(2**30)
    return "is larger than"
