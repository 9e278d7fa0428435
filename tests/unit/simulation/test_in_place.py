# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that Docker makes on a running container: the same containers serve on, with other limits."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade.progress import (
    is_under_way,
    progress_of,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import Settings, World

from .controller import Controller
from .ending import view_of
from .play import RECONCILE
from .stacks import definition
from .upgrading import STACK, Story, story
from .world import ControllerKilled

MIB = 1024 * 1024
SERVICES = ("front", "back")


def limited(*services: str, stack: str = STACK, **container: Any) -> dict[str, Any]:
    """The stack's first definition with limits for some services."""
    found = definition(stack, 0)
    for name in services:
        service = found["services"][name]
        service["container"] = {**service["container"], **container}
    return found


def host_config(told: Story, key: str, service: str = "front") -> set[Any]:
    """The values that the live containers of a service have."""
    found = told.containers(service).values()
    return {item.body["HostConfig"].get(key) for item in found if item.live}


def test_limits_change_in_place() -> None:
    with story() as told:
        before = told.serving()
        told.up(definition=limited(*SERVICES, mem_limit=64 * MIB, pids_limit=50))
        told.settle()
        assert told.serving() == before
        assert told.least["front"] == len(told.serving("front"))
        assert host_config(told, "Memory") == {64 * MIB}
        assert host_config(told, "MemorySwap") == {128 * MIB}
        assert host_config(told, "PidsLimit", "back") == {50}
        told.check_nothing_left()


def test_what_is_made_later_has_the_new_limits() -> None:
    with story() as told:
        told.up(definition=limited("front", mem_limit=64 * MIB))
        told.settle()
        container = next(iter(told.containers("front").values()))
        told.machine_of(container).remove(container, with_volumes=False)
        told.settle()
        assert host_config(told, "Memory") == {64 * MIB}


def test_rollback_sets_the_old_limits() -> None:
    with story() as told:
        told.up(definition=limited("front", mem_limit=32 * MIB))
        told.settle()
        told.order("confirm_upgrade")
        told.settle()
        before = told.serving()
        told.up(definition=limited("front", mem_limit=64 * MIB))
        told.passes(2)
        told.order("rollback")
        told.settle()
        assert told.serving() == before
        assert host_config(told, "Memory") == {32 * MIB}
        assert not told.upgrade("front")


def test_what_docker_refuses_is_replaced() -> None:
    with story() as told:
        before = told.serving()
        for machine in told.world.machines.values():
            machine.engine.least_memory = 32 * MIB
        told.up(definition=limited("front", mem_limit=16 * MIB))
        told.settle()
        assert any("refuses to change it in place" in line for line in told.told)
        assert not set(told.serving("front").values()) & set(before.values())
        assert told.least["front"] == len(told.serving("front"))
        told.check_nothing_left()


def test_a_limit_that_cannot_be_taken_away_is_replaced() -> None:
    with story() as told:
        told.up(definition=limited("front", mem_limit=64 * MIB))
        told.settle()
        before = told.serving("front")
        told.up(definition=definition(STACK, 0))
        told.settle()
        assert not set(told.serving("front").values()) & set(before.values())
        assert host_config(told, "Memory") == {None}
        told.check_nothing_left()


def test_a_mixed_change_is_an_ordinary_upgrade() -> None:
    with story() as told:
        before = told.serving("front")
        told.up(definition=limited("front", mem_limit=64 * MIB, environment={"MODE": "new"}))
        told.settle()
        assert not set(told.serving("front").values()) & set(before.values())
        told.check_nothing_left()


def test_one_after_the_other() -> None:
    """The interval holds, as with any upgrade."""
    with story() as told:
        told.up(definition=limited("front", mem_limit=64 * MIB))
        assert host_config(told, "Memory") == {None, 64 * MIB}


def test_force_replaces() -> None:
    with story() as told:
        before = told.serving("front")
        told.up(definition=limited("front", mem_limit=64 * MIB), force=True, services=["front"])
        told.settle()
        assert not set(told.serving("front").values()) & set(before.values())


def test_limits_change_again_in_the_middle() -> None:
    with story() as told:
        before = told.serving()
        for memory in (64, 128, 96):
            told.up(definition=limited("front", mem_limit=memory * MIB))
            told.passes()
        told.settle()
        assert told.serving() == before
        assert host_config(told, "Memory") == {96 * MIB}
        assert host_config(told, "MemorySwap") == {192 * MIB}


