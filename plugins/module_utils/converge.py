# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that bring one stack's containers to what its record says. Private to the collection.

One method for each situation a member can be in. Pure: operations go into the plan, nothing is done here.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .backoff import hold_reason
from .compose.hashing import config_hash
from .constants import (
    BRIDGE_NETWORK,
    MANAGED_BY_STACK,
    OVERLAY_NETWORK,
    STATE_ACTIVE,
    STATE_STOPPED,
    STOP_GRACE_S,
)
from .names import aliases, container_name, member_key, split_member_key
from .operations import Message, Plan
from .revisions import Request, current, is_live
from .settle import Claims
from .times import parse_time
from .world import Container, World

LIVE_STATES = ("running", "paused", "restarting")
CRASH_LOOP_RESTARTS = 3
CRASH_LOOP_WINDOW_S = 60.0
"""The engine waits up to a minute between restarts: one that ran for longer has left its loop."""


@dataclasses.dataclass(frozen=True)
class Member:
    """A member as the record has it, with its service and what it should be doing."""

    stack: str
    name: str
    index: int
    entry: dict[str, t.Any]
    service: dict[str, t.Any]
    state: str

    @property
    def container(self) -> str:
        """The name of its container."""
        return container_name(self.stack, self.name, self.index)


class Converger:
    """Plans the operations of one stack."""

    def __init__(
        self,
        stack: str,
        body: dict[str, t.Any],
        *,
        world: World,
        plan: Plan,
        claims: Claims,
        life: dict[str, t.Any],
        request: Request,
        version: int,
    ) -> None:
        self.stack = stack
        self.body = body
        self.world = world
        self.plan = plan
        self.claims = claims
        self.life = life
        self.request = request
        self.version = version
        self.revision = current(body) or {
            "number": 0,
            "definition": {"services": {}, "volumes": {}},
            "services": {},
        }
        self.definition = self.revision["definition"]
        self._starts: dict[tuple[str, str], list[int]] = {}

    def run(self) -> None:
        """Plan for every member, those first that others depend on."""
        services = self.definition["services"] if is_live(self.body) else {}
        for name in creation_order(services):
            for key in sorted(self.body["members"], key=split_member_key):
                entry = self.body["members"][key]
                service, index = split_member_key(key)
                if service == name and not entry["retired"]:
                    state = self.revision["services"][name]["state"]
                    self._member(Member(self.stack, name, index, entry, services[name], state))
        self._unwanted()

    # --- wanted members ---

    def _member(self, member: Member) -> None:
        found = self.claims.get((member.name, member.index), [])
        current_claims = [claim for claim in found if not self._superseded(member, claim)]
        for host, container in found:
            if (host, container) not in current_claims:
                self._remove(
                    host, container, f"superseded: the member is on {member.entry['host']} now"
                )
        host = member.entry["host"]
        if len(current_claims) > 1 or any(place != host for place, _container in current_claims):
            self._conflict(member, current_claims)
        elif not self.world.is_seen(host):
            self._hold(member, self.world.faults.get(host, "not in the inventory"))
        elif current_claims:
            self._existing(member, current_claims[0][1])
        elif member.state != STATE_STOPPED:
            self._missing(member)

    def _superseded(self, member: Member, claim: tuple[str, Container]) -> bool:
        """An older life of the member, left on a host where it is no longer recorded."""
        host, container = claim
        older = container["create_index"] < member.entry["create_index"]
        return bool(older and host != member.entry["host"])

    def _conflict(self, member: Member, found: list[tuple[str, Container]]) -> None:
        places = ", ".join(
            f"{container['name']} ({container['id'][:12]}) on {host}" for host, container in found
        )
        text = f"recorded on {member.entry['host']}, but its labels are on: {places}; left alone; remove the wrong one"
        self.plan.errors.append(Message(text, self.stack, member.name, member.index))

    def _missing(self, member: Member) -> None:
        host = member.entry["host"]
        holder = self.world.names(host).get(member.container)
        if holder:
            text = f"another container holds the name {member.container} on {host} ({holder[:12]}); rename or remove it"
            self.plan.errors.append(Message(text, self.stack, member.name, member.index))
            return
        if self._held_back(member):
            return
        created = self._create(member)
        if member.state == STATE_ACTIVE:
            self._start(member, "new container", after=[created])

    def _existing(self, member: Member, container: Container) -> None:
        if member.state == STATE_STOPPED:
            self._deactivate(member, container)
        elif container["state"] in ("running", "restarting"):
            self._note_crash_loop(member, container)
            if container["state"] == "running":
                self._check_network(member, container)
        elif member.state == STATE_ACTIVE:
            self._revive(member, container)

    def _deactivate(self, member: Member, container: Container) -> None:
        if container["state"] in LIVE_STATES:
            thaw = self._unpause(member, container) if container["state"] == "paused" else []
            self._stop(
                member.entry["host"],
                container,
                "the service is stopped",
                after=thaw,
                service=member.service,
            )

    def _revive(self, member: Member, container: Container) -> None:
        """A container that exists but does not run."""
        state = container["state"]
        if state == "paused":
            self._unpause(member, container)
        elif state == "removing":
            self._hold(member, "the engine is removing its container")
        elif member.service["start_once"] and state == "exited":
            return
        elif not self._held_back(member):
            self._start_again(member, container)

    def _start_again(self, member: Member, container: Container) -> None:
        if container["state"] == "dead":
            removed = self._remove(
                member.entry["host"], container, "dead: the engine cannot start it again"
            )
            self._start(member, "new container", after=[self._create(member, after=[removed])])
            return
        after = self._check_network(member, container)
        self._start(member, stopped_because(container), after=after, container_id=container["id"])

    def _note_crash_loop(self, member: Member, container: Container) -> None:
        age_s = self.world.now(member.entry["host"]) - parse_time(container["started_at"])
        recent = container["state"] == "restarting" or age_s < CRASH_LOOP_WINDOW_S
        if recent and container["restart_count"] >= CRASH_LOOP_RESTARTS:
            times = f"restarted {container['restart_count']} times by the engine"
            self._hold(member, f"crash loop: {times}, exit code {container['exit_code']}")

    def _held_back(self, member: Member) -> bool:
        """Whether the member has to wait: its network is down, or it failed lately."""
        host = member.entry["host"]
        reason = self.world.network_fault(host) if member.service["network"] == "managed" else ""
        if not reason and not self._retry(member):
            life = self.life.get(member_key(member.name, member.index), {})
            reason = hold_reason(life, config_hash=self._hash(member), now=self.world.now(host))
        if reason:
            self._hold(member, reason)
        return bool(reason)

    def _retry(self, member: Member) -> bool:
        asked = self.request.command in ("up", "scale", "start")
        return (
            asked
            or f"{self.stack}/{member.name}" in self.request.retry
            or self.stack in self.request.retry
        )

    # --- the network ---

    def _check_network(self, member: Member, container: Container) -> list[int]:
        """Put a member back on the managed network; returns what a start has to wait for."""
        network = self.world.settings.network
        if member.service["network"] != "managed" or not member.entry["address"]:
            return []
        have = container["networks"].get(network)
        if have is None:
            return self._connect(member, container, f"not on the network {network}")
        if (
            container["state"] == "running"
            and have["address"]
            and have["address"] != member.entry["address"]
        ):
            off = self._disconnect(
                member,
                container,
                network,
                f"has {have['address']}, should have {member.entry['address']}",
            )
            return self._connect(
                member, container, f"should have {member.entry['address']}", after=[off]
            )
        self._leave_old_network(member, container, after=[])
        return []

    def _connect(
        self, member: Member, container: Container, cause: str, *, after: t.Iterable[int] = ()
    ) -> list[int]:
        host = member.entry["host"]
        fault = self.world.network_fault(host)
        if fault:
            self._hold(member, fault)
            return []
        args = {
            "network": self.world.settings.network,
            "address": member.entry["address"],
            "aliases": aliases(self.stack, member.name),
            "links": endpoint_links(member.service),
        }
        done = self._add("connect", host, container, cause=cause, args=args, after=after)
        self._leave_old_network(member, container, after=[done])
        return [done]

    def _leave_old_network(
        self, member: Member, container: Container, *, after: t.Iterable[int]
    ) -> None:
        """After the move from one host to several (or back) the other managed network is left."""
        other = BRIDGE_NETWORK if self.world.settings.overlay else OVERLAY_NETWORK
        if other in container["networks"]:
            self._disconnect(
                member,
                container,
                other,
                f"the network is {self.world.settings.network} now",
                after=after,
            )

    def _disconnect(
        self,
        member: Member,
        container: Container,
        network: str,
        cause: str,
        *,
        after: t.Iterable[int] = (),
    ) -> int:
        return self._add(
            "disconnect",
            member.entry["host"],
            container,
            cause=cause,
            args={"network": network},
            after=after,
        )

    def _bridge(self, host: str) -> list[int]:
        """On a single host the first member makes the network."""
        settings = self.world.settings
        if settings.overlay or settings.network in self.world.observation(host)["networks"]:
            return []
        for item in self.plan.operations:
            if item["kind"] == "network" and item["host"] == host:
                return [item["id"]]
        args = {"name": settings.network, "subnet": settings.subnet}
        return [self.plan.add("network", host, cause="no managed network yet", args=args)]

    # --- single operations ---

    def _create(self, member: Member, *, after: t.Iterable[int] = ()) -> int:
        host = member.entry["host"]
        waits = [*after, *self._dependencies(member), *self._pull(member)]
        if member.service["network"] == "managed":
            waits += self._bridge(host)
        cause = (
            "no container"
            if member.state == STATE_ACTIVE
            else "no container; start_on_create is false"
        )
        return self.plan.add(
            "create",
            host,
            cause=cause,
            after=waits,
            args=self._create_args(member),
            **self._fields(member),
        )

    def _create_args(self, member: Member) -> dict[str, t.Any]:
        managed = member.service["network"] == "managed"
        return {
            "service": member.service,
            "declared": self.definition["volumes"],
            "create_index": member.entry["create_index"],
            "revision": self.revision["number"],
            "config_hash": self._hash(member),
            "managed": MANAGED_BY_STACK,
            "network": self.world.settings.network if managed else member.service["network"],
            "address": member.entry["address"] or None,
            "volumes": member.entry["volumes"],
        }

    def _dependencies(self, member: Member) -> list[int]:
        """Starts on the same host that the file wants first (depends_on orders creation only)."""
        host = member.entry["host"]
        return [
            item
            for name in member.service["depends_on"]
            for item in self._starts.get((name, host), [])
        ]

    def _pull(self, member: Member) -> list[int]:
        """One pull for each image and host, where it is missing or always wanted."""
        host, image = member.entry["host"], member.service["image"]
        always = member.service["pull"] == "always"
        if self.world.image(image, host) and not always:
            return []
        for item in self.plan.operations:
            if item["kind"] == "pull" and item["host"] == host and item["args"]["image"] == image:
                return [item["id"]]
        cause = "pull_image: always" if always else "image not present"
        return [
            self.plan.add(
                "pull",
                host,
                cause=cause,
                stack=self.stack,
                service=member.name,
                args={"image": image},
            )
        ]

    def _start(
        self, member: Member, cause: str, *, after: t.Iterable[int] = (), container_id: str = ""
    ) -> None:
        fields = {**self._fields(member), "container_id": container_id}
        args = {"config_hash": self._hash(member)}
        started = self.plan.add(
            "start", member.entry["host"], cause=cause, after=after, args=args, **fields
        )
        self._starts.setdefault((member.name, member.entry["host"]), []).append(started)

    def _unpause(self, member: Member, container: Container) -> list[int]:
        return [self._add("unpause", member.entry["host"], container, cause="paused")]

    def _stop(
        self,
        host: str,
        container: Container,
        cause: str,
        *,
        after: t.Iterable[int] = (),
        service: dict[str, t.Any] | None = None,
    ) -> int:
        options = service["container"] if service else {}
        args = {"timeout_s": float(options.get("stop_grace_period_s", STOP_GRACE_S))}
        return self._add("stop", host, container, cause=cause, args=args, after=after)

    def _remove(self, host: str, container: Container, cause: str) -> int:
        after = []
        if container["state"] in ("running", "restarting"):
            after = [
                self._stop(
                    host,
                    container,
                    cause,
                    service=self.definition["services"].get(container["service"]),
                )
            ]
        return self._add("remove", host, container, cause=cause, after=after)

    def _add(
        self,
        kind: str,
        host: str,
        container: Container,
        *,
        cause: str,
        args: dict[str, t.Any] | None = None,
        after: t.Iterable[int] = (),
    ) -> int:
        """An operation on a container that exists."""
        fields = {key: container[key] for key in ("stack", "service", "index")}
        fields["version"] = self.version
        names = {"container": container["name"], "container_id": container["id"]}
        return self.plan.add(
            kind, host, cause=cause, after=after, args=args or {}, **fields, **names
        )

    def _fields(self, member: Member) -> dict[str, t.Any]:
        return {
            "version": self.version,
            "stack": self.stack,
            "service": member.name,
            "index": member.index,
            "container": member.container,
        }

    def _hash(self, member: Member) -> str:
        return config_hash(member.service, self.definition["volumes"])

    def _hold(self, member: Member, reason: str) -> None:
        self.plan.held.append(
            Message(reason, self.stack, member.name, member.index, member.entry["host"])
        )

    # --- what is not wanted ---

    def _unwanted(self) -> None:
        """Containers of retired members go; containers that no record knows are shown and left alone."""
        for (name, index), found in sorted(self.claims.items()):
            entry = self.body["members"].get(member_key(name, index))
            for host, container in found:
                if entry is None and is_live(self.body):
                    text = f"container {container['name']} has labels of a member that no record knows; left alone"
                    self.plan.notes.append(Message(text, self.stack, name, index, host))
                elif entry is None or entry["retired"]:
                    self._remove(host, container, self._reason_to_remove(name))

    def _reason_to_remove(self, name: str) -> str:
        if not is_live(self.body):
            return "the stack is down"
        return "scaled down" if name in self.definition["services"] else "the service was removed"


def creation_order(services: dict[str, t.Any]) -> list[str]:
    """Service names, dependencies first, else by name. Cycles were refused at load."""
    done: list[str] = []

    def visit(name: str) -> None:
        if name not in done and name in services:
            for dependency in sorted(services[name]["depends_on"]):
                visit(dependency)
            done.append(name)

    for name in sorted(services):
        visit(name)
    return done


def endpoint_links(service: dict[str, t.Any]) -> list[str]:
    """Links as the engine's endpoint wants them: any alias of the target, then the name the consumer uses."""
    return [f"{link['service']}.{link['stack']}:{link['alias']}" for link in service["links"]]


def stopped_because(container: Container) -> str:
    """Why a container does not run, as far as its inspection tells."""
    if container["state"] == "created":
        return f"not started yet: {container['error']}" if container["error"] else "not started yet"
    if container["oom"]:
        return f"out of memory (exit code {container['exit_code']})"
    if container["error"]:
        return f"failed to start: {container['error']}"
    return f"stopped (exit code {container['exit_code']})"
