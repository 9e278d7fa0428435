# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the Swarm part of one engine. Private to the collection.

The SDK's Swarm methods differ between its versions (5.0.3, in Debian 12, does not support the data path port), so this
uses the level below them: paths and bodies of the Engine API.
"""

from __future__ import annotations

import time
import typing as t

from .._engine.errors import EngineError
from .._engine.tls import Tls
from .._engine.transport import connect

Json = t.Dict[str, t.Any]

# A manager that has just lost the others reports this only after 20 s, so the deadline is longer.
DEADLINE_S = 30.0
# The engine gives up a join after 20 s, and continues in the background.
JOIN_DEADLINE_S = 60.0
POLL_S = 0.5


class SwarmClient(t.Protocol):
    """One engine, addressed by the paths of its API. Every call may raise EngineError or one of its subclasses."""

    def get(self, path: str) -> t.Any:
        """Get the object at a path."""

    def post(self, path: str, body: Json, *, deadline_s: float = DEADLINE_S) -> t.Any:
        """Send a body; long calls give their own deadline in seconds."""

    def delete(self, path: str) -> t.Any:
        """Delete the object at a path."""


class SocketClient:
    """The engine at an address, through the session of the Docker SDK."""

    def __init__(self, docker_host: str, tls: Tls | None = None) -> None:
        """Ask the engine for its API versions.

        Raises:
            SdkMissing: The package C(docker) is not installed.
            EngineError: The engine does not answer, or is older than 20.10.
        """
        self._connection = connect(docker_host, tls, timeout_s=DEADLINE_S)

    def get(self, path: str) -> t.Any:
        """See SwarmClient."""
        return self._call("GET", path)

    def post(self, path: str, body: Json, *, deadline_s: float = DEADLINE_S) -> t.Any:
        """See SwarmClient."""
        return self._call("POST", path, body=body, deadline_s=deadline_s)

    def delete(self, path: str) -> t.Any:
        """See SwarmClient."""
        return self._call("DELETE", path)

    def _call(
        self, method: str, path: str, *, body: Json | None = None, deadline_s: float = DEADLINE_S
    ) -> t.Any:
        answer = self._connection.send(method, path, json=body, timeout_s=deadline_s)
        return answer.json() if answer.content else None


def wait_until(ready: t.Callable[[], bool], *, seconds: float) -> bool:
    """Poll until the condition holds or the time is over; errors of the engine are retried."""
    deadline = time.monotonic() + seconds
    while not _holds(ready):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


def _holds(ready: t.Callable[[], bool]) -> bool:
    try:
        return ready()
    except EngineError:
        return False
