# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command volume_move on simulated hosts: its steps on the record are real, the copy of the data is the story's.

The program of the member writes at each start, and looks whether all that was ever written is there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._model.entry import (
    ARRIVES,
    LEAVES,
    phase_of,
)
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._record.volume_moves import (
    ARRIVE,
    BACK,
    FINISH,
    LEAVE,
)

from .checks import Broken, claimed
from .containers import Container
from .controller import Report
from .fake_engine import FakeEngine
from .steps import Order
from .upgrading import STACK, Story, story

Json = dict[str, Any]
BACK_SERVICE = 0
"""The number of the service with volumes, of those of the stack by name."""
MEMBER = MemberId(STACK, "back", 1)
WRITTEN = "written"


class Stopped(Exception):
    """The command ends before its end, as its playbook does."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(str([fact.code for fact in report.last.errors]))


class Mover:
    """The moves of one member. C(copies): the backups of the control node, by the mark of their move."""

    def __init__(self, told: Story, member: MemberId = MEMBER) -> None:
        self.told = told
        self.member = member
        self.copies: dict[str, dict[str, Json]] = {}
        self.written = ""
        """What the member has written so far, wherever it was."""
        self._before = told.world.after_change
        told.world.after_change = self._after_change
        told.watch.moved.add(member)
        for item in self._live():
            self._write(self._engine_of(item), item)

    # --- what the member's program does

    def _after_change(self, engine: FakeEngine, call: str) -> None:
        self._before(engine, call)
        if call != "start":
            return
        started = max(engine.by_id.values(), key=lambda item: item.started_at)
        if MemberId.of_labels(started.labels).home != self.member:
            return
        if len(self._live()) > 1:
            raise Broken(f"{self.member} runs twice: {self._live()}")
        self._write(engine, started)

    def _write(self, engine: FakeEngine, container: Container) -> None:
        """It finds all that it wrote, and writes more."""
        for mount in container.mounts:
            contents = engine.contents[mount.source]
            if contents.get(WRITTEN, "") != self.written:
                raise Broken(f"{container.name} on {engine.name} misses data: {contents}")
        self.written += f"{container.id[:6]} on {engine.name}, "
        for mount in container.mounts:
            engine.contents[mount.source][WRITTEN] = self.written

    # --- the command

    def move(self, to: str, *, force: bool = False, hidden: set[str] | None = None) -> None:
        """The command: from where the record says that it is. Raises Stopped."""
        common: Json = {"force": force, "hidden": hidden or set()}
        if self.phase and to == self.entry["move"]["from"]:
            self.step(BACK, to, **common)
            return
        if not self.phase and to == self.entry["host"]:
            self.step(FINISH, to, **common)
            return
        if self.phase != ARRIVES:
            self.step(LEAVE, to, **common)
            self._copy()
        self.step(ARRIVE, to, **common)
        self._fill()
        self.step(FINISH, to, **common)

    def step(
        self, name: str, to: str, *, force: bool = False, hidden: set[str] | None = None
    ) -> None:
        order = Order("volume_move", STACK, service=BACK_SERVICE)
        asked = {"step": name, "to": to, "index": self.member.index, "force": force}
        wait_s = 60.0 if name in (FINISH, BACK) else 0.0
        report = self.told.run(order, hidden=hidden or set(), move=asked, wait_s=wait_s)
        if report.last.errors or report.blocked or report.unsure:
            raise Stopped(report)

    def _copy(self) -> None:
        """The backup: of a member that is stopped, and stays so."""
        if self.phase != LEAVES or self._live():
            raise Broken(f"a copy of {self.entry}, of which {self._live()} run")
        engine = self.told.world.machines[self.entry["host"]].engine
        names = self.entry["volumes"].values()
        self.copies[self.mark] = {name: dict(engine.contents[name]) for name in names}

    def _fill(self) -> None:
        """The restore: into a container that was never started."""
        if self.phase != ARRIVES or self._live():
            raise Broken(f"a restore of {self.entry}, of which {self._live()} run")
        engine = self.told.world.machines[self.entry["host"]].engine
        for name, contents in self.copies[self.mark].items():
            engine.contents[name] = dict(contents)

    # --- looking

    @property
    def entry(self) -> Json:
        """What the record says of the member: of its slot that is wanted."""
        found = self.told.body["members"]
        keys = [key for key in found if MemberId.of_key(STACK, key).home == self.member]
        return dict(found[keys[-1]])

    @property
    def phase(self) -> str:
        return phase_of(self.entry)

    @property
    def mark(self) -> str:
        return str(self.entry["move"]["mark"])

    @property
    def where(self) -> dict[str, str]:
        """State of the member's containers, by host."""
        return {host: item.status for host, item in self._containers()}

    def other(self) -> str:
        """A host that the member is not on."""
        return next(name for name in sorted(self.told.world.machines) if name != self.entry["host"])

    def _containers(self) -> list[tuple[str, Container]]:
        found = claimed(self.told.world).items()
        return [item for slot, items in found if slot.home == self.member for item in items]

    def _live(self) -> list[Container]:
        return [item for _host, item in self._containers() if item.live]

    def _engine_of(self, container: Container) -> FakeEngine:
        engine: FakeEngine = self.told.machine_of(container).engine
        return engine


@contextlib.contextmanager
def moving() -> Iterator[Mover]:
    """A stack that is up, whose member back/1 is about to be moved."""
    with story() as told:
        yield Mover(told)
