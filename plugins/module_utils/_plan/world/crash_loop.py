# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell a crash loop from a container that was restarted. Private to the collection; pure."""

from __future__ import annotations

from ..._common.times import parse_time
from ..._model.observation import ObservedContainer

CRASH_LOOP_RESTARTS = 3
CRASH_LOOP_WINDOW_S = 60.0
"""The engine waits up to a minute between restarts: a container that ran for longer has left its loop."""


def is_crash_loop(container: ObservedContainer, now: float) -> bool:
    """Whether the engine restarts a container again and again.

    Args:
        container: From an observation.
        now: The clock of its host, seconds since the epoch.
    """
    if container["restart_count"] < CRASH_LOOP_RESTARTS:
        return False
    age_s = now - parse_time(container["started_at"])
    # A start in the future means that the clock was set back: it does not tell how much time has passed.
    return container["state"] == "restarting" or 0 <= age_s < CRASH_LOOP_WINDOW_S
