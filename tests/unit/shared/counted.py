# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much work some code does, without a clock: the steps of Python's interpreter."""

from __future__ import annotations

import sys
import types
import typing as t


def steps(action: t.Callable[[], object]) -> int:
    """The number of steps (opcodes) of a second run, as the first fills caches. Steps of C code are not counted."""
    action()
    count = 0

    def note(frame: types.FrameType, event: str, _argument: object) -> t.Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        action()
    finally:
        sys.settrace(before)
    return count
