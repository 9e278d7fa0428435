# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is right is left in peace: no order stops, restarts or replaces a container that is as it should be."""

from __future__ import annotations

from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._model.entry import is_held_back
from ansible_collections.drover.docker.plugins.module_utils._model.generation import generation_of
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._record.upgrades import (
    service_at,
    upgrades_of,
)

from .checks import Broken, claimed
from .containers import Container
from .ending import lives_to_end, view_of
from .world import SimulatedWorld

Json = dict[str, Any]


def wanted(world: SimulatedWorld) -> dict[MemberId, tuple[Json, Json]]:
    """Slots of members that the valid records want to run, each with its entry and its service."""
    found: dict[MemberId, tuple[Json, Json]] = {}
    for stack in world.records.all_stacks():
        view = view_of(world, stack)
        if view.body is None or view.conflict or view.body["revisions"][-1]["tombstone"]:
            continue
        revision = view.body["revisions"][-1]
        for key, entry in view.body["members"].items():
            member = MemberId.of_key(stack, key)
            is_active = revision["services"].get(member.service, {}).get("state") == "active"
            if is_active and not entry["retired"] and not is_held_back(entry):
                found[member] = entry, service_at(view.body, member.service, entry["launch"])
    return found


def right_ones(world: SimulatedWorld) -> dict[MemberId, Container]:
    """Slots with one container of ours, which runs where and how the record says."""
    places = claimed(world)
    found: dict[MemberId, Container] = {}
    for member, (entry, service) in wanted(world).items():
        claims = places.get(member, [])
        if (
            len(claims) == 1
            and claims[0][0] == entry["host"]
            and _is_right(claims[0][1], entry, service)
        ):
            found[member] = claims[0][1]
    return found


def _is_right(container: Container, entry: Json, service: Json) -> bool:
    managed = service["network"] == "managed"
    connected = not managed or container.addresses.get(entry["network"]) == entry["address"]
    return container.ours and container.status == "running" and connected


def _is_done(container: Container) -> bool:
    """Whether its program came to its end by itself, as that of a job does."""
    return container.status == "exited" and container.exit_code == 0


def restarts(world: SimulatedWorld) -> dict[MemberId, str]:
    """The lives of members that restarts end."""
    return {
        MemberId.of_key(stack, key): life
        for stack in world.records.all_stacks()
        for key, life in lives_to_end(view_of(world, stack).body).items()
    }


def upgrades(world: SimulatedWorld) -> dict[tuple[str, str], Json]:
    """The upgrades of all services."""
    return {
        (stack, name): upgrade
        for stack in world.records.all_stacks()
        for name, upgrade in upgrades_of(view_of(world, stack).body).items()
    }


def _is_stop_first(entry: Json, service: Json) -> bool:
    """Whether two containers of one member have no room beside each other."""
    shared = service["container"].get("ports") or service["network"] == "host"
    return bool(entry["volumes"] or shared or service["start_once"])


class Peace:
    """Remembers the right ones before an order, and looks for them after it."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
        self.before = {
            member: (item, item.started_at) for member, item in right_ones(world).items()
        }
        self.upgrades = upgrades(world)
        self.restarts = restarts(world)

    def check(self) -> None:
        """Those that are still wanted must still run, without a restart."""
        after = wanted(self.world)
        changed, to_restart = upgrades(self.world), restarts(self.world)
        running = {
            item.id: item
            for machine in self.world.machines.values()
            for item in machine.containers
            if item.status == "running" or _is_done(item)
        }
        for member, (container, started_at) in self.before.items():
            found = running.get(container.id)
            service = member.stack, member.service
            came_back = self.upgrades.get(service) != changed.get(service)
            if came_back and member in after and _is_stop_first(*after[member]):
                continue  # it was stopped for an upgrade that failed in the same run
            ends = {self.restarts.get(member), to_restart.get(member)}
            if generation_of(container.id, started_at) in ends:
                continue
            if member in after and (found is None or found.started_at != started_at):
                raise Broken(
                    f"{member} was as it should be, and was disturbed: {found and found.status}"
                )
