# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process for a host's end of a channel, and the pipes to it. Private to the collection.

Each wait ends at the caller's deadline, in seconds of time.monotonic.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
import typing as t

_KEPT = 4096
"""Bytes kept from the end of standard error. They may say why a host stopped answering."""
_OLD = 64
"""Maximum number of reads between two calls. A host that writes without end must not delay a call."""
_DRAIN_S = 0.2
_CHUNK = 1 << 20


class Late(Exception):
    """The deadline has passed."""


class Ended(Exception):
    """The other end is gone. The text is the last line that it wrote to standard error."""


class Pipes:
    """A started process in its own session. It has no terminal to ask at, and its whole process group can be ended."""

    def __init__(self, command: list[str]) -> None:
        """Start the process. Raises OSError."""
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
        )
        streams = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._streams = t.cast("tuple[t.IO[bytes], ...]", streams)
        self._input, self._output, self._errors = (item.fileno() for item in self._streams)
        os.set_blocking(self._input, False)
        self._heard = b""
        self._complains = True

    def write(self, content: bytes, end: float) -> None:
        """Send all bytes. Raises Late and Ended."""
        rest = memoryview(content)
        while rest:
            self._wait(self._input, select.POLLOUT, end)
            try:
                rest = rest[os.write(self._input, rest) :]
            except BrokenPipeError as error:
                raise Ended(self._reason()) from error

    def read(self, count: int, end: float) -> bytes:
        """Read exactly C(count) bytes. Raises Late and Ended."""
        found = bytearray()
        while len(found) < count:
            self._wait(self._output, select.POLLIN, end)
            chunk = os.read(self._output, min(count - len(found), _CHUNK))
            if not chunk:
                raise Ended(self._reason())
            found += chunk
        return bytes(found)

    def is_quiet(self) -> bool:
        """Whether nothing can be read. Between two calls, readable data is the end of the stream or garbage."""
        return not _ready(self._output, 0)

    def forget(self) -> None:
        """Drop the complaints of earlier calls: they do not explain a failure of the next call."""
        for _chunk in range(_OLD):
            if self._complains and _ready(self._errors, 0):
                self._listen()
        self._heard = b""

    @property
    def complaint(self) -> str:
        """The last line on standard error so far."""
        lines = self._heard.decode("utf-8", "replace").split("\n")
        said = [" ".join(line.split()) for line in lines if line.strip()]
        return said[-1][:300] if said else ""

    def close(self, grace_s: float) -> None:
        """Close the input, which ends the host's process. Kill it if it still runs after the grace period."""
        self._streams[0].close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        self.kill()

    def kill(self) -> None:
        """Kill the client and its helpers at once. The host's process notices this between two operations."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for stream in self._streams:
            stream.close()
        self._process.wait()

    def _wait(self, descriptor: int, event: int, end: float) -> None:
        """Wait until the descriptor is ready. Read standard error meanwhile, so that a full pipe blocks no process."""
        poll = select.poll()
        poll.register(descriptor, event)
        if self._complains:
            poll.register(self._errors, select.POLLIN)
        while (left_s := end - time.monotonic()) > 0:
            ready = {found for found, _event in poll.poll(left_s * 1000)}
            if descriptor in ready:
                return
            if self._errors in ready and not self._listen():
                poll.unregister(self._errors)
        raise Late

    def _listen(self) -> bool:
        """Read complaints from standard error; return False at the end of the stream."""
        chunk = os.read(self._errors, _KEPT)
        self._heard = (self._heard + chunk)[-_KEPT:]
        self._complains = bool(chunk)
        return self._complains

    def _reason(self) -> str:
        end = time.monotonic() + _DRAIN_S
        while self._complains and _ready(self._errors, end - time.monotonic()):
            self._listen()
        return self.complaint or "it said nothing"


def _ready(descriptor: int, wait_s: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, wait_s) * 1000))
