# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between the code under test and a fake engine: what goes over the wire is noted, and can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ansible_collections.drover.docker.plugins.module_utils._engine.client import Engine

from .fake_engine import FakeEngine

LOOKING = frozenset({"info", "version", "containers", "inspect", "volumes", "networks", "image"})

Before = Callable[[FakeEngine, str, tuple[Any, ...]], None]
"""Told of each changing call before it is carried out; raises what the caller gets instead."""
After = Callable[[FakeEngine, str], None]
"""Told of each changing call that was carried out; raises what the caller gets instead of the result."""


class Wire:
    """Passes each call on to the engine."""

    def __init__(self, engine: FakeEngine, *, before: Before, after: After) -> None:
        self._engine = engine
        self._before = before
        self._after = after

    def __getattr__(self, call: str) -> Callable[..., Any]:
        method = getattr(self._engine, call)
        return method if call in LOOKING else self._changing(call, method)

    def _changing(self, call: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def carried(*arguments: Any, **named: Any) -> Any:
            self._before(self._engine, call, arguments)
            result = method(*arguments, **named)
            self._after(self._engine, call)
            return result

        return carried


def as_engine(wire: Wire) -> Engine:
    """The wire as what the code under test takes it for."""
    return cast(Engine, wire)
