# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's end of a channel: answer calls one by one until the controller is gone. Private to the collection."""

from __future__ import annotations

import os
import select
import traceback
import typing as t

from .answer import answer
from .caller import Caller
from .messages import HEAD, length, packed, unpacked

Json = t.Dict[str, t.Any]
_CHUNK = 1 << 20


class _Ended(Exception):
    """The controller is gone, or was silent for too long."""


def serve(source: int, sink: int, code: str, idle_s: float) -> None:
    """Answer calls until the controller is gone.

    Args:
        source: Descriptor that calls come from.
        sink: Descriptor that answers go to.
        code: Hash of the code that runs here, reported to the controller.
        idle_s: Seconds without a call after which the controller counts as gone.
    """
    try:
        _send(sink, {"code": code, "pid": os.getpid()})
        while True:
            call = _receive(source, idle_s)
            outcome = _outcome(call, Caller((source, sink), call["limit_s"]))
            _send(sink, {"id": call["id"], "outcome": outcome})
    except (_Ended, BrokenPipeError):
        return


def _outcome(call: Json, caller: Caller) -> Json:
    """Answer one call. A bug in one call must not end the channel; its traceback goes to standard error."""
    try:
        return answer(call["stage"], call["payload"], abandoned=caller.gone)
    except Exception as error:
        traceback.print_exc()
        return {"error": f"unexpected {type(error).__name__}: {error}"}


def _receive(source: int, idle_s: float) -> Json:
    return unpacked(_read(source, length(_read(source, HEAD, idle_s)), idle_s))


def _read(source: int, count: int, idle_s: float) -> bytes:
    """Read this many bytes. A network that falls silent closes nothing, so the wait has its own limit."""
    poll = select.poll()
    poll.register(source, select.POLLIN)
    found = bytearray()
    while len(found) < count:
        ready = poll.poll(idle_s * 1000)
        chunk = os.read(source, min(count - len(found), _CHUNK)) if ready else b""
        if not chunk:
            raise _Ended
        found += chunk
    return bytes(found)


def _send(sink: int, message: Json) -> None:
    rest = memoryview(packed(message))
    while rest:
        rest = rest[os.write(sink, rest) :]
