# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for something that takes a moment."""

from __future__ import annotations

import time
import typing as t

Result = t.TypeVar("Result")


def eventually(probe: t.Callable[[], Result], *, seconds: float = 30.0) -> Result:
    """What the probe returns, once it neither fails an assertion nor returns something empty."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = probe()
            assert found, f"still {found!r} after {seconds} s"
            return found
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)
