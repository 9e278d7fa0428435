# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The caller of a call that came through a channel, and how long it waits. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from .._lock.caller_gone import abandoned

LATE = "the time of this call is over: nothing more is begun in its name"


class Caller:
    """The caller of one call. When the controller or the connection dies, the kernel closes the pipes.

    A connection that only falls silent closes nothing, so the call also has a time limit. After it the controller
    counts the call as failed, and a failed call must not take effect later.
    """

    def __init__(
        self,
        descriptors: t.Iterable[int],
        limit_s: float,
        *,
        timer: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._descriptors = tuple(descriptors)
        self._timer = timer
        self._end = timer() + limit_s

    def gone(self) -> str:
        """Why the caller is gone; empty while it waits."""
        reasons = (abandoned(descriptor) for descriptor in self._descriptors)
        late = LATE if self._timer() > self._end else ""
        return next((reason for reason in reasons if reason), late)
