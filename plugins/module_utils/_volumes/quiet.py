# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a member quiet while its data are read or replaced, and let it go on whatever happens. Private."""

from __future__ import annotations

import contextlib
import typing as t

from .._common.constants import STOP_GRACE_S
from .._engine.errors import EngineError

Json = t.Dict[str, t.Any]

STOP, PAUSE, NONE = "stop", "pause", "none"
_ATTEMPTS = 3


class Quietable(t.Protocol):
    """What is needed of an engine."""

    def inspect(self, container: str) -> Json:
        """C(GET /containers/ID/json)."""

    def start(self, container: str) -> None:
        """Start it."""

    def stop(self, container: str, timeout_s: float) -> None:
        """Stop it."""

    def pause(self, container: str) -> None:
        """Freeze its processes."""

    def unpause(self, container: str) -> None:
        """Let them go on."""


class NotStarted(Exception):
    """The member could not be started again; the next pass tries it."""


@contextlib.contextmanager
def quiet(engine: Quietable, container: str, how: str) -> t.Iterator[None]:
    """Stop or pause a container for the block. One that does not run is left as it is.

    Raises:
        NotStarted: It did not go on afterwards.
        EngineError: It cannot be stopped.
    """
    found = engine.inspect(container)
    state = found["State"]
    is_quiet = not state.get("Running") or (state.get("Paused") and how == PAUSE)
    if how == NONE or is_quiet:
        yield
        return
    try:
        _silence(engine, container, how, found)
        yield
    finally:
        _wake(engine, container, how)


def _silence(engine: Quietable, container: str, how: str, found: Json) -> None:
    if how == PAUSE:
        engine.pause(container)
        return
    grace = found["Config"].get("StopTimeout")
    engine.stop(container, STOP_GRACE_S if grace is None else grace)


def _wake(engine: Quietable, container: str, how: str) -> None:
    wake = engine.unpause if how == PAUSE else engine.start
    for attempt in range(_ATTEMPTS):
        try:
            if _is_awake(engine, container):
                return
            wake(container)
            return
        except EngineError as error:
            if attempt == _ATTEMPTS - 1:
                text = f"the member does not run again: {error}; the next pass tries to start it"
                raise NotStarted(text) from error


def _is_awake(engine: Quietable, container: str) -> bool:
    state = engine.inspect(container)["State"]
    return bool(state.get("Running") and not state.get("Paused"))
