# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A time limit for work of a task on the controller. Private to the collection.

A task's own C(timeout) would report a failure, but here a slow host is an ordinary fact.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import types
import typing as t


class NoAnswer(Exception):
    """A host did not answer, or not in time. The text says why."""


@contextlib.contextmanager
def deadline(seconds: float) -> t.Iterator[None]:
    """Raise NoAnswer if the block takes longer. Outside of the main thread there is no limit."""
    if seconds <= 0 or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: types.FrameType | None) -> None:
        raise NoAnswer(f"no answer within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
