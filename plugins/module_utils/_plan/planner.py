# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner: derives the operations of one round from the observations and the request.

A pure function of its arguments: no I/O, no clock, no randomness. Private to the collection; docs/schema.md section 9.
"""

from __future__ import annotations

import dataclasses
import difflib
import typing as t

from .._common.constants import CHECKER_SERVICE, MANAGED_BY_STACK, SYSTEM_STACK
from .._model.fact import Fact, as_data
from .._model.ledger import drain_of
from .._model.member import MemberId, member_ids, service_of
from .._record.forgotten import is_forgotten
from .._record.handover import naming
from .._record.restarts import apply_restart, without_restarts
from .._record.revisions import (
    Request,
    RequestError,
    StackUnknown,
    apply_confirm,
    apply_down,
    apply_rollback,
    apply_scale,
    apply_state,
    apply_up,
    apply_upgrade,
    current,
    empty_body,
    handover_in,
    is_live,
    rename_hosts,
)
from .._record.volume_moves import apply_move, demand_same_launch
from .balancer.balancers import Balancers
from .balancer.validations import plan_validations
from .converge import Converger, revision_of
from .forgetting import forget, is_remnant, plan_deletion, settle
from .health.checkers import Checkers
from .health.dependencies import Dependencies
from .health.judgement import Judgement
from .health.targets import targets_of
from .health.wellbeing import Ward
from .host_files import sweep, tell_unreadable
from .moved_images import moved_services
from .operations.member import MemberOperations, WantedMember
from .operations.plan import Plan
from .record_writes import RecordWrites
from .records import Records
from .release import newer_release
from .restarts import lives_of, not_restarted, progress_of_restarts
from .schedule.members import Placer
from .schedule.reservations import Reservations
from .situation import has_run
from .system_stack import desired_system, is_needed, other_settings, settings_of
from .unused_volumes import UnusedVolumes
from .upgrade.progress import progress_of
from .upgrade.rollouts import Rollouts
from .upgrade.slots import Slots
from .volume_moves import VolumeMoves
from .world.ownership import Claims
from .world.world import World

COMMANDS: dict[str, t.Callable[..., t.Any]] = {
    "scale": apply_scale,
    "stop": apply_state,
    "start": apply_state,
    "down": apply_down,
    "confirm_upgrade": apply_confirm,
    "rollback": apply_rollback,
    "restart": apply_restart,
    "upgrade": apply_upgrade,
    "volume_move": apply_move,
}


def make_plan(world: World, request: Request) -> Plan:
    """Plan one round for the stacks of the request (None: all stacks known to any reachable host)."""
    return Planner(world, request).run()


class Planner:
    """The state of one planning run; used once."""

    def __init__(self, world: World, request: Request) -> None:
        self.world = world
        self.request = request
        self.plan = Plan()
        self.volumes = UnusedVolumes(self.plan, world, wanted=request.remove_volumes)
        self.records = Records(world, request)
        self.writes = RecordWrites(self.plan, self.records)
        self.views, self.bodies = self.records.views, self.records.bodies
        for stack, view in self.views.items():
            if view.body:
                self.world.prove(stack, rename_hosts(view.body, request.rename), view.ledger)
        self.acted_on = dict(self.bodies)
        """Bodies after this round."""
        self.checkers = Checkers(world, self.bodies.get(SYSTEM_STACK))
        self.dependencies = Dependencies(self.bodies, self._ward)
        self.draining: dict[MemberId, float] = {}
        """Members without new requests from load balancers after this round, with the seconds left."""
        self.lingering: set[MemberId] = set()
        """Replaced slots that serve on until load balancers send requests to what replaces them."""
        self._unseen: dict[MemberId, set[str]] | None = None
        """Load balancers on unseen hosts, with their servers; None until somebody asks."""
        self.judgements: dict[str, dict[str, Judgement]] = {}
        """Running members with a health check, by stack and member key."""

    @property
    def asked_bodies(self) -> dict[str, dict[str, t.Any]]:
        """The bodies of the stacks that the request is about."""
        stacks = self.request.stacks
        return {
            stack: body for stack, body in self.bodies.items() if stacks is None or stack in stacks
        }

    def run(self) -> Plan:
        """Desired state first for all stacks, then placement by the common reservations, then operations."""
        self._report_hosts()
        self._report_orphans()
        if not self.world.seen:
            self.plan.errors.append(Fact("no_host"))
            return self.plan
        self._report_signatures()
        selected = [stack for stack in self._selected() if self._usable(stack)]
        wanted = {
            stack: body for stack in selected for body in [self._desired(stack)] if body is not None
        }
        self._want_system(wanted)
        reservations = Reservations.of(self.world, {**self.bodies, **wanted})
        planned: list[str] = []
        for stack in sorted(wanted, key=lambda name: (name != SYSTEM_STACK, name)):
            accepted = self._plan_stack(stack, wanted[stack], reservations)
            if accepted is not None:
                self.acted_on[stack] = accepted
                planned.append(stack)
            if stack == SYSTEM_STACK:
                self.checkers = Checkers(self.world, self.acted_on.get(stack))
        self.volumes.list_unused(
            {stack: self.writes.version(stack) for stack in planned}, self.acted_on
        )
        self._plan_checkers()
        sweep(self.plan, self.world)
        balancers = self.balancers()
        balancers.plan(self.plan)
        if self.request.command == "up":
            plan_validations(self.plan, self._balancers_of(self.bodies), balancers, selected)
        if self.request.command in ("down", "scale"):
            self.volumes.tell_unknown()
        self._tell_unknown_members()
        if self._is_refused():
            self.plan.refuse()
        return self.plan

    def _is_refused(self) -> bool:
        """Whether a person's command fails for its stack as a whole.

        Later rounds would converge to the stored state and not show the error, so there must be none.
        """
        asked = self.request.stacks or []
        errors = [item for item in self.plan.errors if item.stack in asked and not item.service]
        return bool(errors) and self.request.command not in ("reconcile", "status")

    # --- present state ---

    def _selected(self) -> list[str]:
        known = [name for name, view in self.views.items() if view.record]
        wanted = (
            [*known, *self.records.unknown] if self.request.stacks is None else self.request.stacks
        )
        return sorted(set(wanted) - {SYSTEM_STACK})

    def _usable(self, stack: str) -> bool:
        """Whether this command acts on a stack. If not, the plan says why."""
        view, unknown = self.views[stack], self.records.unknown.get(stack)
        if is_remnant(view):
            return True
        if unknown and (self._is_harmless(unknown) or not self.records.is_barred(stack)):
            self.plan.held.append(unknown)
        elif unknown:
            self.plan.errors.append(unknown)
        elif self.records.is_barred(stack):
            ignored = [*view.undone, *view.pending][0]
            self.plan.held.append(Fact("record_left_alone", ignored.as_data, stack))
        else:
            self.plan.notes += [Fact("record_undone", item.as_data, stack) for item in view.undone]
            self.plan.held += [Fact("record_pending", item.as_data, stack) for item in view.pending]
        return not self.records.is_barred(stack)

    def _is_harmless(self, unknown: Fact) -> bool:
        """Whether a newer release cares for the stack, and this command does not name it."""
        return unknown.code == "record_newer" and unknown.stack not in (self.request.stacks or [])

    def _report_hosts(self) -> None:
        for host, reason in sorted(self.world.faults.items()):
            told = {"reason": reason.as_data}
            if host in self.world.unable:
                self.plan.errors.append(Fact("host_unable", told, host=host))
            else:
                self.plan.notes.append(Fact("host_not_seen", told, host=host))
        for host in self.world.seen:
            if fault := self.world.observation(host).get("lease_fault"):
                self.plan.notes.append(Fact("lease_ignored", {"fault": fault}, host=host))
            for stack, error in sorted(self.world.observation(host)["damaged_records"].items()):
                parameters = {"error": error}
                self.plan.notes.append(Fact("record_damaged", parameters, stack, host=host))
        tell_unreadable(self.plan, self.world)

    def _report_signatures(self) -> None:
        """Report versions that do not count for want of a signature, and records that this control node cannot sign."""
        for stack in sorted(set(self.views) - self.records.unknown.keys()):
            for host, copy in sorted(self.records.unsigned(stack).items()):
                self.plan.notes.append(Fact("record_unsigned", {**copy}, stack, host=host))
        sealed = [stack for stack in sorted(self.views) if self.records.is_sealed(stack)]
        if sealed:
            self.plan.notes.append(Fact("no_record_key", {"stacks": sealed}))
        elif self.request.command == "status" and not self.request.signs and self.bodies:
            self.plan.notes.append(Fact("records_not_signed"))

    def _report_orphans(self) -> None:
        """Report containers of stacks without a record; do not change them."""
        found: dict[str, list[str]] = {}
        known = self.bodies.keys() | self.records.unknown.keys()
        for host in self.world.seen:
            for item in self.world.containers(host):
                if item["managed"] == MANAGED_BY_STACK and item["stack"] not in known:
                    found.setdefault(item["stack"], []).append(f"{item['name']} on {host}")
        for stack, places in sorted(found.items()):
            if self.request.command != "up" and stack in (self.request.stacks or [stack]):
                self.plan.notes.append(Fact("no_record", {"containers": places}, stack))

    # --- desired state ---

    def _desired(self, stack: str) -> dict[str, t.Any] | None:
        """The body after the command, or None if this round must not change the stack."""
        body = self.views[stack].body
        try:
            if self.request.command == "up":
                before = self.views[stack].valid_body
                return demand_same_launch(before, self._up(stack, before))
            if is_remnant(self.views[stack]):
                self._delete_forgotten(stack)
                return None
            if self.request.command == "down" and self.request.forget:
                return forget(self.world, stack, body, self.request)
            if self.request.command in COMMANDS:
                return demand_same_launch(body, self._changed(stack, body or empty_body([])))
        except StackUnknown:
            self.plan.errors.append(self._unknown_stack(stack))
            return None
        except RequestError as error:
            self.plan.errors.append(dataclasses.replace(error.fact, stack=stack))
            return None
        if body is None:
            if not self.request.continued:
                self.plan.errors.append(self._unknown_stack(stack))
            return None
        if is_forgotten(body):
            body = settle(self.world, stack, body)
        return rename_hosts(body, self.request.rename) if self.request.rename else body

    def _unknown_stack(self, stack: str) -> Fact:
        """That no host knows a stack, with the one that may be meant, or all that are up."""
        known = sorted(
            name for name, body in self.bodies.items() if is_live(body) and name != SYSTEM_STACK
        )
        near = difflib.get_close_matches(stack, known, n=1)
        return Fact("stack_unknown", {"near": near[0] if near else "", "known": known}, stack)

    # --- our own services ---

    def balancers(self) -> Balancers:
        """The load balancers after this round."""
        return self._balancers_of(self.acted_on)

    def _balancers_of(
        self, bodies: dict[str, dict[str, t.Any]], draining: dict[MemberId, float] | None = None
    ) -> Balancers:
        return Balancers(
            self.world,
            bodies,
            request=self.request,
            draining=self.draining if draining is None else draining,
            lingering=self.lingering,
            version=self.writes.version,
            ledger=lambda stack: self.views[stack].ledger,
            unknown=self.records.unknown,
        )

    def _want_system(self, wanted: dict[str, dict[str, t.Any]]) -> None:
        """Keep the checkers as long as any service has a health check."""
        body = self.bodies.get(SYSTEM_STACK)
        if not self._usable(SYSTEM_STACK) or self._leaves_system(body):
            return
        if body and self.request.rename:
            body = rename_hosts(body, self.request.rename)
        others = {**self.bodies, **wanted}
        others.pop(SYSTEM_STACK, None)
        desired = desired_system(
            body,
            self.request,
            needed=is_needed(others.values()),
            settings=settings_of(self.world.settings),
            hosts=self.request.inventory,
        )
        if desired is not None:
            wanted[SYSTEM_STACK] = desired
        other = other_settings(desired, settings_of(self.world.settings))
        if other:
            self.plan.notes.append(Fact("system_settings", {"settings": other}, SYSTEM_STACK))

    def _leaves_system(self, body: dict[str, t.Any] | None) -> bool:
        """Whether our own services stay as they are, as it is unknown what a stack wants of them."""
        unknown = sorted(set(self.records.unknown) - {SYSTEM_STACK})
        if unknown and is_live(body):
            self.plan.notes.append(Fact("system_left_alone", {"stacks": unknown}, SYSTEM_STACK))
        newer = newer_release(body, self.request)
        if newer:
            self.plan.notes.append(Fact("system_newer", {"release": newer}, SYSTEM_STACK))
        return bool(unknown or newer)

    def _plan_checkers(self) -> None:
        """Update all checkers' configs, including those for stacks outside this command."""
        body = self.acted_on.get(SYSTEM_STACK)
        if not is_live(body) or self.records.unknown or newer_release(body, self.request):
            return
        targets = [
            target
            for stack in sorted(set(self.acted_on) - {SYSTEM_STACK})
            for target in targets_of(
                self.world,
                stack,
                self.acted_on[stack],
                self.views[stack].ledger,
                self.checkers.mark,
            )
        ]
        services = (current(body) or {})["definition"]["services"]
        image = services[CHECKER_SERVICE]["image"]
        self.checkers.plan(
            self.plan, targets, image=image, version=self.writes.version(SYSTEM_STACK)
        )

    def _up(self, stack: str, body: dict[str, t.Any] | None) -> dict[str, t.Any]:
        self._require_network()
        before = body or empty_body(self.request.inventory)
        unstarted, asks = self._unstarted(stack, before), self.request.pull
        moved = moved_services(self.world, stack, before, self.request) if asks else set()
        changed, notes = apply_up(before, self.request, unstarted=unstarted, moved=moved)
        self.plan.notes += [dataclasses.replace(note, stack=stack) for note in notes]
        if changed is not body:
            changed["revisions"][-1]["digests"] = self._digests(changed)
        return changed

    def _changed(self, stack: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        """The body after a command that changes a known stack."""
        change = COMMANDS[self.request.command]
        if change is apply_upgrade:
            self.plan.notes += self._handover(stack, body)
        if change is apply_rollback:
            return apply_rollback(body, self.request, unstarted=self._unstarted(stack, body))
        if change is apply_restart:
            self.plan.notes += not_restarted(self.world, stack, body, self.request.service)
            return apply_restart(body, self.request, lives_of(self.world, stack, body))
        if change is apply_move:
            return self._moved(stack, body)
        if change is apply_down:
            return without_restarts(apply_down(body, self.request))
        return t.cast("dict[str, t.Any]", change(body, self.request))

    def _handover(self, stack: str, body: dict[str, t.Any]) -> list[Fact]:
        """What a service that takes over from another one is about to do. Raises RequestError if it may not."""
        handover, old, new = (
            handover_in(body, self.request),
            self.request.takes_over,
            self.request.service,
        )
        lacking = self.named_alone(stack)
        if lacking and self.request.update_links and not handover.is_over:
            raise RequestError("handover_links", old=old, new=new, named=lacking)
        told = {"old": old, "new": new, "steps": handover.steps}
        return [] if handover.is_over else [Fact("handover_plan", told, stack)]

    def named_alone(self, stack: str) -> dict[str, list[str]]:
        """What names the service that goes, of those that do not name the one that comes."""
        live = {name: body for name, body in self.bodies.items() if is_live(body)}
        others = naming(live, stack, self.request.service)
        found = naming(live, stack, self.request.takes_over)
        return {who: parts for who, parts in found.items() if len(others.get(who, [])) < len(parts)}

    def _moved(self, stack: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        """The body after a step of the move of a member with its volumes."""
        moves = VolumeMoves(self.world, self.bodies, self.views[stack], self.request)
        after = moves.apply(body)
        self.plan.notes += moves.notes
        return after

    def _require_network(self) -> None:
        """Refuse before anything is recorded if the stack cannot start for want of the network."""
        faults = {host: self.world.network_fault(host) for host in self.world.seen}
        found = {host: fault for host, fault in faults.items() if fault}
        if found and len(found) == len(faults):
            raise RequestError("no_network", faults=as_data(found))

    def _unstarted(self, stack: str, body: dict[str, t.Any]) -> set[str]:
        """Services of which certainly no container has run and is still there: they take a new definition at once."""
        unknown = {
            name for name, hosts in _homes(body).items() if not hosts <= set(self.world.seen)
        }
        ran = {
            member.service
            for member, found in self.world.claims(stack).items()
            if not member.is_hook and any(has_run(item) for _host, item in found)
        }
        services = (current(body) or {"definition": {"services": {}}})["definition"]["services"]
        return set(services) - ran - unknown

    def _digests(self, body: dict[str, t.Any]) -> dict[str, str]:
        """Repository digests of the images that any host has."""
        services = (current(body) or {})["definition"]["services"].values()
        images = {service["image"]: self.world.image(service["image"]) for service in services}
        return {
            name: image["digest"]
            for name, image in sorted(images.items())
            if image and image["digest"]
        }

    # --- one stack ---

    def _plan_stack(
        self, stack: str, desired: dict[str, t.Any], reservations: Reservations
    ) -> dict[str, t.Any] | None:
        """Place, record and converge; returns the body to act on."""
        claims = self.world.claims(stack)
        ward, lost = self._ward(stack), self.writes.lost_volumes(stack)
        ledger = self.views[stack].ledger
        slots = Slots(stack, self.world, claims=claims, ledger=ledger, ward=ward)
        rollouts = Rollouts(slots, self.request)
        placer = Placer(stack, desired, reservations, claims, ward.wellbeing, lost, rollouts)
        body = placer.place_all()
        told = rollouts.told
        self.plan.held += placer.held + told.held
        self.plan.notes += told.notes
        self.plan.errors += told.errors
        moved = {*rollouts.moved, *progress_of_restarts(self.world, stack, body)}
        self.plan.upgrading |= {(stack, name) for name in moved}
        accepted = self.writes.accept(stack, desired, body, step=told.step)
        if accepted is not None:
            self._converge(stack, accepted, claims, told.pulls if accepted is body else [])
        if is_forgotten(accepted) and stack not in [write.stack for write in self.plan.records]:
            self._delete_forgotten(stack)
        return accepted

    def _delete_forgotten(self, stack: str) -> None:
        if not self.records.is_sealed(stack):
            plan_deletion(self.plan, self.world, self.views[stack])

    def _converge(
        self, stack: str, body: dict[str, t.Any], claims: Claims, pulls: list[WantedMember]
    ) -> None:
        operations = MemberOperations(
            self.plan, self.world, revision=revision_of(body), version=self.writes.version(stack)
        )
        for member in pulls:
            operations.pull(member)
        ledger = self.views[stack].ledger
        converger = Converger(
            stack,
            body,
            operations=operations,
            claims=claims,
            ledger=ledger,
            request=self.request,
            checkers=self.checkers,
            is_decided=self.writes.is_decided(stack),
            lost_volumes=self.writes.lost_volumes(stack),
            dependencies=self.dependencies,
            unseen=lambda member: self._unseen_balancers(
                member, but="" if is_live(body) else stack
            ),
        )
        converger.run()
        self.judgements[stack] = converger.healer.judgements
        self.draining.update(converger.drains.still(claims))
        self.lingering |= converger.succession.lingering

    @property
    def upgrades(self) -> list[Fact]:
        """The state of each upgrade, of the stacks that the request is about, that is not confirmed."""
        return [
            state
            for stack in sorted(self.asked_bodies)
            for state in progress_of(self.world, stack, self.acted_on[stack]).values()
        ]

    def _tell_unknown_members(self) -> None:
        """Report the members named for new volumes that do not exist."""
        known = {
            MemberId.of_key(stack, key).place
            for stack, body in (self.acted_on.items() if self.request.new_volumes else ())
            for key in body["members"]
        }
        for place in sorted(set(self.request.new_volumes) - known):
            self.plan.notes.append(Fact("no_such_member", {"member": place}))

    def _ward(self, stack: str) -> Ward:
        claims, ledger = self.world.claims(stack), self.views[stack].ledger
        return Ward(self.world, self.checkers, claims, ledger)

    def _unseen_balancers(self, member: MemberId, *, but: str) -> int:
        """How many load balancers on unseen hosts have a member as a server; without those of one stack."""
        if self._unseen is None:
            noted = {
                member: 0.0
                for stack, view in self.views.items()
                for member in member_ids(stack, view.ledger)
                if drain_of(view.ledger, member.key)
            }
            self._unseen = self._balancers_of(self.bodies, noted).unseen()
        return sum(
            member.dotted in servers
            for balancer, servers in self._unseen.items()
            if balancer.stack != but
        )


def _homes(body: dict[str, t.Any]) -> dict[str, set[str]]:
    """Hosts of each service's members."""
    homes: dict[str, set[str]] = {}
    for key, entry in body["members"].items():
        homes.setdefault(service_of(key), set()).add(entry["host"])
    return homes
