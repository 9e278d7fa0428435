# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a program of ours on a host, over the way that Ansible has to it. Private to the collection."""

from __future__ import annotations

import secrets

from ansible_collections.drover.docker.plugins.module_utils._host.messages import Garbage, framed

from .code import HostCode
from .pipes import Ended, Pipes
from .way import Way

_NOISE = 64 * 1024
"""Bytes that logins may print before our code runs."""


class Start:
    """One start. All waits end at C(end), in seconds of time.monotonic."""

    def __init__(self, way: Way, program: str, idle_s: float) -> None:
        """C(idle_s): the program ends by itself after this long without a sign of the control node."""
        self._way = way
        self._mark = f"drover channel {secrets.token_hex(8)}\n".encode()
        self._command = way.command(self._mark.decode().strip(), idle_s, program)

    def pipes(self) -> Pipes:
        """Start the client. Raises Ended."""
        try:
            return Pipes(self._command)
        except OSError as error:
            raise Ended(f"{self._command[0]}: {error.strerror}") from error

    def log_in(self, pipes: Pipes, end: float) -> None:
        """Wait until our first lines run. Until then only sudo reads the input, and it may ask for a password."""
        if self._way.password is not None:
            pipes.write(f"{self._way.password}\n".encode(), end)
        heard = b""
        for _byte in range(_NOISE):  # one at a time: bytes after the mark are not ours
            heard = (heard + pipes.read(1, end))[-len(self._mark) :]
            if heard == self._mark:
                return
        raise Garbage(f"{_NOISE} bytes of something else, and did not start our code")

    def load(self, pipes: Pipes, code: HostCode, end: float) -> None:
        """Send the code, which the host then runs."""
        pipes.write(self._mark + framed(code.archive), end)
