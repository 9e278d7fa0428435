# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of a stream between a control node and a host: messages and data in turns. Private to the collection.

A frame is a length of four bytes, a kind of one byte, and the content. Messages are JSON maps in UTF-8.
"""

from __future__ import annotations

import json
import os
import select
import threading
import time
import typing as t

Json = t.Dict[str, t.Any]

HEAD = 5
MESSAGE, DATA = b"M", b"D"
LONGEST = 1 << 20
"""Bytes of a frame's content. Both ends keep no more than a few frames in memory."""


class Broken(Exception):
    """The other end is gone, is silent for too long, or sends something else than frames."""


def packed(kind: bytes, body: bytes) -> bytes:
    """A frame in its wire format."""
    return len(body).to_bytes(4, "big") + kind + body


def message(content: Json) -> bytes:
    """A message in its wire format."""
    return packed(MESSAGE, json.dumps(content).encode("utf-8"))


def head_of(head: bytes) -> tuple[bytes, int]:
    """The kind and the length of a frame from its first bytes. Raises Broken."""
    kind, length = head[4:], int.from_bytes(head[:4], "big")
    if kind not in (MESSAGE, DATA) or length > LONGEST:
        raise Broken(f"something else than a frame came: it begins with {head!r}")
    return kind, length


def content_of(body: bytes) -> Json:
    """The content of a message. Raises Broken."""
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Broken(f"a message that is no JSON came: {error}") from error
    if not isinstance(found, dict):
        raise Broken("a message that is no map came")
    return found


class Frames:
    """The host's end of a stream. No wait lasts longer than idle_s seconds without a byte."""

    def __init__(self, source: int, sink: int, idle_s: float) -> None:
        self._source = source
        self._sink = sink
        self._idle_s = idle_s
        self._lock = threading.Lock()
        os.set_blocking(sink, False)

    def tell(self, **content: t.Any) -> None:
        """Send a message. Raises Broken."""
        self._write(message(content))

    def write(self, data: bytes) -> int:
        """Send data, in as many frames as it needs. Raises Broken."""
        for start in range(0, len(data), LONGEST):
            self._write(packed(DATA, data[start : start + LONGEST]))
        return len(data)

    def receive(self) -> tuple[bytes, bytes]:
        """The kind and the content of the next frame. Raises Broken."""
        kind, length = head_of(self._read(HEAD))
        return kind, self._read(length)

    def is_gone(self) -> bool:
        """Whether the other end has closed the stream that it reads from."""
        poll = select.poll()
        poll.register(self._sink, 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _file, event in poll.poll(0))

    def _read(self, count: int) -> bytes:
        found = bytearray()
        while len(found) < count:
            self._wait(self._source, select.POLLIN)
            chunk = os.read(self._source, count - len(found))
            if not chunk:
                raise Broken("the control node has ended the connection")
            found += chunk
        return bytes(found)

    def _write(self, content: bytes) -> None:
        with self._lock:
            self._write_all(memoryview(content))

    def _write_all(self, rest: memoryview) -> None:
        while rest:
            self._wait(self._sink, select.POLLOUT)
            try:
                rest = rest[os.write(self._sink, rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise Broken("the control node has ended the connection") from None

    def _wait(self, descriptor: int, event: int) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(self._idle_s * 1000):
            raise Broken(f"the control node did nothing for {self._idle_s:g} s")


def keep_alive(frames: Frames, every_s: float = 10.0) -> None:
    """Say every few seconds that this end is there, from a thread that ends with the stream."""

    def say() -> None:
        try:
            while True:
                frames.tell(alive=True)
                time.sleep(every_s)
        except Broken:
            return  # whoever sends or receives next hears of it

    threading.Thread(target=say, daemon=True).start()
