# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that a sequence can contain. Each method is one kind; it says in a word what it did."""

from __future__ import annotations

import copy
import dataclasses
import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ansible_collections.drover.docker.plugins.module_utils._record.copies import is_majority

from .containers import Container
from .machine import Machine
from .stacks import HOST_LABELS, IMAGES, STACKS
from .steps import choose

if TYPE_CHECKING:
    from .world import SimulatedWorld

NOTHING = "nothing there"
Body = dict[str, Any]


def downed(_host: str, body: Body) -> Body:
    """The stack is down."""
    body["revisions"][-1]["tombstone"] = True
    return body


def stopped(_host: str, body: Body) -> Body:
    """All its services are stopped."""
    for service in body["revisions"][-1]["services"].values():
        service["state"] = "stopped"
    return body


def enlarged(_host: str, body: Body) -> Body:
    """Its services have more members."""
    for service in body["revisions"][-1]["services"].values():
        service["scale"] += 2
    return body


def seized(host: str, body: Body) -> Body:
    """All members are on one host, which alone decides from now on."""
    for entry in body["members"].values():
        entry["host"] = host
    return {**body, "hosts": [host]}


FORGERIES = [downed, stopped, enlarged, seized]


class Faults:
    """Carries out one fault at a time on a simulated world."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
        self.strangers_made = 0

    def inflict(self, kind: str, first: int, second: int) -> str:
        """Do it; returns what it did."""
        method: Callable[[int, int], str] = getattr(self, kind)
        return method(first, second)

    # --- to one container of ours, by a person or by itself

    def _container(self, number: int) -> tuple[Machine, Container] | None:
        """A container of ours on a host that runs."""
        found = [
            (machine, container)
            for machine in self.world.machines.values()
            if machine.up
            for container in machine.ours
        ]
        picked: tuple[Machine, Container] | None = choose(
            sorted(found, key=lambda item: item[1].name), number
        )
        return picked

    def _act_on(self, number: int, action: Callable[[Machine, Container], object]) -> str:
        target = self._container(number)
        if target is None:
            return NOTHING
        action(*target)
        return f"{target[1].name} on {target[0].name}"

    def kill(self, first: int, second: int) -> str:
        return self._act_on(first, lambda machine, container: machine.kill(container))

    def stop(self, first: int, second: int) -> str:
        return self._act_on(first, lambda machine, container: machine.stop(container))

    def pause(self, first: int, second: int) -> str:
        return self._act_on(first, lambda machine, container: machine.pause(container))

    def exit(self, first: int, second: int) -> str:
        return self._act_on(first, lambda machine, container: machine.exit(container, 0))

    def crash(self, first: int, second: int) -> str:
        return self._act_on(first, lambda machine, container: machine.exit(container, 139))

    def crash_loop(self, first: int, second: int) -> str:
        return self._act_on(
            first, lambda machine, container: machine.set_broken(container, broken=True)
        )

    def disconnect(self, first: int, second: int) -> str:
        return self._act_on(first, lambda machine, container: machine.disconnect(container))

    def remove(self, first: int, second: int) -> str:
        return self._act_on(
            first, lambda machine, container: machine.remove(container, with_volumes=False)
        )

    def remove_with_volumes(self, first: int, second: int) -> str:
        return self._act_on(
            first, lambda machine, container: machine.remove(container, with_volumes=True)
        )

    def remove_with_image(self, first: int, second: int) -> str:
        """C(docker rm -f) and C(docker image prune -a): the next one must be pulled."""

        def remove(machine: Machine, container: Container) -> None:
            machine.remove(container, with_volumes=False)
            machine.engine.images.pop(container.body["Image"], None)

        return self._act_on(first, remove)

    def start_by_hand(self, first: int, second: int) -> str:
        """C(docker start)."""

        def start(machine: Machine, container: Container) -> None:
            if not container.live:
                machine.start(container)

        return self._act_on(first, start)

    def fail_starts(self, first: int, second: int) -> str:
        """The next starts of a member's container fail, whichever container that is; it begins with a kill."""

        def spoil(machine: Machine, container: Container) -> None:
            self.world.failing_starts[container.name] = second + 1
            machine.kill(container)

        return self._act_on(first, spoil)

    def take_name(self, first: int, second: int) -> str:
        """A person removes a container and gives its name to one of their own."""

        def take(machine: Machine, container: Container) -> None:
            machine.remove(container, with_volumes=True)
            machine.add_stranger(container.name)

        return self._act_on(first, take)

    def take_address(self, first: int, second: int) -> str:
        """While a container of ours is stopped, a person's own gets its address."""

        def take(machine: Machine, container: Container) -> None:
            address = next(iter(container.addresses.values()), "")
            network = next(iter(container.addresses), "")
            if address and network not in ("bridge", "host", "none"):
                machine.kill(container)
                machine.add_stranger(self._stranger_name(), network=network, address=address)

        return self._act_on(first, take)

    def clone(self, first: int, second: int) -> str:
        """A person starts a container with all the labels of ours."""
        target = self._container(first)
        machine: Machine = choose(
            [item for item in self.world.machines.values() if item.up], second
        )
        if target is None or machine is None:
            return NOTHING
        machine.add_stranger(self._stranger_name(), labels=target[1].labels)
        return f"of {target[1].name} on {machine.name}"

    def _stranger_name(self) -> str:
        self.strangers_made += 1
        return f"stranger-{self.strangers_made}"

    # --- to a host

    def _on_host(self, number: int, action: Callable[[Machine], object]) -> str:
        machine: Machine = choose(list(self.world.machines.values()), number)
        action(machine)
        return machine.name

    def host_down(self, first: int, second: int) -> str:
        return self._on_host(first, Machine.power_off)

    def host_up(self, first: int, second: int) -> str:
        return self._on_host(first, Machine.power_on)

    def hang(self, first: int, second: int) -> str:
        return self._on_host(first, lambda machine: setattr(machine.engine, "answers", False))

    def resume(self, first: int, second: int) -> str:
        return self._on_host(first, lambda machine: setattr(machine.engine, "answers", True))

    def restart_engine(self, first: int, second: int) -> str:
        return self._on_host(first, Machine.restart_engine)

    def disk_full(self, first: int, second: int) -> str:
        return self._on_host(first, lambda machine: self.world.full_disks.add(machine.name))

    def disk_freed(self, first: int, second: int) -> str:
        return self._on_host(first, lambda machine: self.world.full_disks.discard(machine.name))

    def take_port(self, first: int, second: int) -> str:
        """A person's container publishes a port that a stack of ours wants too."""
        port = (80, 9100)[second % 2]
        return self._on_host(
            first, lambda machine: machine.add_stranger(self._stranger_name(), port=port)
        )

    def half_labels(self, first: int, second: int) -> str:
        """A person's container with some of our labels, but not all: it is not ours."""
        labels = {"io.drover.stack": STACKS[second % len(STACKS)], "io.drover.service": "web"}
        return self._on_host(
            first, lambda machine: machine.add_stranger(self._stranger_name(), labels=labels)
        )

    def lose_reply(self, first: int, second: int) -> str:
        """The engine carries the next changing call out, but its answer does not arrive in time."""
        return self._on_host(first, lambda machine: self.world.lost_replies.add(machine.name))

    def hang_lock(self, first: int, second: int) -> str:
        """A process gets the host's lock and hangs."""
        return self._on_host(first, lambda machine: machine.locks.hang())

    def refuse_lock(self, first: int, second: int) -> str:
        """The host's disk becomes read-only."""
        return self._on_host(first, lambda machine: machine.locks.refuse())

    def mend_lock(self, first: int, second: int) -> str:
        return self._on_host(first, lambda machine: machine.locks.mend())

    def slow_pulls(self, first: int, second: int) -> str:
        """Each pull on a host takes from now on so many minutes."""
        seconds = (0.0, 60.0, 180.0, 180.0)[second % 4]
        return self._on_host(first, lambda machine: setattr(machine.pulls, "takes_s", seconds))

    def relabel(self, first: int, second: int) -> str:
        """The inventory gives a host other labels."""
        labels = HOST_LABELS[second % len(HOST_LABELS)]
        return self._on_host(
            first, lambda machine: self.world.host_labels.update({machine.name: labels})
        )

    def set_clock(self, first: int, second: int) -> str:
        """Somebody sets a host's clock, by up to two hours."""
        seconds = (second - 3) * 1800.0
        return self._on_host(
            first, lambda machine: setattr(machine, "skew_s", machine.skew_s + seconds)
        )

    def reinstall(self, first: int, second: int) -> str:
        """A host comes back with empty disks, if the others still remember its stacks."""
        machine: Machine = choose(list(self.world.machines.values()), first)
        stacks = self.world.records.stacks(machine)
        if not all(self._others_suffice(machine, stack) for stack in stacks):
            return NOTHING
        for stack in stacks:
            self.world.records.lose(machine, stack)
        self.world.data.lost(machine.engine)
        machine.reinstall()
        return machine.name

    def drop_volume(self, first: int, second: int) -> str:
        """C(docker volume rm) of a volume that no container has: its data is gone by a person's wish."""
        machine: Machine = choose(list(self.world.machines.values()), first)
        used = {mount.source for container in machine.containers for mount in container.mounts}
        volume = choose(sorted(set(machine.engine.volume_map) - used), second)
        if volume is None:
            return NOTHING
        self.world.data.lost(machine.engine, volume)
        machine.engine.drop_volume(volume)
        return f"{volume} on {machine.name}"

    def join(self, first: int, second: int) -> str:
        return self.world.add_host() or "no more hosts"

    # --- to record files

    def _on_record(self, first: int, second: int, action: Callable[[Machine, str], object]) -> str:
        """Only while the other copies are a majority: what nobody remembers, nobody can restore."""
        machine: Machine = choose(list(self.world.machines.values()), first)
        stack = choose(self.world.records.stacks(machine), second)
        if stack is None or not self._others_suffice(machine, stack):
            return NOTHING
        action(machine, stack)
        return f"{stack} on {machine.name}"

    def _others_suffice(self, machine: Machine, stack: str) -> bool:
        states = self.world.records.states(stack)
        top = max((state.number for state in states), default=0)
        holders = [state for state in states if state.number == top]
        others = [state.host for state in holders if state.host != machine.name]
        return bool(holders) and is_majority(holders[0].electorate, others)

    def lose_record(self, first: int, second: int) -> str:
        return self._on_record(first, second, self.world.records.lose)

    def damage_record(self, first: int, second: int) -> str:
        return self._on_record(first, second, self.world.records.damage)

    def old_record(self, first: int, second: int) -> str:
        return self._on_record(first, second, self.world.records.put_back_old)

    def forge_record(self, first: int, second: int) -> str:
        """Root on a host, or on all but one, orders what nobody else did.

        All of them have the newest order and know that it counts: a host that destroys what only it and few others
        have loses an order, as one whose disk is lost does.
        """
        honest: Machine = choose(list(self.world.machines.values()), first)
        records = self.world.records
        stack = choose(records.stacks(honest), second)
        states = records.states(stack) if stack and records.key else []
        top = max((state.number for state in states), default=0)
        known = {
            state.host: state.body for state in states if state.number == top and state.is_committed
        }
        others = [item for item in self.world.machines.values() if item is not honest]
        liars = [item for item in others if item.name in known][: None if first % 2 else 1]
        if honest.name not in known or not liars:
            return NOTHING
        change = FORGERIES[second // 2 % len(FORGERIES)]
        body = change(liars[0].name, copy.deepcopy(known[honest.name]))
        for liar in liars:
            records.forge(liar, stack, body, number=top + 2, as_proposal=bool(second % 2))
        return f"{stack} on {', '.join(item.name for item in liars)}: {change.__name__}"

    def lose_all_records(self, first: int, second: int) -> str:
        """Rare and bad: no host remembers the stack any more."""
        if second:
            return NOTHING
        stack = STACKS[first % len(STACKS)]
        for machine in self.world.machines.values():
            self.world.records.lose(machine, stack)
        self.world.forgotten.add(stack)
        return stack

    def read_error(self, first: int, second: int) -> str:
        """Records of a host cannot be read: for a while, or until somebody mends it."""
        code = (errno.EMFILE, errno.EIO, errno.EACCES)[second % 3]
        reads = (1, 2, 5, -1)[second % 4]
        return self._on_host(
            first, lambda machine: self.world.read_errors.update({machine.name: (code, reads)})
        )

    # --- to what all hosts share

    def break_image(self, first: int, second: int) -> str:
        image = IMAGES[first % len(IMAGES)].reference
        self.world.registry.broken.add(image)
        return image

    def mend_image(self, first: int, second: int) -> str:
        image = IMAGES[first % len(IMAGES)].reference
        self.world.registry.broken.discard(image)
        return image

    def change_image(self, first: int, second: int) -> str:
        """The tag is moved to an image that declares other volumes."""
        image = IMAGES[first % len(IMAGES)]
        volumes = (image.volumes, (), (*image.volumes, "/more"))[second % 3]
        self.world.registry.images[image.reference] = dataclasses.replace(image, volumes=volumes)
        return f"{image.reference}: {volumes}"

    def lose_quorum(self, first: int, second: int) -> str:
        self.world.swarm.quorum = False
        return "swarm"

    def regain_quorum(self, first: int, second: int) -> str:
        self.world.swarm.quorum = True
        return "swarm"

    def strangers_leave(self, first: int, second: int) -> str:
        """People take their own containers away."""
        gone = [
            (machine, item)
            for machine in self.world.machines.values()
            for item in machine.strangers
        ]
        for machine, item in gone:
            machine.remove(item, with_volumes=True)
        return str(len(gone))
