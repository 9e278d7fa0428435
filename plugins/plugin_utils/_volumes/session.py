# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program on the host that sends or receives volumes, as the control node sees it. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._host.messages import Garbage
from ansible_collections.drover.docker.plugins.module_utils._volumes import frames
from ansible_collections.drover.docker.plugins.module_utils._volumes.frames import (
    DATA,
    HEAD,
    Broken,
)

from .._channel.code import HostCode
from .._channel.pipes import Ended, Late, Pipes
from .._channel.start import Start
from .._channel.way import Way
from .failures import Failed

Json = dict[str, t.Any]

PROGRAM = "_volumes.serve"
START_S = 60.0
SILENCE_S = 60.0
"""Seconds. The host says every few seconds that it is there."""
IDLE_S = 120.0
"""Seconds that the host waits for a sign of the control node."""
_CLOSE_S = 5.0
_Result = t.TypeVar("_Result")


class Session:
    """One call to the program. If the block fails, the connection is broken off, and the host ends in good order."""

    def __init__(self, way: Way, code: HostCode) -> None:
        self._start = Start(way, PROGRAM, IDLE_S)
        self._code = code
        self._pipes: Pipes | None = None

    def __enter__(self) -> Session:
        """Start the program. Raises Failed."""
        self._try(self._open)
        return self

    def __exit__(self, kind: t.Any, *_error: t.Any) -> None:
        if self._pipes and kind is None:
            self._pipes.close(_CLOSE_S)
        elif self._pipes:
            self._pipes.kill()

    def tell(self, **content: t.Any) -> None:
        """Send a message. Raises Failed."""
        self._try(lambda: self._write(frames.message(content)))

    def send(self, data: bytes) -> None:
        """Send data. Raises Failed, also if the host has given up."""
        while not self._open_pipes.is_quiet():
            self.receive()
        for start in range(0, len(data), frames.LONGEST):
            piece = frames.packed(DATA, data[start : start + frames.LONGEST])
            self._try(lambda piece=piece: self._write(piece))  # type: ignore[misc]

    def receive(self) -> bytes | Json:
        """Return data, or a message (empty: a sign of life). Raises Failed if the host says so, or is silent."""
        kind, body = self._try(self._read)
        if kind == DATA:
            return body
        content = self._try(lambda: frames.content_of(body))
        if "error" in content:
            raise Failed(str(content["error"]))
        return {} if "alive" in content else content

    @property
    def _open_pipes(self) -> Pipes:
        return t.cast("Pipes", self._pipes)

    def _open(self) -> None:
        end = time.monotonic() + START_S
        self._pipes = self._start.pipes()
        self._start.log_in(self._pipes, end)
        self._start.load(self._pipes, self._code, end)

    def _write(self, content: bytes) -> None:
        self._open_pipes.write(content, time.monotonic() + IDLE_S)

    def _read(self) -> tuple[bytes, bytes]:
        end = time.monotonic() + SILENCE_S
        kind, length = frames.head_of(self._open_pipes.read(HEAD, end))
        return kind, self._open_pipes.read(length, end)

    def _try(self, work: t.Callable[[], _Result]) -> _Result:
        try:
            return work()
        except Late:
            raise Failed("the host does not answer any more") from None
        except Ended as error:
            raise Failed(f"the connection ended: {error}") from None
        except (Broken, Garbage) as error:
            raise Failed(f"the host sent {error}") from None
