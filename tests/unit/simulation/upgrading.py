# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small stories about upgrades: orders, passes of the timer, and what serves at every moment in between."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._model.entry import is_held_back
from ansible_collections.drover.docker.plugins.module_utils._model.member import (
    MemberId,
    service_of,
)
from ansible_collections.drover.docker.plugins.module_utils._record.hooks import placements
from ansible_collections.drover.docker.plugins.module_utils._record.upgrades import upgrades_of

from .checks import Broken, Watch, claimed
from .containers import Container
from .controller import Controller, Report
from .ending import is_under_way, view_of
from .fake_engine import FakeEngine
from .play import RECONCILE, simulated
from .stacks import definition
from .steps import Order
from .world import ControllerKilled, SimulatedWorld

Json = dict[str, Any]
PASS_S = 6.0
MOST_PASSES = 60
"""More than an upgrade that fails in the end, and its rollback, take together."""
STACK = "roll"
"""Its service front is upgraded start-first, back has volumes and is upgraded stop-first."""


class Story:
    """One stack, its orders and its passes. C(least): the fewest members of a service that ever served at once."""

    def __init__(self, world: SimulatedWorld, stack: str = STACK) -> None:
        self.world = world
        self.stack = stack
        self.told: list[str] = []
        self.least: dict[str, int] = {}
        self.most_under_way = 0
        self.watch = Watch(world)
        world.after_change = self._after_change

    def _after_change(self, engine: FakeEngine, call: str) -> None:
        self.watch.after_change(engine, call)
        for service, least in self.least.items():
            self.least[service] = min(least, len(self.serving(service)))

    def guard(self) -> None:
        """From now on the fewest members are noted."""
        services = (view_of(self.world, self.stack).body or {})["revisions"][-1]["services"]
        self.least = {name: len(self.serving(name)) for name in services}

    # --- orders

    def run(self, order: Order, *, hidden: set[str] | None = None, **more: Any) -> Report:
        self.told.append(f"== {order} {more}")
        controller = Controller(self.world, order, hidden=hidden or set(), say=self.told.append)
        try:
            return controller.run(**more)
        finally:
            self.watch.after_step()

    def up(self, variant: int = 0, *, hidden: set[str] | None = None, **more: Any) -> Report:
        """C(up) with an upgrade, where there is something to upgrade."""
        order = Order("up", self.stack, variant=variant, upgrade=True)
        return self.run(order, hidden=hidden, **more)

    def order(self, command: str, **more: Any) -> Report:
        """An order for the whole stack, or for C(service)."""
        return self.run(Order(command, self.stack, service=99), **more)

    def passes(self, number: int = 1, *, hidden: set[str] | None = None) -> None:
        """The timer's passes, with time in between."""
        for _pass in range(number):
            self.world.pass_time(PASS_S)
            self.run(RECONCILE, hidden=hidden)

    def settle(self) -> None:
        """Passes until nothing goes on by itself; and one more, which does nothing."""
        for _pass in range(MOST_PASSES):
            self.passes()
            if not is_under_way(self.world):
                break
        self.passes(2)
        self.world.calls.clear()
        files = self.world.records.texts()
        self.passes()
        assert not self.world.calls
        assert files == self.world.records.texts()

    # --- looking

    @property
    def body(self) -> Json:
        """What the record says."""
        return view_of(self.world, self.stack).valid_body or {}

    @property
    def version(self) -> int:
        """The version of the record."""
        return view_of(self.world, self.stack).number

    def containers(self, service: str = "") -> dict[MemberId, Container]:
        """Containers of the stack, by slot."""
        return {
            member: item
            for member, found in sorted(claimed(self.world).items())
            for _host, item in found
            if member.stack == self.stack and service in ("", member.service)
        }

    def serving(self, service: str = "") -> dict[str, str]:
        """Members that serve, each with the id of one of its containers."""
        found = self.containers(service).items()
        members = [(key, item) for key, item in found if not key.is_hook]
        return {key.home.key: item.id for key, item in members if item.status == "running"}

    def hooks(self, service: str) -> dict[int, str]:
        """Hooks of a service that have a container: slot and state."""
        found = self.containers(service).items()
        return {key.slot: item.status for key, item in found if key.is_hook}

    def machine_of(self, container: Container) -> Any:
        """The host of a container."""
        return next(m for m in self.world.machines.values() if container.id in m.engine.by_id)

    def upgrade(self, service: str) -> Json | None:
        """What the record says of a service's upgrade."""
        return upgrades_of(self.body).get(service)

    def roles(self, service: str) -> dict[str, str]:
        """Slots of the members that are wanted, with their roles."""
        members = self.body["members"].items()
        return {
            key: entry.get("role", "")
            for key, entry in members
            if service_of(key) == service and not entry["retired"]
        }

    def changed(self) -> list[str]:
        """What was done on hosts: C(stop roll-front-1)."""
        return [line.strip() for line in self.told if line.strip().endswith("-> done")]

    def check_nothing_left(self) -> None:
        """Each container is one that the record wants or keeps; what is kept does not run; no data is lost."""
        wanted = {
            MemberId.of_key(self.stack, key): entry
            for key, entry in placements(self.body).items()
            if not entry["retired"]
        }
        for member, container in self.containers().items():
            if member not in wanted:
                raise Broken(f"{container.name} is left over")
            if container.live == (is_held_back(wanted[member]) or member.is_hook):
                raise Broken(f"{container.name} is {container.status}: {wanted[member]}")
        assert set(wanted) - set(self.containers()) == set()
        assert not self.world.data.losses
        assert not any("Broken" in line for line in self.told)
        assert set(self.watch.hooks.values()) <= {1}


@contextlib.contextmanager
def story(hosts: int = 3, stack: str = STACK, *, seed: int = 0) -> Iterator[Story]:
    """A stack that is up, at peace; a failure tells all that was done."""
    with simulated(hosts, seed=seed) as world:
        found = Story(world, stack)
        found.up()
        found.passes(2)
        found.told.clear()
        found.guard()
        try:
            yield found
        except (AssertionError, ControllerKilled) as error:
            raise AssertionError("\n".join([str(error), *found.told])) from error


def changed_definition(stack: str, *services: str, **container: Any) -> Json:
    """The stack's first definition with a changed environment for some services."""
    found = definition(stack, 0)
    for name in services:
        service = found["services"][name]
        service["container"] = {**service["container"], "environment": {"MODE": "new"}, **container}
    return found
