# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a fake engine on which the modules stack_service and stack_service_info run."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._host import own_run
from ansible_collections.drover.docker.plugins.modules import stack_service, stack_service_info
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image, Registry
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine

from .module_arguments import arguments

Json = dict[str, t.Any]


class Box:
    """The host. C(time) is that of its engine: only a pause of the module makes it pass."""

    def __init__(self, state: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.state = str(state)
        self.engine = FakeEngine("h1", clock=Clock(), registry=Registry([Image("app:1")]))
        self.engine.images["app:1"] = Image("app:1")
        self.used: t.Any = self.engine
        """What the modules take for the engine."""
        self.pauses: list[float] = []
        self.each_pause: t.Callable[[], None] = lambda: None
        self._capsys = capsys

    def run(self, module: t.Any = stack_service, **given: t.Any) -> Json:
        with arguments({"state_dir": self.state, **given}), pytest.raises(SystemExit):
            module.main()
        return dict(json.loads(self._capsys.readouterr().out))

    def networks(self) -> list[str]:
        own = ("bridge", "host", "none")
        return [item["Name"] for item in self.engine.networks() if item["Name"] not in own]

    # --- the clock of the module

    def time(self) -> float:
        return self.engine.clock.now

    def sleep(self, seconds: float) -> None:
        self.engine.clock.advance(seconds)
        self.each_pause()


def box_in(
    state: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Box:
    """A new host. No syslog of this machine, a short wait for other runs, and pauses without their time."""
    found = Box(state, capsys)
    for module in (stack_service, stack_service_info):
        monkeypatch.setattr(module, "engine_of", lambda _params: found.used)
    monkeypatch.setattr(stack_service, "time", found)
    before = own_run.OwnRun.__init__.__kwdefaults__ or {}
    changed = {"wait_s": 0.0, "pause": found.pauses.append, "syslog": ""}
    monkeypatch.setattr(own_run.OwnRun.__init__, "__kwdefaults__", {**before, **changed})
    return found
