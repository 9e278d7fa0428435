# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands to a running HAProxy over its unix sockets, each with a deadline. Private to the collection."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
import typing as t

_LARGEST_ANSWER = 64 * 2**20


class HaproxyError(Exception):
    """A running HAProxy did not answer, or refused a command."""


class NoSocket(HaproxyError):
    """There is no such socket: HAProxy never ran here, or somebody removed it."""


class HaproxySilent(HaproxyError):
    """No process listens on the socket, or the answer was late."""


def ask(path: str, command: str, *, deadline_s: float) -> str:
    """Send one command to an admin or master socket and return the whole answer.

    Args:
        path: Path of the socket.
        command: One line, as in HAProxy's management guide.
        deadline_s: Seconds for connection, command and answer together.

    Raises:
        NoSocket: There is no socket at this path.
        HaproxySilent: The answer did not come.
    """
    if "\n" in command:
        raise ValueError("a command is one line")
    return _exchange(path, command.encode("ascii") + b"\n", deadline_s)


def ask_with(path: str, command: str, payload: str, *, deadline_s: float) -> str:
    """Send one command with a payload of several lines and return the whole answer; see ask.

    Args:
        path: Path of the socket.
        command: One line.
        payload: Lines; empty lines would end the payload and are removed.
        deadline_s: Seconds for the whole exchange.
    """
    if "\n" in command:
        raise ValueError("a command is one line")
    lines = "".join(f"{line}\n" for line in payload.splitlines() if line.strip())
    return _exchange(path, f"{command} <<\n{lines}\n".encode(), deadline_s)


def _exchange(path: str, sent: bytes, deadline_s: float) -> str:
    until = time.monotonic() + deadline_s
    name = os.path.basename(path)
    try:
        with _connected(path, until) as connection:
            connection.sendall(sent)
            return _answer(connection, until).decode("utf-8", "replace")
    except FileNotFoundError:
        raise NoSocket(f"{name} does not exist") from None
    except (TimeoutError, socket.timeout):  # two classes before Python 3.10
        raise HaproxySilent(f"{name} did not answer within {deadline_s:g} s") from None
    except OSError as error:
        raise HaproxySilent(f"{name} does not answer: {error.strerror or error}") from None


@contextlib.contextmanager
def _connected(path: str, until: float) -> t.Iterator[socket.socket]:
    """A connection. The container may write to the folder, so a link in place of the socket is not followed.

    The way through the open file also allows paths of more than 107 bytes.
    """
    with contextlib.ExitStack() as stack:
        handle = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        stack.callback(os.close, handle)
        if not stat.S_ISSOCK(os.fstat(handle).st_mode):
            raise NoSocket(f"{os.path.basename(path)} is no socket")
        connection = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        connection.settimeout(_left(until))
        connection.connect(f"/proc/self/fd/{handle}")
        yield connection


def _answer(connection: socket.socket, until: float) -> bytes:
    """The answer, read until HAProxy closes the connection."""
    parts: list[bytes] = []
    size = 0
    while True:
        connection.settimeout(_left(until))
        part = connection.recv(2**16)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > _LARGEST_ANSWER:
            raise OSError("the answer is too long")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise socket.timeout
    return left
