# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control node dies in the middle of an upgrade or of a rollback: the passes of another one bring it to its end.

The simulation does this at each change of a host (tests/unit/simulation/test_killed_upgrades.py). Here it is done on
real engines, under load, at calls that are spread over the whole upgrade: before a call, or 0.1 s into it, when its
answer is lost. A dead control node leaves its lease behind, so the other one waits for its end.
"""

from __future__ import annotations

import threading
import time
import typing as t

import pytest

from ...conftest import MakeControl
from ...shared.control import Control
from ...shared.hosts import Host
from ...shared.inventory import LEASE_S, PATIENT
from ...shared.nodes import soak
from ...shared.passes import CountingChannels, Json
from ...shared.waiting import eventually
from .store import MEMBERS, Store, ids

KILLS = 5
"""Of an upgrade, and as many of a rollback."""
INTO_S = 0.1
ENOUGH = 10_000

pytestmark = pytest.mark.skipif(not soak(), reason="only with DROVER_SOAK=1: it takes 8 minutes")


class Killed(Exception):
    """The control node is dead."""


class Mortal(CountingChannels):
    """Channels of a control node that dies at its call number C(left) that may change a host."""

    left = ENOUGH
    dies_inside = False

    def call(self, stage: str, payloads: t.Mapping[str, Json], limit_s: float) -> t.Any:
        if stage == "observe" or self.left > 0:
            self.left -= stage != "observe"
            return super().call(stage, payloads, limit_s)
        if self.dies_inside:
            arguments = (stage, payloads, limit_s)
            threading.Thread(target=super().call, args=arguments, daemon=True).start()
            time.sleep(INTO_S)
        self.close()
        raise Killed


@pytest.fixture
def mortal(hosts: dict[str, Host], make_control: MakeControl) -> Control:
    """A control node whose leases are short, as those of control nodes in the other scenarios."""
    made = make_control(hosts, **PATIENT, drover_lease_s=LEASE_S)
    made.passes.channels = Mortal(made.passes.hosts)
    return made


def channels(control: Control) -> Mortal:
    found = control.passes.channels
    assert isinstance(found, Mortal)
    return found


def upgrade(store: Store, control: Control) -> None:
    control.run("up", stack_dir=store.stack.folder, wait="true")


def rollback(store: Store, control: Control) -> None:
    control.run("rollback", stack="store", wait="true")


ACTS = {"upgrade": upgrade, "rollback": rollback}


def at_rest(store: Store, version: str) -> bool:
    """Whether another control node's pass has nothing left to do, and the four members run this version."""
    quiet = store.stack.control.run("reconcile").quiet
    running = store.running()
    numbers = sorted(name.rpartition("-r")[0] or name for name in running)
    images = {item.inspected["Config"]["Image"].rpartition(":")[2] for item in running.values()}
    return quiet and numbers == MEMBERS and images == {version}


def calls_of(store: Store, control: Control, act: str) -> int:
    """How many calls the undisturbed act makes that may change a host."""
    channels(control).left = ENOUGH
    ACTS[act](store, control)
    return ENOUGH - channels(control).left


def begin(store: Store, act: str) -> str:
    """Four members of version 1, confirmed; before a rollback upgraded to version 2. The version that it ends with."""
    store.define(version="1").up()
    if "not confirmed" in store.status():
        store.command("confirm_upgrade")
    store.define(version="2")
    if act == "upgrade":
        return "2"
    store.up()
    return "1"


@pytest.mark.parametrize("act", ACTS)
def test_another_control_node_ends_it(store: Store, mortal: Control, act: str) -> None:
    begin(store, act)
    calls = calls_of(store, mortal, act)
    assert calls > KILLS
    for kill in range(1, KILLS + 1):
        wanted = begin(store, act)
        before = ids(store.running())
        # Never before the first call, which stores the order: without it there is nothing to end.
        at = calls * kill // (KILLS + 1)
        channels(mortal).left = at
        channels(mortal).dies_inside = kill % 2 == 1
        with store.load() as load:
            with pytest.raises(Killed):
                ACTS[act](store, mortal)
            eventually(lambda wanted=wanted: at_rest(store, wanted), seconds=180)  # type: ignore[misc]
        print(load.told(f"{act} killed at call {at} of {calls}"))
        assert load.failures() == []
        kept = {name: item for name, item in ids(store.web()).items() if name in before}
        assert act == "rollback" or kept == before
