# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner: derives the operations of one round from the observations and the request.

A pure function of its arguments: no I/O, no clock, no randomness. Private to the collection; docs/schema.md section 9.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.constants import CHECKER_SERVICE, MANAGED_BY_STACK, SYSTEM_STACK
from .._common.names import digest
from .._model.fact import Fact, as_data
from .._model.member import MemberId, service_of
from .._record.copies import RecordView, is_majority, make_record, needed, view_records
from .._record.forgotten import is_forgotten
from .._record.revisions import (
    Request,
    RequestError,
    apply_down,
    apply_scale,
    apply_state,
    apply_up,
    current,
    empty_body,
    is_live,
    rename_hosts,
)
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
from .lost_volumes import LostVolumes
from .operations.member import MemberOperations
from .operations.plan import Plan, RecordWrite
from .schedule.members import Placer
from .schedule.reservations import Reservations
from .situation import has_run
from .system_stack import desired_system, is_needed
from .unused_volumes import UnusedVolumes
from .world.ownership import Claims
from .world.world import World

COMMANDS: dict[str, t.Callable[..., t.Any]] = {
    "scale": apply_scale,
    "stop": apply_state,
    "start": apply_state,
    "down": apply_down,
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
        self.views = {stack: self._view(stack) for stack in self._known_stacks()}
        self.bodies = {stack: view.body for stack, view in self.views.items() if view.body}
        for stack, body in self.bodies.items():
            self.world.prove(stack, rename_hosts(body, request.rename), self.views[stack].ledger)
        self.acted_on = dict(self.bodies)
        """Bodies after this round."""
        self.checkers = Checkers(world, self.bodies.get(SYSTEM_STACK))
        self.dependencies = Dependencies(self.bodies, self._ward)
        self.draining: dict[MemberId, float] = {}
        """Members without new requests from load balancers after this round, with the seconds left."""
        self.judgements: dict[str, dict[str, Judgement]] = {}
        """Running members with a health check, by stack and member key."""

    def run(self) -> Plan:
        """Desired state first for all stacks, then placement by the common reservations, then operations."""
        self._report_hosts()
        self._report_orphans()
        if not self.world.seen:
            self.plan.errors.append(Fact("no_host"))
            return self.plan
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
        self.volumes.list_unused({stack: self._version(stack) for stack in planned}, self.acted_on)
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

    def _known_stacks(self) -> list[str]:
        found = {
            stack for host in self.world.seen for stack in self.world.observation(host)["records"]
        }
        return sorted(found | set(self.request.stacks or []) | {SYSTEM_STACK})

    def _view(self, stack: str) -> RecordView:
        copies = {
            host: self.world.observation(host)["records"].get(stack) for host in self.world.seen
        }
        damaged = [
            host
            for host in self.world.seen
            if stack in self.world.observation(host)["damaged_records"]
        ]
        return view_records(stack, copies, take=self.request.take or None, unreadable=damaged)

    def _selected(self) -> list[str]:
        wanted = self.views if self.request.stacks is None else self.request.stacks
        return sorted(set(wanted) - {SYSTEM_STACK})

    def _usable(self, stack: str) -> bool:
        view = self.views[stack]
        if is_remnant(view):
            return True
        if view.conflict:
            self.plan.errors.append(Fact("records_conflict", {"sides": view.conflict}, stack))
        elif not view.counts and self.request.command not in ("up", "down"):
            self.plan.held.append(Fact("record_left_alone", view.undone[0].as_data, stack))
            return False
        else:
            self.plan.notes += [Fact("record_undone", item.as_data, stack) for item in view.undone]
        return not view.conflict

    def _report_hosts(self) -> None:
        for host, reason in sorted(self.world.faults.items()):
            told = {"reason": reason.as_data}
            self.plan.notes.append(Fact("host_not_seen", told, host=host))
        for host in self.world.seen:
            for stack, error in sorted(self.world.observation(host)["damaged_records"].items()):
                parameters = {"error": error}
                self.plan.notes.append(Fact("record_damaged", parameters, stack, host=host))
        tell_unreadable(self.plan, self.world)

    def _report_orphans(self) -> None:
        """Report containers of stacks without a record; do not change them."""
        found: dict[str, list[str]] = {}
        for host in self.world.seen:
            for item in self.world.containers(host):
                if item["managed"] == MANAGED_BY_STACK and not self.bodies.get(item["stack"]):
                    found.setdefault(item["stack"], []).append(f"{item['name']} on {host}")
        for stack, places in sorted(found.items()):
            if self.request.command != "up" and stack in (self.request.stacks or [stack]):
                self.plan.notes.append(Fact("no_record", {"containers": places}, stack))

    # --- desired state ---

    def _desired(self, stack: str) -> dict[str, t.Any] | None:
        """The body after the command, or None if this round must not change the stack."""
        body = self.bodies.get(stack)
        try:
            if self.request.command == "up":
                return self._up(stack, self.views[stack].valid_body)
            if is_remnant(self.views[stack]):
                plan_deletion(self.plan, self.world, self.views[stack])
                return None
            if self.request.command == "down" and self.request.forget:
                return forget(self.world, stack, body, self.request)
            if self.request.command in COMMANDS:
                return t.cast(
                    "dict[str, t.Any]",
                    COMMANDS[self.request.command](body or empty_body([]), self.request),
                )
        except RequestError as error:
            self.plan.errors.append(dataclasses.replace(error.fact, stack=stack))
            return None
        if body is None:
            if not self.request.forget:
                self.plan.errors.append(Fact("stack_unknown", {}, stack))
            return None
        if is_forgotten(body):
            body = settle(self.world, stack, body)
        return rename_hosts(body, self.request.rename) if self.request.rename else body

    # --- our own services ---

    def balancers(self) -> Balancers:
        """The load balancers after this round."""
        return self._balancers_of(self.acted_on)

    def _balancers_of(self, bodies: dict[str, dict[str, t.Any]]) -> Balancers:
        return Balancers(
            self.world,
            bodies,
            request=self.request,
            draining=self.draining,
            version=self._version,
            ledger=lambda stack: self.views[stack].ledger,
        )

    def _want_system(self, wanted: dict[str, dict[str, t.Any]]) -> None:
        """Keep the checkers as long as any service has a health check."""
        body = self.bodies.get(SYSTEM_STACK)
        if not self._usable(SYSTEM_STACK):
            return
        if body and self.request.rename:
            body = rename_hosts(body, self.request.rename)
        others = {**self.bodies, **wanted}
        others.pop(SYSTEM_STACK, None)
        desired = desired_system(
            body,
            self.request,
            needed=is_needed(others.values()),
            image=self.world.settings.checker_image,
            hosts=self.request.inventory,
        )
        if desired is not None:
            wanted[SYSTEM_STACK] = desired

    def _plan_checkers(self) -> None:
        """Update all checkers' configs, including those for stacks outside this command."""
        body = self.acted_on.get(SYSTEM_STACK)
        if not is_live(body):
            return
        targets = [
            target
            for stack in sorted(set(self.acted_on) - {SYSTEM_STACK})
            for target in targets_of(
                self.world, stack, self.acted_on[stack], self.views[stack].ledger
            )
        ]
        services = (current(body) or {})["definition"]["services"]
        image = services[CHECKER_SERVICE]["image"]
        self.checkers.plan(self.plan, targets, image=image, version=self._version(SYSTEM_STACK))

    def _up(self, stack: str, body: dict[str, t.Any] | None) -> dict[str, t.Any]:
        self._require_network()
        before = body or empty_body(self.request.inventory)
        changed, notes = apply_up(before, self.request, unstarted=self._unstarted(stack, before))
        self.plan.notes += [dataclasses.replace(note, stack=stack) for note in notes]
        if changed is not body:
            changed["revisions"][-1]["digests"] = self._digests(changed)
        return changed

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
            if any(has_run(item) for _host, item in found)
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
        wellbeing, lost = self._ward(stack).wellbeing, self._lost_volumes(stack)
        placer = Placer(stack, desired, reservations, claims, wellbeing, lost)
        body = placer.place_all()
        self.plan.held += placer.held
        accepted = self._record(stack, desired, body)
        if accepted is not None:
            self._converge(stack, accepted, claims)
        if is_forgotten(accepted) and stack not in [write.stack for write in self.plan.records]:
            plan_deletion(self.plan, self.world, self.views[stack])
        return accepted

    def _converge(self, stack: str, body: dict[str, t.Any], claims: Claims) -> None:
        operations = MemberOperations(
            self.plan, self.world, revision=revision_of(body), version=self._version(stack)
        )
        ledger = self.views[stack].ledger
        converger = Converger(
            stack,
            body,
            operations=operations,
            claims=claims,
            ledger=ledger,
            request=self.request,
            checkers=self.checkers,
            is_decided=self._is_decided(stack),
            lost_volumes=self._lost_volumes(stack),
            dependencies=self.dependencies,
        )
        converger.run()
        self.judgements[stack] = converger.healer.judgements
        self.draining.update(converger.drains.still(claims))

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

    def _lost_volumes(self, stack: str) -> LostVolumes:
        view = self.views[stack]
        before, renew = view.valid_body, self.request.new_volumes
        return LostVolumes(self.world, stack, before=before, ledger=view.ledger, renew=renew)

    def _is_decided(self, stack: str) -> bool:
        """Whether a majority has the record, or this round first requires one."""
        written = any(item.required and item.stack == stack for item in self.plan.records)
        return written or self.views[stack].is_proven

    def _version(self, stack: str) -> int:
        """The number of the record that this plan acts on; a host with a newer one refuses."""
        written = [
            write.record["version"]["number"] for write in self.plan.records if write.stack == stack
        ]
        return int(max([self.views[stack].number, *written]))

    def _record(
        self, stack: str, desired: dict[str, t.Any], body: dict[str, t.Any]
    ) -> dict[str, t.Any] | None:
        """Plan the record's write; returns the body to converge to, None if there is nothing to act on."""
        view = self.views[stack]
        before = view.valid_body
        names = {**self.world.down_names.get(stack, {}), **self.request.rename}
        unchanged = before is not None and digest(before) == digest(body) and not view.rivals
        if unchanged and stack not in self.world.down_names:
            self._copy_record(view, body)
            return body
        voters = [names.get(host, host) for host in before["hosts"]] if before else body["hosts"]
        quorums = [voters, body["hosts"]]
        lacking = self._lacking_majority(quorums)
        if lacking:
            return self._without_majority(stack, desired, lacking)
        record = make_record(stack, body, number=view.number + 1, token=self.request.token)
        if names:
            record["renamed"] = names
        cause = self._cause(stack, before, desired)
        seen = list(self.world.seen)
        write = RecordWrite(record, seen, [], quorums, True, cause, self._numbers(stack))
        write.ledgers = self._lost_volumes(stack).ledgers(seen)
        self.plan.records.append(write)
        return body

    def _numbers(self, stack: str) -> dict[str, int]:
        """The record number on each seen host; 0 for none."""
        records = {host: self.world.observation(host)["records"] for host in self.world.seen}
        return {
            host: int(found[stack]["version"]["number"]) if stack in found else 0
            for host, found in records.items()
        }

    def _copy_record(self, view: RecordView, body: dict[str, t.Any]) -> None:
        """Copy the record to hosts that have an older copy or none."""
        outdated = view.outdated
        if is_forgotten(body):  # where the file is deleted already, it is not made again
            outdated = [host for host in outdated if self._numbers(view.stack)[host]]
        if not outdated or view.record is None:
            return
        fields = {key: view.record[key] for key in ("format", "stack", "version", "body")}
        possible = [host for host in body["hosts"] if host not in view.outdated]
        required = not is_majority(body["hosts"], possible)
        write = RecordWrite(
            fields,
            outdated,
            view.holders,
            [body["hosts"]],
            required,
            Fact("copy_outdated"),
        )
        write.ledgers = self._lost_volumes(view.stack).ledgers(outdated)
        self.plan.records.append(write)

    def _lacking_majority(self, quorums: list[list[str]]) -> dict[str, t.Any]:
        """Parameters of the first quorum without a reachable majority; empty if all have one."""
        for hosts in quorums:
            if not is_majority(hosts, self.world.seen):
                reached = [host for host in hosts if host in self.world.seen]
                return {"needed": needed(hosts), "hosts": list(hosts), "reached": reached}
        return {}

    def _without_majority(
        self, stack: str, desired: dict[str, t.Any], lacking: dict[str, t.Any]
    ) -> dict[str, t.Any] | None:
        """Without a majority, change neither desired state nor placement, but repair recorded members in place."""
        before = self.views[stack].valid_body
        self.plan.held = [fact for fact in self.plan.held if fact.stack != stack]
        if before is None or desired is not before:
            told = {"command": self.request.command, **lacking}
            self.plan.errors.append(Fact("no_majority", told, stack))
            return None
        self.plan.held.append(Fact("places_wait", lacking, stack))
        return before

    def _cause(
        self, stack: str, before: dict[str, t.Any] | None, desired: dict[str, t.Any]
    ) -> Fact:
        revision = current(desired)
        if self.request.rename or stack in self.world.down_names:
            return Fact("hosts_renamed")
        if self.views[stack].undone and desired is before:
            return Fact("order_undone")
        if before is None or (
            revision and len(desired["revisions"]) and revision != current(before)
        ):
            return Fact("revision", {"note": revision["note"]}) if revision else Fact("placement")
        return Fact("placement")


def _homes(body: dict[str, t.Any]) -> dict[str, set[str]]:
    """Hosts of each service's members."""
    homes: dict[str, set[str]] = {}
    for key, entry in body["members"].items():
        homes.setdefault(service_of(key), set()).add(entry["host"])
    return homes
