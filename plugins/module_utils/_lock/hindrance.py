# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why nobody can act on this host, although it answers. Private to the collection; takes no lock.

A run that acts has a lease which has not expired. If the lock is held and no lease says so, its holder hangs, or is no
run of ours: the other hosts must not wait for it.
"""

from __future__ import annotations

import time
import typing as t

from .boot_clock import boot_clock
from .host_lock import holder_text, is_locked, lock_fault
from .lease import acting

_MOMENT_S = 0.2
"""Between taking the lock and writing the lease a run needs less than this."""


def hindrance(
    state_dir: str,
    *,
    clock: t.Callable[[], float] = boot_clock,
    sleep: t.Callable[[float], None] = time.sleep,
) -> str:
    """Why nobody can act here; empty if somebody does or could."""
    fault = lock_fault(state_dir)
    if fault or not _hangs(state_dir, clock):
        return fault
    sleep(_MOMENT_S)
    return holder_text(state_dir) if _hangs(state_dir, clock) else ""


def _hangs(state_dir: str, clock: t.Callable[[], float]) -> bool:
    return is_locked(state_dir) and acting(state_dir, clock=clock) is None