def test_limits_change_in_the_middle_of_an_upgrade() -> None:
    """What has the new program keeps it and gets the limit; the way back is what was confirmed."""
    with story() as told:
        before = told.serving("front")
        told.up(definition=limited("front", environment={"MODE": "new"}))
        told.passes(5)
        told.up(definition=limited("front", environment={"MODE": "new"}, mem_limit=64 * MIB))
        told.settle()
        assert host_config(told, "Memory") == {64 * MIB}
        told.order("rollback")
        told.settle()
        assert told.serving("front") == before
        assert told.least["front"] == len(before)
        told.check_nothing_left()


def test_a_host_that_forgot_it_does_it_again() -> None:
    with story() as told:
        told.up(definition=limited("front", mem_limit=64 * MIB))
        told.settle()
        told.order("confirm_upgrade")
        before = told.serving()
        container = next(iter(told.containers("front").values()))
        machine = told.machine_of(container)
        machine.state_dir.joinpath("stacks", f"{STACK}.json").unlink()
        container.body["HostConfig"]["Memory"] = 32 * MIB
        told.settle()
        assert told.serving() == before
        assert host_config(told, "Memory") == {64 * MIB}


def test_earlier_restarts_are_no_fault_of_it() -> None:
    """Containers that an upgrade made live long, and the engine may have restarted them."""
    with story() as told:
        told.up(definition=limited("front", environment={"MODE": "new"}))
        told.settle()
        told.order("confirm_upgrade")
        told.settle()
        before = told.serving("front")
        for container in told.containers("front").values():
            container.restarts = 5
        told.up(definition=limited("front", environment={"MODE": "new"}, mem_limit=64 * MIB))
        told.settle()
        assert told.serving("front") == before
        assert host_config(told, "Memory") == {64 * MIB}


def test_it_is_not_done_before_docker_did_it() -> None:
    """A command waits for the containers, not for the record."""
    with story() as told:
        machine = next(iter(told.world.machines.values()))
        machine.engine.least_memory = 128 * MIB
        policy = {"batch_size": 3, "interval_ms": 0}
        told.up(definition=limited("front", mem_limit=64 * MIB), policy=policy)
        (state,) = progress(told).values()
        assert state.parameters["done"] == 3
        assert is_under_way(state)


def test_nothing_is_done_twice() -> None:
    with story() as told:
        told.up(definition=limited("front", mem_limit=64 * MIB))
        told.settle()
        updates = [line for line in told.changed() if "  update  " in line]
        assert len(updates) == len(told.serving("front"))


def test_a_stopped_container_gets_them_when_it_starts() -> None:
    with story() as told:
        told.order("stop")
        told.passes(2)
        told.up(definition=limited("front", mem_limit=64 * MIB))
        told.passes(3)
        told.order("start")
        told.settle()
        assert host_config(told, "Memory") == {64 * MIB}


def test_nobody_waits_for_a_program_that_ran_once_and_ended() -> None:
    """It stays as it is, and the upgrade is done."""
    with story(stack="jobs") as told:
        before = told.containers("once")
        told.up(definition=limited("once", stack="jobs", mem_limit=64 * MIB), services=["once"])
        told.settle()
        assert told.containers("once") == before
        assert not is_under_way(progress(told)["once"])


def test_an_upgrade_of_what_ran_once_confirms_itself() -> None:
    """What ended is done: no member of it is under way for ever."""
    with story(stack="jobs") as told:
        wanted = limited("once", stack="jobs", mem_limit=64 * MIB)
        told.up(definition=wanted, services=["once"], policy={"confirm_after_ms": 1000})
        told.settle()
        assert told.upgrade("once") is None


def progress(told: Story) -> dict[str, Fact]:
    """How far upgrades are, as a command that waits asks for it."""
    controller = Controller(told.world, RECONCILE, hidden=set(), say=told.told.append)
    with controller.node.acting():
        seen = {host: controller.look(host) for host in told.world.machines}
    world = World(seen, settings=Settings(several=True), host_labels=told.world.host_labels)
    world.prove(told.stack, told.body, view_of(told.world, told.stack).ledger)
    return progress_of(world, told.stack, told.body)


@pytest.mark.parametrize("left", range(0, 40, 3))
def test_killed_in_the_middle(left: int) -> None:
    """Any control node goes on: an update is done again, or was done."""
    with story() as told:
        before = told.serving()
        told.world.life_left = left
        with contextlib.suppress(ControllerKilled):
            told.up(definition=limited("front", mem_limit=64 * MIB))
        told.world.life_left = -1
        told.up(definition=limited("front", mem_limit=64 * MIB))
        told.settle()
        assert told.serving() == before
        assert host_config(told, "Memory") == {64 * MIB}
