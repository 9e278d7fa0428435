# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checker checks which member, and the config of each checker. Private to the collection; pure.

A host's checker checks the targets that it was chosen for and, as a witness, all targets on its own host.
"""

from __future__ import annotations

import functools
import hashlib
import re
import typing as t

from ..._common.constants import CHECKER_SERVICE, SKIP_CHECKER_LABEL, SYSTEM_STACK
from ..._haproxy.render.checker import CONTROL_PORT, Written, render_checker
from ..._model.fact import Fact
from ..._model.member import MemberId, member_ids
from ..._model.observation import CheckerReport
from ..._model.operation import CHECKER, CheckerArgs
from ..._record.revisions import current
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
from ..world.world import World, running_on
from .ring import ring_of
from .targets import CheckedMember, mark_of
from .votes import CONTROL, Opinion, Report

Body = t.Dict[str, t.Any]
Place = t.Tuple[str, str]
"""The backend and the server of a report."""

CHECKERS = 3
"""Number of checkers for each container, as in Rancher."""
MOST_CONTROLS = 50
"""In a larger fleet a checker has the control targets of the hosts of its own targets only, not of all hosts."""
REPORT_COUNTS_FOR_S = 120.0
"""Reports are as old as the look at their host: with few forks and many hosts, or late in a long pass, for a minute or
more. They count, as the host of a sick member looks at it again before it is replaced (_act/second_look.py). Older ones
do not, and that is said."""


class Share(t.NamedTuple):
    """A target of a checker: its host, and its check."""

    host: str
    check: dict[str, t.Any]


class Checkers:
    """The checkers of all hosts: their records in the system stack, and their reports."""

    def __init__(self, world: World, body: Body | None) -> None:
        self._world = world
        self._members = _members(body)
        self._ages = {host: world.age_s(host) for host in world.seen}
        self._old = {host for host, age_s in self._ages.items() if age_s > REPORT_COUNTS_FOR_S}
        self._reports = {host: world.reports(host) for host in world.seen if host not in self._old}
        self._check_own_host = _checks_own_host(body, world)
        self.candidates = [host for host in sorted(self._members) if self._may_check(host)]
        self._ring = ring_of(tuple(self.candidates))
        self._may_be_chosen = frozenset(self.candidates)
        self._written = Written()
        self._marks: dict[int, tuple[dict[str, t.Any], str]] = {}
        self._chosen: dict[tuple[MemberId, str], list[str]] = {}

    def _may_check(self, host: str) -> bool:
        """Whether a host may get checks. A host outside this run keeps those that it has."""
        if not self._world.is_seen(host):
            return host not in self._world.silent
        skip = self._world.labels(host).get(SKIP_CHECKER_LABEL) == "skip"
        return not skip and not self._world.network_fault(host)

    def chosen(self, target: CheckedMember) -> list[str]:
        """Hosts whose checkers vote on this target."""
        key = (target.id, target.host)
        if key not in self._chosen:
            self._chosen[key] = self._choose(target)
        return self._chosen[key]

    def _choose(self, target: CheckedMember) -> list[str]:
        others = self._ring.choose(target.id.place, CHECKERS, without=target.host)
        own = target.host in self._may_be_chosen
        if own and (len(self.candidates) < CHECKERS or self._check_own_host):
            return sorted([target.host, *others[: CHECKERS - 1]])
        return sorted(others)

    def opinions(self, target: CheckedMember) -> tuple[list[Opinion], Opinion]:
        """The opinions of the chosen checkers, and that of the checker on the target's own host, chosen or not."""
        place = (target.backend, target.server)
        control = (CONTROL, control_name(target.host))
        asked = [*self.chosen(target), target.host]
        *found, witness = (self._opinion(host, target, place, control) for host in asked)
        if any(item.report and item.report["status"] == "DOWN" for item in (*found, witness)):
            # Only a witness against the member is asked what else it reaches.
            witness = witness._replace(others=self._others(target))
        return found, witness

    def _opinion(self, host: str, target: CheckedMember, place: Place, control: Place) -> Opinion:
        reports = self._reports.get(host, {})
        report = reports.get(place)
        fits = report is not None and target.is_asked_by(report)
        return Opinion(host, report if fits else None, reports.get(control))

    def _others(self, target: CheckedMember) -> list[Report]:
        """The reports of the checker on the target's host, except those on the target and on itself."""
        left_out = ((target.backend, target.server), (CONTROL, control_name(target.host)))
        reports = self._reports.get(target.host, {})
        return [item for key, item in reports.items() if key not in left_out]

    def age_s(self, host: str) -> float:
        """The age of a host's reports."""
        return self._ages.get(host, 0.0)

    def too_old(self) -> dict[str, float]:
        """Hosts with a checker whose reports are too old to count, with their age."""
        return {
            host: age_s
            for host, age_s in sorted(self._ages.items())
            if host in self._old and self._world.checker(host)
        }

    def silent(self) -> dict[str, str]:
        """Seen hosts whose checker runs but does not answer, with the reason."""
        found = {host: self._world.checker(host) for host in sorted(self._reports)}
        return {host: seen["error"] for host, seen in found.items() if seen and seen["error"]}

    def mark(self, check: dict[str, t.Any]) -> str:
        """The mark of a health check, made once for all members of a service."""
        known = self._marks.get(id(check))
        if known is None or known[0] is not check:
            known = self._marks[id(check)] = (check, mark_of(check))
        return known[1]

    # --- their configs ---

    def plan(self, plan: Plan, targets: list[CheckedMember], *, image: str, version: int) -> None:
        """Add the operations that update each seen host's checker; C(image) validates the configs."""
        shares = self._shares(targets)
        for host in sorted(self._members):
            if self._world.is_seen(host):
                model = self._model(host, shares.get(host, []))
                self._plan_host(plan, host, model, image, version)
        for host, error in self.silent().items():
            place = (SYSTEM_STACK, CHECKER_SERVICE, 0, host)
            plan.notes.append(Fact("checker_silent", {"error": error}, *place))
        old = self.too_old()
        if old:
            told = {"hosts": list(old), "age_s": max(old.values())}
            plan.notes.append(Fact("reports_too_old", told, SYSTEM_STACK))

    def _shares(self, targets: list[CheckedMember]) -> dict[str, list[Share]]:
        """The targets of each host's checker, in order, with their checks."""
        found: dict[str, list[Share]] = {}
        for target in sorted(targets, key=lambda item: item.id):
            share = Share(target.host, target.as_check())
            for host in {target.host, *self.chosen(target)}:
                found.setdefault(host, []).append(share)
        return found

    def _model(self, host: str, shares: list[Share]) -> dict[str, t.Any]:
        """The model of a host's checker."""
        controls = self._controls
        if len(self._members) > MOST_CONTROLS:
            needed = {control_name(item.host) for item in shares} | {control_name(host)}
            controls = [self._control[name] for name in sorted(needed) if name in self._control]
        checks = [item.check for item in shares]
        return {"address": self._address(host), "checks": checks, "controls": controls}

    def _address(self, host: str) -> str:
        """Where a host's checker must listen."""
        member, entry = self._members[host]
        claims = self._world.claims(SYSTEM_STACK).get(member, [])
        return listening_address(self._world, host, claims, entry["address"] or "")

    @functools.cached_property
    def _control(self) -> dict[str, dict[str, str]]:
        return {item["server"]: item for item in self._controls}

    @functools.cached_property
    def _controls(self) -> list[dict[str, str]]:
        """The control targets: each checker's own."""
        return [
            {"server": control_name(name), "address": entry["address"]}
            for name, (_member, entry) in sorted(self._members.items())
            if entry["address"]
        ]

    def _plan_host(
        self, plan: Plan, host: str, model: dict[str, t.Any], image: str, version: int
    ) -> None:
        member, _entry = self._members[host]
        claims = self._world.claims(SYSTEM_STACK).get(member, [])
        seen = self._world.checker(host)
        revision = render_checker(model, self._written)[1]
        makes = makers(plan, host, member)
        revisions = (seen["revision"], seen["file_revision"]) if seen else None
        current = revisions == (revision, revision) and _is_followed(model, seen)
        answers = running_on(host, claims) is not None and not holds_back(seen)
        is_old = seen is None or seen["file_revision"] != revision
        may_be_told = (
            answers or is_damaged(seen, host, claims) or (is_old and is_restarting(host, claims))
        )
        may_be_told = may_be_told and not current and not is_moving(plan, host, member)
        if not (may_be_told or makes):
            return
        args = CheckerArgs(model=model, revision=revision, image=image, wait_s=FIRST_RESULT_S)
        add_config(plan, CHECKER, args, host, member, cause=_cause(model), version=version)


