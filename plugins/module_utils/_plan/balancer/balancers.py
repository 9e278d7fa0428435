# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep each load balancer's config in line with its rules and targets. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.backoff import delay_s
from ..._common.constants import RELEASE
from ..._haproxy.render.balancer import render_balancer
from ..._haproxy.render.difference import wanted_states
from ..._haproxy.render.wanted import Wanted
from ..._model.fact import Fact
from ..._model.ledger import Ledger, rejected_config_of
from ..._model.member import MemberId, member_ids
from ..._model.observation import BalancerReport, TrafficReport
from ..._model.operation import BALANCER, CREATE, REMOVE, START, STOP, BalancerArgs
from ..._record.revisions import Request, current, is_live
from ..operations.haproxy_config import (
    FIRST_RESULT_S,
    add_config,
    holds_back,
    is_damaged,
    is_moving,
    is_restarting,
    listening_address,
    makers,
)
from ..operations.plan import Plan
from ..release import newer_release
from ..world.world import World, running_on
from .dead_ends import dead_ends
from .model import build_model
from .routes import Directory, routes_of
from .unknown import unknown_targets

Json = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class BalancerMember:
    """One wanted load balancer container."""

    id: MemberId
    host: str
    service: Json


class Balancers:
    """All load balancers of all stacks in one round."""

    def __init__(
        self,
        world: World,
        bodies: dict[str, Json],
        *,
        request: Request,
        draining: dict[MemberId, float],
        lingering: t.Collection[MemberId] = (),
        version: t.Callable[[str], int],
        ledger: t.Callable[[str], Ledger],
        unknown: t.Collection[str] = (),
    ) -> None:
        self.world = world
        self._bodies = bodies
        self._request = request
        self._draining = draining
        self.version = version
        self._ledger = ledger
        self._directory = Directory(bodies, draining, lingering)
        self._unknown = unknown
        """Stacks of which it is unknown what is wanted."""

    def members(self) -> t.Iterator[BalancerMember]:
        """The load balancers of the live stacks, in order."""
        for stack, body in sorted(self._bodies.items()):
            services = (current(body) or {})["definition"]["services"] if is_live(body) else {}
            for member in member_ids(stack, body["members"]):
                entry, service = body["members"][member.key], services.get(member.service)
                if service and service.get("balancer") and not entry["retired"]:
                    yield BalancerMember(member, entry["host"], service)

    def dead_ends(self, stack: str, service: str, balancer: Json) -> list[Fact]:
        """A fact for each rule of a load balancer that leads nowhere."""
        return dead_ends(self._directory, balancer, stack=stack, service=service)

    def plan(self, plan: Plan) -> None:
        """Add the operations that update the load balancers of the seen hosts, and tell of rules that lead nowhere."""
        services = {(item.id.stack, item.id.service): item.service for item in self.members()}
        for (stack, name), service in services.items():
            plan.notes += self.dead_ends(stack, name, service["balancer"])
        for member in self.members():
            if self.world.is_seen(member.host):
                plan.notes += self.unread_certificates(member.id, member.host)
                self._plan_member(plan, member)

    def unseen(self) -> dict[MemberId, set[str]]:
        """The load balancers on hosts that were not seen, with the servers that they have by their record."""
        found: dict[MemberId, set[str]] = {}
        for member in self.members():
            if not self.world.is_seen(member.host):
                backends = self.model(member.id, member.service)["backends"]
                servers = {server["name"] for item in backends for server in item["servers"]}
                found[member.id] = servers
        return found

    def model(self, member: MemberId, service: Json) -> Json:
        """The model of one load balancer container."""
        body = self._bodies[member.stack]
        entry = body["members"][member.key]
        host, claims = entry["host"], self.world.claims(member.stack).get(member, [])
        certificates = (current(body) or {})["definition"].get("certificates", {})
        model = build_model(
            routes_of(self._directory, service["balancer"]),
            service["balancer"],
            host=host,
            fingerprints={name: item["fingerprint"] for name, item in certificates.items()},
            address=listening_address(self.world, host, claims, entry["address"] or ""),
            published={port["private"] for port in service["container"].get("ports", [])},
        )
        return self._with_folder(model, host, f"{member.stack}/{member.service}")

    def _with_folder(self, model: Json, host: str, service: str) -> Json:
        """The model with the certificates in a volume of the load balancer on this host."""
        seen = self.world.certificate_folder(host, service) if self.world.is_seen(host) else None
        if not seen:
            return model
        found = {**model["certificates"], **seen["certificates"]}
        default = model["default_certificate"] or seen["default"]
        return {**model, "certificates": found, "default_certificate": default}

    def unread_certificates(self, member: MemberId, host: str) -> list[Fact]:
        """Files of certificates in a volume that its host could not read."""
        found = self.world.certificate_folder(host, f"{member.stack}/{member.service}")
        faults = found.get("faults", {}) if found else {}
        return [
            Fact.about(member, "certificate_unreadable", {"path": path, "error": why}, host=host)
            for path, why in sorted(faults.items())
        ]

    def _plan_member(self, plan: Plan, member: BalancerMember) -> None:
        model = self.model(member.id, member.service)
        try:
            config, revision = render_balancer(model)
        except ValueError as error:
            self._tell(plan, member, Fact("config_unwritten", {"error": str(error)}))
            return
        makes = makers(plan, member.host, member.id)
        moves = is_moving(plan, member.host, member.id)
        if not makes and (moves or not self._needs_another(plan, member, config, revision)):
            return
        lacks = self._lacks(member)
        waits = lacks or self._waits(member, revision)
        seen = self._seen(member)
        if waits and (not makes or (seen and seen["file_revision"])):
            if lacks:
                self._hold(plan, member, lacks)
            else:
                self._tell(plan, member, waits)
            return
        args = self.arguments(member, model, revision)
        made = (CREATE.args_of(makes[0]) or START.args_of(makes[0])) if makes else None
        if made:
            args["config_hash"] = made["config_hash"]
        where = (member.host, member.id)
        version = self.version(member.id.stack)
        add_config(plan, BALANCER, args, *where, cause=_cause(model), version=version)

    def _needs_another(
        self, plan: Plan, member: BalancerMember, config: str, revision: str
    ) -> bool:
        """Whether its container answers, will keep running, and has a different config."""
        claims = self.world.claims(member.id.stack).get(member.id, [])
        seen = self._seen(member)
        if self._is_stopped_by(plan, member):
            return False
        if is_damaged(seen, member.host, claims):
            return True
        if not running_on(member.host, claims):
            is_old = seen is None or seen["file_revision"] != revision
            return is_old and is_restarting(member.host, claims)
        if error := holds_back(seen):
            parameters = {"why": Fact("haproxy_silent", {"error": error}).as_data}
            plan.held.append(Fact.about(member.id, "config_kept", parameters, host=member.host))
            return False
        told = (seen["revision"], seen["file_revision"]) if seen else None
        reports = seen["reports"] if seen else []
        return told != (revision, revision) or not _is_followed(config, reports)

    def _seen(self, member: BalancerMember) -> BalancerReport | None:
        """Its report from its host; None if there is none."""
        return self.world.balancers(member.host).get(member.id.dotted)

    def _is_stopped_by(self, plan: Plan, member: BalancerMember) -> bool:
        """Whether this round stops its container, so that updating its config is pointless."""
        return any(
            (STOP.names(item) or REMOVE.names(item)) and MemberId.of(item) == member.id
            for item in plan.operations
        )

    def arguments(self, member: BalancerMember, model: Json, revision: str) -> BalancerArgs:
        """The arguments of the operation that gives a load balancer its config."""
        service = f"{member.id.stack}/{member.id.service}"
        seen = self.world.certificate_folder(member.host, service)
        return BalancerArgs(
            model=model,
            certificates=self._pems(member.id.stack, model),
            folders=seen["folders"] if seen else None,
            revision=revision,
            image=member.service["image"],
            wait_s=FIRST_RESULT_S,
        )

    def _lacks(self, member: BalancerMember) -> Fact | None:
        """Why its config must not change: another release makes it, or its targets are not known; None if it may."""
        newer = newer_release(self._bodies[member.id.stack], self._request)
        if newer:
            return Fact("config_of_newer", {"release": newer, "own": RELEASE})
        stacks = unknown_targets(self._directory, member.service["balancer"], self._unknown)
        return Fact("targets_unknown", {"stacks": stacks}) if stacks else None

    def _waits(self, member: BalancerMember, revision: str) -> Fact | None:
        """Why a recently rejected config is not tried again now; None if it may be."""
        failed = rejected_config_of(self._ledger(member.id.stack), member.id.key)
        if failed is None or failed["revision"] != revision or self._is_asked_for(member):
            return None
        passed = self.world.now(member.host) - failed["last"]
        wait = delay_s(failed["failures"]) - passed
        told = {"error": failed["why"], "wait_s": wait}
        return Fact("config_refused", told) if passed >= 0 and wait > 0 else None

    def _is_asked_for(self, member: BalancerMember) -> bool:
        """Whether a person asks to try it at once."""
        named = {member.id.stack, f"{member.id.stack}/{member.id.service}"} & set(
            self._request.retry
        )
        return bool(named) or (self._request.command == "up" and self._is_meant(member))

    def _is_meant(self, member: BalancerMember) -> bool:
        """Whether the command is about its stack."""
        return self._request.stacks is None or member.id.stack in self._request.stacks

    def _tell(self, plan: Plan, member: BalancerMember, why: Fact) -> None:
        """Report that its old config stays: as an error if the command is about its stack, else as a note."""
        fact = Fact.about(member.id, "config_kept", {"why": why.as_data}, host=member.host)
        (plan.errors if self._is_meant(member) else plan.notes).append(fact)

    def _hold(self, plan: Plan, member: BalancerMember, why: Fact) -> None:
        """Report that its config stays for a reason that the command cannot change."""
        plan.held.append(
            Fact.about(member.id, "config_kept", {"why": why.as_data}, host=member.host)
        )

    def _pems(self, stack: str, model: Json) -> dict[str, str]:
        definition = (current(self._bodies[stack]) or {})["definition"]
        known = definition.get("certificates", {})
        return {name: known[name]["pem"] for name in model["certificates"] if name in known}


def _is_followed(config: str, reports: list[TrafficReport]) -> bool:
    """Whether exactly the servers that the config drains are drained, and all are where the config has them.

    Weights are not compared: a drain at run time does not change them, and a server's agent may set others.
    """
    wanted = wanted_states(config)
    found = [(wanted.get((item["backend"], item["server"])), item) for item in reports]
    return all(
        item["drain"] == (order.disabled or order.weight == 0) and _is_there(item, order)
        for order, item in found
        if order
    )


def _is_there(report: TrafficReport, order: Wanted) -> bool:
    """Whether a server runs at the address and port of the config; a name is not compared."""
    told = report.get("place") or order.place
    return told == order.place or any(char.isalpha() for char in order.place.split(":")[0])


def _cause(model: Json) -> Fact:
    servers = [server for backend in model["backends"] for server in backend["servers"]]
    drained = sum(server["drain"] for server in servers)
    ports = [frontend["port"] for frontend in model["frontends"]]
    return Fact("balances", {"ports": ports, "servers": len(servers), "drained": drained})
