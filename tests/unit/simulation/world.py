# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated world: fake hosts, on which the real planner, observe, execute and store code acts."""

from __future__ import annotations

import errno
import itertools
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._act.puller import Puller
from ansible_collections.drover.docker.plugins.module_utils._common.addresses import engine_range
from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    LABEL_NETWORK,
    OVERLAY_NETWORK,
    OVERLAY_SUBNET,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.client import Engine
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    EngineError,
    EngineTimeout,
)

from .data import Data
from .fabric import Clock, Network, Registry, Swarm
from .fake_engine import FakeEngine
from .files import RecordFiles
from .machine import Machine
from .stacks import HOST_LABELS, images
from .wire import Wire, as_engine

_os_open = os.open
HOST_NAMES = ["h1", "h2", "h3", "h4"]
SKEWS_S = [0.0, 7200.0, -30.0, 0.5]
CALL_S = 0.2
PULL_LOOK_S = 1.0
"""How often a pull is looked at. The real time is shorter, and costs the simulation more than it tells."""


class ControllerKilled(BaseException):
    """The controller, and with it all that it runs on the hosts, ends here and now."""


class SimulatedWorld:
    """Hosts and what they share, with all that can be wrong with them."""

    def __init__(self, folder: Path, hosts: int, *, seed: int = 0) -> None:
        self.folder = folder
        self.order = random.Random(seed)
        """Which host and which operation comes first, where no plan says so."""
        self.clock = Clock()
        self.registry = Registry(images())
        self.swarm = Swarm()
        self.overlay = _overlay()
        self.machines: dict[str, Machine] = {}
        self.running_on: Machine | None = None
        """The host that the code under test runs on now."""
        self.host_labels: dict[str, dict[str, str]] = {}
        self.records = RecordFiles(self.machines)
        self.data = Data()
        self.failing_starts: dict[str, int] = {}
        self.full_disks: set[str] = set()
        self.lost_replies: set[str] = set()
        self.read_errors: dict[str, tuple[int, int]] = {}
        """By host: the error that reads of its records give, and how many reads still fail; -1: all."""
        self.forgotten: set[str] = set()
        self.life_left = -1
        """Changing calls until the controller is killed; -1: it is not."""
        self.before_change: Callable[[], None] = lambda: None
        self.after_change: Callable[[FakeEngine, str], None] = lambda engine, call: None
        self.acted: list[str] = []
        """Token of each call that carried operations out, in the order of the calls."""
        self.calls: list[str] = []
        """Changing calls that the code under test made."""
        self._numbers = itertools.count(1)
        for _host in range(hosts):
            self.add_host()

    def add_host(self) -> str:
        """One more host in the inventory; empty when there are enough."""
        if len(self.machines) == len(HOST_NAMES):
            return ""
        number = len(self.machines)
        name = HOST_NAMES[number]
        machine = Machine(
            name,
            clock=self.clock,
            registry=self.registry,
            state_dir=self.folder / name,
            skew_s=SKEWS_S[number],
            numbers=self._numbers,
        )
        machine.engine.after_start = self.data.started
        self.machines[name] = machine
        self.host_labels[name] = HOST_LABELS[number]
        if len(self.machines) > 1:
            for other in self.machines.values():
                other.join(self.swarm, self.overlay)
        return name

    def engine(self, machine: Machine) -> Engine:
        """The engine of a host, as the code under test reaches it."""
        return as_engine(Wire(machine.engine, before=self._before_change, after=self._after_change))

    def puller(self, machine: Machine) -> Puller:
        """What pulls images on a host, as the code under test has it. Waiting lets time pass."""
        machine.pulls.tick()

        def sleep(seconds: float) -> None:
            self.clock.advance(max(seconds, PULL_LOOK_S))
            machine.pulls.tick()

        return Puller(
            str(machine.state_dir),
            lambda: self.engine(machine),
            begin=machine.pulls.begin,
            clock=lambda: self.clock.now,
            sleep=sleep,
        )

    def _before_change(self, engine: FakeEngine, call: str, arguments: tuple[Any, ...]) -> None:
        """A changing call: it takes time, it may be the one that is never made, or that fails."""
        self.before_change()
        self.spend_life()
        self.clock.advance(CALL_S)
        self.calls.append(f"{engine.name} {call} {arguments[0]}")
        if call == "start":
            self._maybe_fail(engine.find(arguments[0]).name)

    def spend_life(self) -> None:
        """Called before each change, of an engine or of a file."""
        if self.life_left == 0:
            raise ControllerKilled
        self.life_left -= 1 if self.life_left > 0 else 0

    def _maybe_fail(self, container: str) -> None:
        left = self.failing_starts.get(container, 0)
        if left:
            self.failing_starts[container] = left - 1
            raise EngineError("OCI runtime create failed: exec: no such file or directory", 400)

    def _after_change(self, engine: FakeEngine, call: str) -> None:
        """The call was carried out; its answer may be lost."""
        self.after_change(engine, call)
        if engine.name in self.lost_replies:
            self.lost_replies.discard(engine.name)
            raise EngineTimeout("no answer within the deadline")

    def shows(self, host: str) -> bool:
        """Whether a run that looks at a host now sees its records."""
        machine = self.machines[host]
        engine = machine.engine
        answers = machine.up and engine.answers and engine.listens and machine.locks.works
        return answers and host not in self.read_errors

    def boot_id(self) -> str:
        """Stands in for boot_clock.boot_id: the boot of the host on which the code runs."""
        return self.running_on.boot_id if self.running_on else "no host"

    def fsync(self, handle: int) -> None:
        """Stands in for os.fsync: a full disk shows here, and a controller can be killed here."""
        self.spend_life()
        if self.full_disks:
            path = os.readlink(f"/proc/self/fd/{handle}")
            if any(
                path.startswith(f"{self.machines[host].state_dir}/") for host in self.full_disks
            ):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open(self, path: Any, *arguments: Any, **named: Any) -> int:
        """Stands in for os.open: too many open files, or a disk that fails, shows here."""
        for host in list(self.read_errors):
            folder = f"{self.machines[host].state_dir}/stacks/"
            if str(path).startswith(folder) and str(path).endswith(".json"):
                self._fail_read(host)
        return _os_open(path, *arguments, **named)

    def _fail_read(self, host: str) -> None:
        code, left = self.read_errors[host]
        self.read_errors[host] = (code, left - 1 if left > 0 else left)
        if left == 0:
            del self.read_errors[host]
            return
        raise OSError(code, os.strerror(code))

    def pass_time(self, seconds: float) -> None:
        """Time goes by; what runs on the hosts does its work."""
        self.clock.advance(seconds)
        for machine in self.machines.values():
            machine.pulls.tick()
            machine.tick()


def _overlay() -> Network:
    ip_range = engine_range(OVERLAY_SUBNET)
    labels = {LABEL_NETWORK: "managed"}
    return Network(OVERLAY_NETWORK, "overlay-id", "overlay", OVERLAY_SUBNET, ip_range, labels)
