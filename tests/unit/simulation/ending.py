# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a sequence: all faults are healed, and the stacks must come to what their records say, and then rest."""

from __future__ import annotations

from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    LABEL_CONFIG_HASH,
)
from ansible_collections.drover.docker.plugins.module_utils._model.entry import KEPT, NEWCOMER
from ansible_collections.drover.docker.plugins.module_utils._model.generation import generation_of
from ansible_collections.drover.docker.plugins.module_utils._model.member import (
    MemberId,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._plan.schedule.hosts import labels_match
from ansible_collections.drover.docker.plugins.module_utils._record.copies import (
    RecordView,
    view_records,
)
from ansible_collections.drover.docker.plugins.module_utils._record.hooks import (
    has_failed,
    holds_members,
    hooks_of,
)
from ansible_collections.drover.docker.plugins.module_utils._record.restarts import restarts_of
from ansible_collections.drover.docker.plugins.module_utils._record.upgrades import (
    ACTIVE,
    PAUSED,
    ROLLING,
    ROLLING_BACK,
    is_complete,
    service_at,
    upgrades_of,
)

from .checks import Broken, claimed
from .containers import Container
from .stacks import images
from .world import SimulatedWorld

Json = dict[str, Any]


def heal(world: SimulatedWorld) -> None:
    """Everything that is no matter of the collection is put right by people."""
    world.swarm.quorum = True
    world.registry.broken.clear()
    world.registry.images = {item.reference: item for item in images()}
    for item in world.registry.images.values():
        item.fails = False
    for remembered in (world.failing_starts, world.full_disks, world.lost_replies):
        remembered.clear()
    world.read_errors.clear()
    for machine in world.machines.values():
        machine.engine.answers = True
        machine.locks.mend()
        machine.pulls.takes_s = 0.0
        machine.power_on()
        for stranger in machine.strangers:
            machine.remove(stranger, with_volumes=True)
        for image in machine.engine.images.values():
            image.fails = False
        for container in machine.ours:
            machine.set_broken(container, broken=False)


def view_of(world: SimulatedWorld, stack: str) -> RecordView:
    """What all copies of a stack's record say together."""
    copies = world.records.copies(stack)
    return view_records(stack, {host: copies.get(host) for host in world.machines})


def is_under_way(world: SimulatedWorld) -> bool:
    """Whether an upgrade or a restart goes on by itself: what it does depends on time."""
    bodies = {stack: view_of(world, stack).valid_body for stack in world.records.all_stacks()}
    return any(map(_moves, bodies.values())) or any(
        _restarts(world, stack, body) for stack, body in bodies.items() if body
    )


def lives_to_end(body: Json | None) -> dict[str, str]:
    """The lives that restarts end, by key."""
    if body is None or body["revisions"][-1]["tombstone"]:
        return {}
    orders = restarts_of(body).values()
    return {key: life for order in orders for key, life in order["members"].items()}


def _restarts(world: SimulatedWorld, stack: str, body: Json) -> bool:
    """Whether a running container has a life that is to end."""
    ends = lives_to_end(body)
    return any(
        member.stack == stack and ends.get(member.key) == generation_of(item.id, item.started_at)
        for member, found in claimed(world).items()
        for _host, item in found
        if item.live
    )


def _moves(body: Json | None) -> bool:
    revision = body["revisions"][-1] if body and body["revisions"] else None
    if body is None or revision is None or revision["tombstone"]:
        return False
    active = [name for name, item in upgrades_of(body).items() if item["phase"] in ACTIVE]
    active = [name for name in active if revision["services"][name]["state"] == "active"]
    return any(
        _ends_by_itself(upgrades_of(body)[name]) or not is_complete(body, name) for name in active
    )


def _ends_by_itself(upgrade: Json) -> bool:
    """Whether it is over only when its rollback, or its confirmation, is."""
    confirms = upgrade["policy"].get("confirm_after_ms") is not None
    return upgrade["phase"] == ROLLING_BACK or confirms


class Expectation:
    """What the records want, compared with what is there. Knows nothing of how the planner gets there."""

    def __init__(self, world: SimulatedWorld, plan: Plan, *, calm: bool) -> None:
        self.world = world
        self.calm = calm
        self.plan = plan
        self.claimed = claimed(world)
        self.bodies: dict[str, Json] = {}
        for stack in world.records.all_stacks():
            body = view_of(world, stack).valid_body
            if body:
                self.bodies[stack] = body

    def check(self) -> None:
        """Raise for the first thing that is not as it should be."""
        for stack, body in self.bodies.items():
            revision = body["revisions"][-1]
            services = {} if revision["tombstone"] else revision["definition"]["services"]
            for name, service in services.items():
                self._check_service(stack, name, service, revision["services"][name], body)
            self._check_copies(stack)
        self._check_nothing_else()
        self._check_addresses()

    def _check_copies(self, stack: str) -> None:
        """Every host knows the valid version to be committed, and has no other."""
        view, copies = view_of(self.world, stack), self.world.records.copies(stack)
        wanted = (view.record or {})["version"]
        found = {host: copies.get(host, {}) for host in self.world.machines}
        stale = [
            host
            for host, copy in found.items()
            if copy.get("version") != wanted or "proposed" in copy
        ]
        self._expect(not stale, f"{stack}: the record on {stale} is not the valid one")

    def _slots(self, stack: str, name: str) -> dict[MemberId, Json]:
        members = self.bodies[stack]["members"]
        ids = {MemberId.of_key(stack, key): entry for key, entry in members.items()}
        return {
            member: entry
            for member, entry in ids.items()
            if not entry["retired"] and member.service == name
        }

    def _members(self, stack: str, name: str) -> dict[int, Json]:
        """The slot of each member that serves. Where an upgrade is held, it may be yet to come."""
        slots = self._slots(stack, name)
        serving = [member for member, entry in slots.items() if not entry.get("role")]
        kept = [member for member, entry in slots.items() if entry.get("role") == KEPT]
        coming = [member for member, entry in slots.items() if entry.get("role") == NEWCOMER]
        for found in (serving, kept, coming):
            indexes = [member.index for member in found]
            self._expect(len(set(indexes)) == len(indexes), f"several slots alike: {slots}")
        if not self._is_held(stack, name):
            missing = {member.index for member in slots} - {member.index for member in serving}
            self._expect(not missing and not coming, f"not done: {slots}")
        return {member.index: slots[member] for member in [*kept, *coming, *serving]}

    def _is_held(self, stack: str, name: str) -> bool:
        """Whether an upgrade waits for a person: it is paused, stopped, or goes on in spite of a failed member."""
        body = self.bodies[stack]
        state = body["revisions"][-1]["services"].get(name, {}).get("state")
        upgrade = upgrades_of(body).get(name)
        if state != "active" or upgrade is None:
            return state != "active"
        tolerates = upgrade["policy"].get("failure_action") == "continue"
        return upgrade["phase"] == PAUSED or (tolerates and upgrade["phase"] == ROLLING)

    def _check_service(
        self, stack: str, name: str, service: Json, desire: Json, body: Json
    ) -> None:
        if holds_members(body, name) and has_failed(body, name):
            return  # its members wait for a person
        members = self._members(stack, name)
        hosts = [host for host in self.world.machines if self._matches(host, service)]
        if service["global"]:
            placed = sorted(entry["host"] for entry in members.values())
            self._expect(
                placed == sorted(hosts),
                f"{stack}/{name} is global, but on {placed} and not on {hosts}",
            )
        else:
            self._check_scale(stack, name, service, desire, hosts, members)
        if self.calm:
            self._check_order(f"{stack}/{name}", service, members, hosts)
        for member, entry in self._slots(stack, name).items():
            if entry.get("role") == KEPT:
                self._check_kept(member, entry)
            else:
                at = service_at(body, name, entry["launch"])
                self._check_member(member, entry, at, desire["state"])

    def _check_order(
        self, service_name: str, service: Json, members: dict[int, Json], hosts: list[str]
    ) -> None:
        """Where nothing went wrong: indexes without a gap, and members spread evenly where nothing ties them."""
        indexes = sorted(members)
        self._expect(
            indexes == list(range(1, len(indexes) + 1)), f"{service_name}: indexes {indexes}"
        )
        tied = service["container"].get("mounts") or service["placement"]["host_label_soft"]
        if not tied and hosts:
            counts = [sum(entry["host"] == host for entry in members.values()) for host in hosts]
            self._expect(
                max(counts) - min(counts) <= 1, f"{service_name} is spread unevenly: {counts}"
            )

    def _matches(self, host: str, service: Json) -> bool:
        return labels_match(self.world.host_labels[host], service["placement"])

    def _check_scale(
        self,
        stack: str,
        name: str,
        service: Json,
        desire: Json,
        hosts: list[str],
        members: dict[int, Json],
    ) -> None:
        ports = [port for port in service["container"].get("ports", []) if port["public"]]
        most = len(hosts) if ports else (desire["scale"] if hosts else 0)
        room = min(desire["scale"], most)
        held = {
            message.index
            for message in self.plan.held
            if (message.stack, message.service) == (stack, name)
        }
        pinned = any(mount["kind"] != "bind" for mount in service["container"].get("mounts", []))
        fits = len(members) >= room or (pinned and len(members) + len(held) >= desire["scale"])
        # members that were placed before a host lost its label stay where they are
        self._expect(
            fits and len(members) <= desire["scale"],
            f"{stack}/{name}: {sorted(members)} of {desire}, {hosts}",
        )

    def _check_kept(self, member: MemberId, entry: Json) -> None:
        """A way back is stopped; a person may have removed it."""
        found = self.claimed.get(member, [])
        hosts = {host for host, _item in found}
        self._expect(hosts <= {entry["host"]}, f"{member} is kept on {entry}, is on {hosts}")
        self._expect(not any(item.live for _host, item in found), f"{member} is kept, and runs")

    def _check_member(self, member: MemberId, entry: Json, service: Json, state: str) -> None:
        found = self.claimed.get(member, [])
        places = [(host, item.status) for host, item in found]
        if state == "stopped":
            self._expect(
                not any(item.live for _host, item in found), f"{member} is stopped, but {places}"
            )
            return
        self._expect(
            [host for host, _item in found] == [entry["host"]],
            f"{member} belongs on {entry}, is {places}",
        )
        container = found[0][1]
        self._expect(container.name == member.container, f"{member} is called {container.name}")
        if state == "active":
            self._check_runs(member, entry, service, container)

    def _check_runs(
        self, member: MemberId, entry: Json, service: Json, container: Container
    ) -> None:
        done = (
            service["start_once"]
            and container.status == "exited"
            and not container.started_at.startswith("0001")
        )
        self._expect(
            done or container.status == "running", f"{member} should run, is {container.status}"
        )
        launch = self.bodies[member.stack]["revisions"][-1]["services"][member.service]["launch"]
        made = {container.labels.get(LABEL_CONFIG_HASH)} & {launch, *entry.get("made", [])}
        if made and entry["launch"] == launch and not done:
            limit = (container.body.get("HostConfig") or {}).get("Memory")
            wanted = service["container"].get("mem_limit")
            self._expect(limit == wanted, f"{member} has a limit of {limit}, not {wanted}")
        if container.status == "running" and service["network"] == "managed":
            address = container.addresses.get(entry["network"])
            self._expect(
                address == entry["address"],
                f"{member} has {container.addresses}, should have {entry}",
            )

    def _check_nothing_else(self) -> None:
        for member, found in self.claimed.items():
            stack = member.stack
            known = stack in self.bodies and self._is_known(member)
            live = known and not self.bodies[stack]["revisions"][-1]["tombstone"]
            if stack not in self.world.forgotten:
                self._expect(
                    live, f"{member} is not wanted, but on {[host for host, _item in found]}"
                )

    def _is_known(self, member: MemberId) -> bool:
        """Whether it is a wanted slot, or the hook of an upgrade that is not confirmed."""
        if member.is_hook:
            entry = hooks_of(self.bodies[member.stack]).get(member.key)
            return entry is not None and not entry["retired"]
        return member in self._slots(member.stack, member.service)

    def _check_addresses(self) -> None:
        seen: dict[tuple[str, str], str] = {}
        for stack, body in self.bodies.items():
            for key, entry in body["members"].items():
                if entry["address"] and not entry["retired"]:
                    owner = seen.setdefault((entry["network"], entry["address"]), f"{stack}/{key}")
                    self._expect(
                        owner == f"{stack}/{key}",
                        f"{owner} and {stack}/{key} both have {entry['address']}",
                    )

    def _expect(self, holds: bool, text: str) -> None:
        if not holds:
            raise Broken(text)
