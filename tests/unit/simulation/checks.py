# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold after every step, whatever happened: the invariants of the design."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    BRIDGE_NETWORK,
    LABEL_INDEX,
    LABEL_SERVICE,
    LABEL_STACK,
    OVERLAY_NETWORK,
)
from ansible_collections.drover.docker.plugins.module_utils._common.labels import is_ours
from ansible_collections.drover.docker.plugins.module_utils._model.entry import is_held_back
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._record.fold import unfold_members
from ansible_collections.drover.docker.plugins.module_utils._record.hooks import hooks_of

from .containers import Container
from .data import MARK
from .fake_engine import FakeEngine
from .world import SimulatedWorld

Member = tuple[str, str, int]
Found = dict[MemberId, list[tuple[str, Container]]]
MOST_LIVE = 2
"""Containers of one member that run at once: what serves, and its newcomer."""


class Broken(AssertionError):
    """An invariant does not hold."""


def member_of(container: Container) -> Member:
    labels = container.labels
    return labels[LABEL_STACK], labels[LABEL_SERVICE], int(labels[LABEL_INDEX])


def claimed(world: SimulatedWorld) -> Found:
    """All containers with all of our labels, whoever made them, by the slot of a member."""
    found: Found = defaultdict(list)
    for name, machine in world.machines.items():
        for container in machine.containers:
            if is_ours(container.labels):
                found[MemberId.of_labels(container.labels)].append((name, container))
    return found


def _wants_running(body: dict[str, Any], member: MemberId) -> bool:
    """Whether a stored body wants a slot to run."""
    revision = body["revisions"][-1]
    members = {**unfold_members(body["members"], revision["services"]), **hooks_of(body)}
    entry = members.get(member.key, {"retired": True})
    active = revision["services"].get(member.service, {"state": ""})["state"] == "active"
    is_wanted = not entry["retired"] and not is_held_back(entry)
    return active and not revision["tombstone"] and is_wanted


class Watch:
    """Looks at the world after each step, and remembers what must not change."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
        self._marks: dict[tuple[str, str], str] = {}
        self._strangers: dict[str, tuple[Any, ...]] = {}
        self.moved: set[MemberId] = set()
        """Members that are moved: what they left on a host that is away is stopped, and stays until it is back."""
        self.hooks: dict[MemberId, int] = defaultdict(int)
        """How often each hook was started."""

    def before_order(self) -> None:
        """Remember the containers that no order may touch: those that are not of our making, whatever their labels."""
        self._strangers = {
            item.id: item.snapshot()
            for machine in self.world.machines.values()
            for item in machine.strangers
        }

    def after_order(self) -> None:
        """Nothing foreign was touched."""
        now = {
            item.id: item for machine in self.world.machines.values() for item in machine.containers
        }
        for identity, before in self._strangers.items():
            found = now.get(identity)
            if found is None or found.snapshot() != before:
                raise Broken(
                    f"a foreign container was touched: {before} is now {found and found.snapshot()}"
                )

    def after_change(self, engine: FakeEngine, call: str) -> None:
        """What even a moment in the middle of an order must not break."""
        if call == "create":
            self.check_doubles()
        elif call == "start":
            self._check_started(max(engine.by_id.values(), key=lambda item: item.started_at))

    def _check_started(self, container: Container) -> None:
        """Nothing is started of which all records say that it is not to run."""
        member = MemberId.of_labels(container.labels)
        if member.is_hook:
            self._check_hook(member, container)
        states = self.world.records.states(member.stack)
        if states and not any(_wants_running(state.body, member) for state in states):
            raise Broken(f"{container.name} was started, though no record wants it to run")

    def _check_hook(self, hook: MemberId, container: Container) -> None:
        """A hook runs once, and no two of one service run at once."""
        self.hooks[hook] += 1
        if self.hooks[hook] > 1:
            raise Broken(f"{container.name} was run twice")
        for other, found in claimed(self.world).items():
            is_beside = other.is_hook and other != hook and other.service == hook.service
            live = [item.name for _host, item in found if item.live and item.ours]
            if is_beside and other.stack == hook.stack and live:
                raise Broken(f"{container.name} was started while {live} ran")

    def after_step(self) -> None:
        """One container for one member; all data there; no address twice; no two runs that act in turns."""
        self._check_turns()
        self.check_doubles()
        self._check_volumes()
        self._check_addresses()
        if self.world.data.losses:
            raise Broken("; ".join(self.world.data.losses))

    def _check_turns(self) -> None:
        """What a run does under one token is in one piece: no other run acts in between."""
        blocks = [token for token, _group in itertools.groupby(self.world.acted)]
        if len(blocks) != len(set(blocks)):
            raise Broken(f"two runs acted in turns: {blocks[-6:]}")

    def check_doubles(self) -> None:
        """One container for one slot of a member, of which two run at most."""
        live: dict[MemberId, int] = defaultdict(int)
        for member, found in claimed(self.world).items():
            made = [
                f"{container.id[:8]} on {host}"
                for host, container in found
                if container.ours and (container.live or member.home not in self.moved)
            ]
            live[member.home] += sum(item.live for _host, item in found if item.ours)
            if member.stack in self.world.forgotten:
                continue
            if len(made) > 1 or live[member.home] > MOST_LIVE:
                raise Broken(
                    f"member {member} has several containers of our making: {', '.join(made)}"
                )

    def _check_volumes(self) -> None:
        for key in self.world.data.gone:
            self._marks.pop(key, None)
        self.world.data.gone.clear()
        for key, mark in self._marks.items():
            contents = self.world.machines[key[0]].engine.contents.get(key[1])
            if contents is None or contents.get(MARK) != mark:
                raise Broken(f"volume {key[1]} on {key[0]} lost its data: {contents}")
        for name, machine in self.world.machines.items():
            for volume, contents in machine.engine.contents.items():
                if MARK in contents:
                    self._marks[name, volume] = contents[MARK]

    def _check_addresses(self) -> None:
        holders: dict[tuple[str, str], str] = {}
        for name, machine in self.world.machines.items():
            for container in machine.ours:
                for network, address in container.addresses.items():
                    scope = {OVERLAY_NETWORK: "all hosts", BRIDGE_NETWORK: name}.get(network)
                    if (
                        scope
                        and machine.up
                        and holders.setdefault((scope, address), container.id) != container.id
                    ):
                        raise Broken(
                            f"two of our containers have the address {address} on {network}"
                        )
