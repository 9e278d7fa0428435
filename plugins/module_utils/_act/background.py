# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that goes on after the call that began it. Private to the collection."""

from __future__ import annotations

import os
import typing as t

_STREAMS = (0, 1, 2)
_MOST_DESCRIPTORS = 65536


def in_background(job: t.Callable[[], None], *, keep: int) -> None:
    """Run a job in a process of its own, which no caller waits for.

    Args:
        job: Runs in the new process. Its errors are its own matter.
        keep: The one descriptor that stays open there. A lock on it lasts until the job ends.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork() == 0:
            _detach(keep)
            job()
    finally:
        os._exit(0)


def _detach(keep: int) -> None:
    """Let go of the caller's pipes: it reads them to their end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in _STREAMS:
        os.dup2(nothing, stream)
    os.closerange(len(_STREAMS), keep)
    os.closerange(keep + 1, _MOST_DESCRIPTORS)
    os.chdir("/")
