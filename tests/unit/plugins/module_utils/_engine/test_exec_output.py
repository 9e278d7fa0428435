# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's frames of a program's output, handed over as they come."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._engine.exec_output import hand_over

OUTPUT, ERRORS = 1, 2


class Raw:
    """An answer that comes in pieces of three bytes at most."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, count: int) -> bytes:
        count = min(count, 3)
        found, self._content = self._content[:count], self._content[count:]
        return found


def frame(stream: int, content: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(content)) + content


def test_output_is_handed_over_and_errors_are_the_reason() -> None:
    content = frame(OUTPUT, b"first ") + frame(ERRORS, b"no such\ntable\n") + frame(OUTPUT, b"post")
    taken: list[bytes] = []
    assert hand_over(Raw(content), taken.append) == "no such table"
    assert b"".join(taken) == b"first post"


def test_only_the_end_of_long_errors_is_kept() -> None:
    told = hand_over(Raw(frame(ERRORS, b"x" * 1000 + b" end")), bytes)
    assert len(told) == 300
    assert told.endswith("x end")


@pytest.mark.parametrize("content", [frame(OUTPUT, b"first post")[:-1], frame(OUTPUT, b"x")[:5]])
def test_output_that_was_cut_off_is_no_output(content: bytes) -> None:
    with pytest.raises(EngineError):
        hand_over(Raw(content), bytes)


def test_what_has_no_frames_is_no_output() -> None:
    with pytest.raises(EngineError, match="no frames"):
        hand_over(Raw(b"HTTP/1.1 200 OK"), bytes)
