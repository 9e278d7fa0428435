# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each member of a stack needs to be as its record says. Private to the collection.

One method for each situation a member can be in. Pure: operations go into the plan, nothing is done here.
"""

from __future__ import annotations

import typing as t

from .._common.backoff import hold_reason
from .._common.constants import STATE_ACTIVE, STATE_STOPPED, SYSTEM_STACK
from .._common.times import parse_time
from .._model.entry import MemberEntry
from .._model.generation import generation_of
from .._model.ledger import Ledger, health_of
from .._model.member import MemberId, member_ids
from .._model.operation import UNPAUSE, NoArgs
from .._record.revisions import Request, current, is_live
from .balancer.drains import Drains
from .health.checkers import Checkers
from .health.repairs import Healer
from .operations.member import MemberOperations, WantedMember
from .operations.member_network import MemberNetwork
from .operations.plan import Message
from .schedule.hosts import labels_match
from .world.crash_loop import is_crash_loop
from .world.ownership import LIVE_STATES, Claims, Located, Stranger, is_earlier_life, takes_from
from .world.world import Container, World


class Converger:
    """Plans the operations of one stack."""

    def __init__(
        self,
        stack: str,
        body: dict[str, t.Any],
        *,
        operations: MemberOperations,
        claims: Claims,
        ledger: Ledger,
        request: Request,
        checkers: Checkers,
        is_decided: bool,
    ) -> None:
        """C(is_decided): whether a majority of the stack's hosts is known to have this body, or will be."""
        self.stack = stack
        self.body = body
        self.operations = operations
        self.network = MemberNetwork(operations)
        self.world: World = operations.world
        self.plan = operations.plan
        self.claims = claims
        self.ledger = ledger
        self.request = request
        self._is_decided = is_decided
        self.drains = Drains(operations, ledger, stack=stack, live=is_live(body))
        self.healer = Healer(
            operations, ledger=ledger, checkers=checkers, drains=self.drains, is_retry=self._retry
        )
        self._running: list[tuple[WantedMember, Container]] = []

    def run(self) -> None:
        """Plan for every member, those first that others depend on; then for what is not wanted."""
        revision = self.operations.revision
        services = revision["definition"]["services"] if is_live(self.body) else {}
        for name in creation_order(services):
            self._service(name, services[name], revision["services"][name]["state"])
        self._unwanted()
        self.drains.undo_rest(self.claims)

    def _service(self, name: str, service: dict[str, t.Any], state: str) -> None:
        """All members of a service; then their health, which is judged together."""
        members = []
        for member in member_ids(self.stack, self.body["members"]):
            entry = self.body["members"][member.key]
            if member.service == name and not entry["retired"]:
                members.append(WantedMember(member, entry, service, state))
        self._running = []
        for wanted in members:
            self._member(wanted)
        if self._running and service.get("health_check"):
            self.healer.service(members, self._running, free=self._is_free)

    def _is_free(self, member: WantedMember) -> bool:
        return not self._held_back(member)

    # --- wanted members ---

    def _member(self, member: WantedMember) -> None:
        found = self.claims.get(member.id, [])
        old = [claim for claim in found if is_earlier_life(*claim, member.entry)]
        for host, container in old:
            if self._may_take_away(host, container):
                self.operations.remove(
                    host, container, f"superseded: the member is on {member.host} now"
                )
        claims = [claim for claim in found if claim not in old]
        if len(claims) > 1 or any(host != member.host for host, _container in claims):
            self._conflict(member, claims)
        elif not self.world.is_seen(member.host):
            self.operations.hold(member, "its host was not seen; taken as present")
        elif claims:
            self._check_labels(member)
            self._existing(member, claims[0][1])
        elif member.state != STATE_STOPPED:
            self._missing(member)

    def _check_labels(self, member: WantedMember) -> None:
        """A member of a scaled service stays where it is when labels change; that is worth a word."""
        if not labels_match(self.world.labels(member.host), member.service["placement"]):
            self._note(member, "the labels of its host do not match any more; it is not moved")

    def _conflict(self, member: WantedMember, found: list[Located]) -> None:
        places = ", ".join(
            f"{container['name']} ({container['id'][:12]}) on {host}" for host, container in found
        )
        text = f"recorded on {member.host}, but its labels are on: {places}; left alone; remove the wrong one"
        self._error(member, text)

    def _missing(self, member: WantedMember) -> None:
        if self._is_impersonated(member):
            return
        holder = self.world.names(member.host).get(member.id.container)
        if holder:
            name = f"the name {member.id.container} on {member.host} ({holder[:12]})"
            self._error(member, f"another container holds {name}; rename or remove it")
        elif not self._held_back(member):
            self._make(member)

    def _is_impersonated(self, member: WantedMember) -> bool:
        """Whether a stranger with this member's labels has what is the member's: two must never write to one volume."""
        for stranger in self.world.strangers_of(member.id):
            taken = takes_from(stranger, member.entry)
            if taken:
                name = stranger.container["name"]
                text = f"container {name} uses its {taken}: remove it, or call it {member.id.container} again"
                self._error(member, text)
                return True
        return False

    def _make(self, member: WantedMember, *, after: t.Iterable[int] = ()) -> None:
        created = self.operations.create(member, after=after)
        if member.state == STATE_ACTIVE:
            self.operations.start(member, "new container", after=[created])

    def _existing(self, member: WantedMember, container: Container) -> None:
        if container["config_hash"] != self.operations.hash(member):
            if not has_run(container) and member.state != STATE_STOPPED:
                self._replace(member, container, "made from another definition and never run")
                return
            if self.stack == SYSTEM_STACK:
                self._renew(member, container)
                return
            self._note(member, "runs with another definition than the recorded one; left as it is")
        if member.state == STATE_STOPPED:
            self._deactivate(member, container)
        elif container["state"] in ("running", "restarting"):
            self._alive(member, container)
        elif member.state == STATE_ACTIVE:
            self._revive(member, container)

    def _renew(self, member: WantedMember, container: Container) -> None:
        """Our own services follow their definition at once, one container after the other."""
        if any(item["stack"] == SYSTEM_STACK for item in self.plan.operations):
            self.operations.hold(member, "waits until another host's is replaced")
        else:
            self._replace(member, container, "its definition changed")

    def _deactivate(self, member: WantedMember, container: Container) -> None:
        cause = "the service is stopped"
        if container["state"] not in LIVE_STATES or not self._may_take_away(member.host, container):
            return
        if self.drains.is_over(member.host, container, cause):
            thaw = [self._unpause(member, container)] if container["state"] == "paused" else []
            self.operations.stop(
                member.host,
                container,
                cause,
                service=member.service,
                after=thaw,
            )

    def _alive(self, member: WantedMember, container: Container) -> None:
        restarting = container["state"] == "restarting"
        if is_crash_loop(container, self.world.now(member.host)):
            # While it happens to run, the engine reports exit code 0.
            code = f", exit code {container['exit_code']}" if restarting else ""
            times = f"restarted {container['restart_count']} times by the engine"
            self.operations.hold(member, f"crash loop: {times}{code}")
        if not restarting and not self.network.check(member, container):
            self._running += [(member, container)] if member.state == STATE_ACTIVE else []

    def _revive(self, member: WantedMember, container: Container) -> None:
        """A container that exists but does not run."""
        state = container["state"]
        if state == "paused":
            self._unpause(member, container)
        elif state == "removing":
            self.operations.hold(member, "the engine is removing its container")
        elif member.service["start_once"] and state == "exited":
            return
        elif not self._held_back(member) and not self._is_impersonated(member):
            self._start_again(member, container)

    def _start_again(self, member: WantedMember, container: Container) -> None:
        if container["state"] == "dead":
            self._replace(member, container, "dead: the engine cannot start it again")
            return
        if self._is_half_repaired(member, container):
            self._replace(
                member, container, "stopped to be replaced for its health, by a run that ended"
            )
            return
        after = self.network.check(member, container)
        self.operations.start(
            member, stopped_because(container), after=after, container_id=container["id"]
        )

    def _is_half_repaired(self, member: WantedMember, container: Container) -> bool:
        """Whether its repair was begun and not finished: started again it would be as sick as it was."""
        health = health_of(self.ledger, member.id.key)
        generation = generation_of(container["id"], container["started_at"])
        return bool(health and health["repairing"] and health["generation"] == generation)

    def _replace(self, member: WantedMember, container: Container, cause: str) -> None:
        if not self._held_back(member):
            self._make(member, after=[self.operations.remove(member.host, container, cause)])

    def _unpause(self, member: WantedMember, container: Container) -> int:
        return self.operations.on(UNPAUSE, NoArgs(), member.host, container, cause="paused")

    def _held_back(self, member: WantedMember) -> bool:
        """Whether the member has to wait: its network is down, or it failed lately."""
        managed = member.service["network"] == "managed"
        reason = self.world.network_fault(member.host) if managed else ""
        if not reason and not self._retry(member):
            reason = hold_reason(
                self.ledger.get(member.id.key, {}),
                config_hash=self.operations.hash(member),
                now=self.world.now(member.host),
            )
        if reason:
            self.operations.hold(member, reason)
        return bool(reason)

    def _retry(self, member: WantedMember) -> bool:
        asked = self.request.command in ("up", "scale", "start")
        named = {self.stack, f"{self.stack}/{member.id.service}"} & set(self.request.retry)
        return asked or bool(named)

    def _error(self, member: WantedMember, text: str) -> None:
        self.plan.errors.append(Message.about(member.id, text))

    def _note(self, member: WantedMember, text: str) -> None:
        self.plan.notes.append(Message.about(member.id, text, member.host))

    # --- what is not wanted ---

    def _unwanted(self) -> None:
        """Containers of retired members go; what no record proves to be ours is shown and left alone."""
        for member, found in sorted(self.claims.items()):
            entry = self.body["members"].get(member.key)
            for host, container in found:
                if entry is None:
                    text = f"container {container['name']} has labels of a member that no record knows; left alone"
                    self.plan.notes.append(Message.about(member, text, host))
                elif entry["retired"] and _is_at_home(host, container, entry):
                    self._take_away(host, container)
                elif entry["retired"]:
                    self._show(Stranger(host, container, f"its member was on {entry['host']}"))
        for stranger in self.world.strangers(self.stack):
            self._show(stranger)

    def _take_away(self, host: str, container: Container) -> None:
        reason = self._reason_to_remove(container["service"])
        if self._may_take_away(host, container) and self.drains.is_over(
            host, container, reason, leaves=True
        ):
            self.operations.remove(host, container, reason, leaves=True)

    def _may_take_away(self, host: str, container: Container) -> bool:
        """Whether the record that wants a container away is known to count; a minority's may never have."""
        if not self._is_decided:
            text = "not wanted any more, but no majority of the stack's hosts was seen to say so; left as it is"
            self.operations.hold_container(host, container, text)
        return self._is_decided

    def _show(self, stranger: Stranger) -> None:
        container = stranger.container
        text = f"container {container['name']} has labels of this member but is not its own: {stranger.why}; left alone"
        self.plan.notes.append(Message.about(MemberId.of(container), text, stranger.host))

    def _reason_to_remove(self, name: str) -> str:
        if not is_live(self.body):
            return "the stack is down"
        known = name in self.operations.revision["definition"]["services"]
        return "scaled down" if known else "the service was removed"


def _is_at_home(host: str, container: Container, entry: MemberEntry) -> bool:
    return bool(host == entry["host"]) or is_earlier_life(host, container, entry)


def revision_of(body: dict[str, t.Any]) -> dict[str, t.Any]:
    """The current revision, or an empty one."""
    empty = {"number": 0, "definition": {"services": {}, "volumes": {}}, "services": {}}
    return current(body) or empty


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


def has_run(container: Container) -> bool:
    """Whether the container was ever started: the engine dates that with year 1 otherwise."""
    return container["state"] != "created" or parse_time(container["started_at"]) > 0


def stopped_because(container: Container) -> str:
    """Why a container does not run, as far as its inspection tells."""
    if container["state"] == "created":
        return "not started yet"
    if container["oom"]:
        return f"out of memory (exit code {container['exit_code']})"
    if container["error"]:
        return f"failed to start: {container['error']}"
    return f"stopped (exit code {container['exit_code']})"
