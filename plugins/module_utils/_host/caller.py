# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who waits for a call that came by a channel, and for how long. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from .._lock.caller_gone import abandoned

LATE = "the time of this call is over: nothing more is begun in its name"


class Caller:
    """One call's other end. When the controller or the connection dies, the kernel closes the pipes.

    A connection that only fell silent closes nothing. So the call has a limit as well: after it the controller counts
    this call as failed, and what failed must not take effect later.
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
        """Why nobody waits for this call any more; empty while somebody does."""
        reasons = (abandoned(descriptor) for descriptor in self._descriptors)
        late = LATE if self._timer() > self._end else ""
        return next((reason for reason in reasons if reason), late)
