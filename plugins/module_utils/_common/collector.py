# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work without Python's garbage collector. Private to the collection."""

from __future__ import annotations

import contextlib
import gc
import typing as t


@contextlib.contextmanager
def paused_collector() -> t.Iterator[None]:
    """Pause the collector. While a plan is made it finds nothing, and walks through all observations each time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
