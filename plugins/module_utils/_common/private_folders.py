# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of ours that nobody else may enter. Private to the collection.

If a container starts while the source of a mount is missing, the engine makes the whole path with mode 0755.
"""

from __future__ import annotations

import contextlib
import os
import stat

MODE = 0o700


def is_private(path: str) -> bool:
    """Whether a folder exists and only its owner may enter it."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == MODE


def make_private(*paths: str) -> None:
    """Create folders, or correct their modes; the outer one first. Raises OSError."""
    for path in paths:
        os.makedirs(path, mode=MODE, exist_ok=True)
        if not is_private(path):
            with contextlib.suppress(PermissionError):
                os.chmod(path, MODE)
