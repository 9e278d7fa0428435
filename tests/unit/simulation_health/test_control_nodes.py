# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two control nodes of different releases and inventories act in turns: nothing of ours changes back and forth."""

from __future__ import annotations

import random
from typing import Any

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.constants import SYSTEM_STACK
from ansible_collections.drover.docker.tests.unit.simulation.control_nodes import (
    OTHER,
    ControlNode,
)

from .balancers import SERVICE
from .story import PERIOD_S, Story, front, story, web

NODES = (ControlNode(), OTHER)
PASSES = 24
MOST_VERSIONS = 3
"""Of stack drover: the first one, its members' places, and one by which the newer release takes the checkers over."""


def configs_of(told: Story) -> dict[str, str]:
    """The text of each config of HAProxy that is on a host."""
    found = {}
    for name, machine in told.world.machines.items():
        for path in sorted(machine.state_dir.rglob("haproxy.cfg")):
            found[f"{name}:{path.relative_to(machine.state_dir)}"] = path.read_text()
    return found


def record_of(told: Story) -> dict[str, Any]:
    return next(iter(told.world.records.copies(SYSTEM_STACK).values()))


def settings_in(record: dict[str, Any]) -> Any:
    return record["body"]["revisions"][-1]["more"]["settings"]


def in_turns(told: Story, dice: random.Random) -> list[str]:
    """Passes of both nodes; returns whose configs there were after each one of the older node."""
    found = []
    for _pass in range(PASSES):
        if dice.random() < 0.2:
            told.sicken(dice.choice([1, 2]))
        told.node = dice.choice(NODES)
        before = configs_of(told)
        told.reconcile()
        if told.node is not OTHER and record_of(told)["body"].get("release") == OTHER.release:
            assert configs_of(told) == before, "the older release changed a config"
            found.append("older")
        told.world.pass_time(PERIOD_S)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_two_releases_never_alternate(seed: int) -> None:
    dice = random.Random(seed)
    services = {"web": web(2), **({SERVICE: front()} if seed % 2 else {})}
    with story(services, seed=seed) as told:
        before = settings_in(record_of(told))
        assert in_turns(told, dice)
        assert settings_in(record_of(told)) == before
        assert record_of(told)["version"]["number"] <= MOST_VERSIONS
        told.node = OTHER
        told.settle(within_s=1500)
        rested = record_of(told)["version"], configs_of(told)
        for node in NODES * 3:
            told.node = node
            told.reconcile()
            told.world.pass_time(PERIOD_S)
        assert (record_of(told)["version"], configs_of(told)) == rested