def _members(body: Body | None) -> dict[str, tuple[MemberId, dict[str, t.Any]]]:
    """The system stack's checkers by host: member and entry."""
    entries = (body or {"members": {}})["members"]
    return {
        entries[member.key]["host"]: (member, entries[member.key])
        for member in member_ids(SYSTEM_STACK, entries)
        if not entries[member.key]["retired"] and member.service == CHECKER_SERVICE
    }


def _checks_own_host(body: Body | None, world: World) -> bool:
    """As recorded, so that two inventories do not choose other checkers in turns."""
    definition = (current(body) or {"definition": {}})["definition"]
    return bool(definition.get("settings", {}).get("check_own_host", world.settings.check_own_host))


def _is_followed(model: dict[str, t.Any], seen: CheckerReport | None) -> bool:
    """Whether the servers that run ask the places of the model."""
    reports = seen["reports"] if seen else []
    told = {
        (item["backend"], item["server"]): item["place"] for item in reports if item.get("place")
    }
    if not told:
        return True
    asked = [
        *(((item["backend"], item["server"]), item, item["port"]) for item in model["checks"]),
        *(((CONTROL, item["server"]), item, CONTROL_PORT) for item in model["controls"]),
    ]
    return all(told[key] == f"{item['address']}:{port}" for key, item, port in asked if key in told)


@functools.lru_cache(maxsize=4096)
def control_name(host: str) -> str:
    """A host name that is valid as the name of a HAProxy server."""
    if re.fullmatch(r"[A-Za-z0-9_.:-]{1,60}", host):
        return host
    return f"host-{hashlib.sha256(host.encode()).hexdigest()[:12]}"


def _cause(model: dict[str, t.Any]) -> Fact:
    return Fact("has_checks", {"checks": len(model["checks"])})
