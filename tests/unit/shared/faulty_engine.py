# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake engine that fails, and counts its calls."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine


class Faulty:
    """A fake engine whose calls of some names fail, perhaps after they were carried out."""

    def __init__(
        self, engine: FakeEngine, faults: dict[str, Exception], *, carried_out: bool = False
    ) -> None:
        self._engine = engine
        self._faults = faults
        self._carried_out = carried_out
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> t.Any:
        def call(*args: t.Any) -> t.Any:
            self.calls.append(name)
            if name not in self._faults:
                return getattr(self._engine, name)(*args)
            if self._carried_out:
                getattr(self._engine, name)(*args)
            raise self._faults[name]

        return call
