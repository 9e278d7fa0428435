# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output and exit code of a program that the engine ran. Private to the collection."""

from __future__ import annotations

import struct
import time
import typing as t

from .errors import EngineError

_HEAD = struct.Struct(">BxxxL")  # the engine's frames: stream, three empty bytes, length
_STREAMS = (0, 1, 2)
_ERRORS = 2
_KEPT = 300
_CHUNK = 256 * 1024
_EXIT_WAIT_S = 2.0
_POLL_S = 0.02


def plain_text(written: bytes) -> str:
    """The text in the engine's frames: standard output and standard error in their original order."""
    parts: list[bytes] = []
    at = 0
    while at + _HEAD.size <= len(written):
        stream, length = _HEAD.unpack_from(written, at)
        if stream not in _STREAMS:
            raise EngineError("the engine's answer holds no frames of output")
        at += _HEAD.size
        parts.append(written[at : at + length])
        at += length
    return b"".join(parts).decode("utf-8", "replace")


class _Raw(t.Protocol):
    def read(self, count: int) -> bytes:
        """At most this many bytes; none at the end."""


def hand_over(raw: _Raw, take: t.Callable[[bytes], t.Any]) -> str:
    """Hand over standard output as it comes, and return the end of standard error. Raises EngineError."""
    complaint = b""
    while head := _exactly(raw, _HEAD.size):
        if len(head) < _HEAD.size or head[0] not in _STREAMS:
            raise EngineError("the engine's answer holds no frames of output")
        stream, left = _HEAD.unpack(head)
        while left:
            chunk = raw.read(min(left, _CHUNK))
            if not chunk:
                raise EngineError("the output of the program was cut off")
            left -= len(chunk)
            if stream == _ERRORS:
                complaint = (complaint + chunk)[-_KEPT:]
            else:
                take(chunk)
    return " ".join(complaint.decode("utf-8", "replace").split())


def _exactly(raw: _Raw, count: int) -> bytes:
    """This many bytes; fewer at the end."""
    found = b""
    while len(found) < count and (chunk := raw.read(count - len(found))):
        found += chunk
    return found


def wait_for_exit(inspect: t.Callable[[], t.Mapping[str, t.Any]]) -> int:
    """The exit code of a program whose output has ended: the engine sets it a moment later.

    Args:
        inspect: C(GET /exec/ID/json).

    Raises:
        EngineError: The program still runs after 2 s.
    """
    until = time.monotonic() + _EXIT_WAIT_S
    while True:
        found = inspect()
        if not found["Running"] and found["ExitCode"] is not None:
            return int(found["ExitCode"])
        if time.monotonic() > until:
            raise EngineError("the program in the container closed its output and does not end")
        time.sleep(_POLL_S)
