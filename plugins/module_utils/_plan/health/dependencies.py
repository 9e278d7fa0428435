# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member may be sick because of a service that it depends on. Private to the collection; pure.

A web server whose check asks the database fails while the database is away, and recovers with it. To replace it then
would only add to the outage. So it is not replaced while its dependency is being repaired, nor before its own check had
the time to notice that the dependency is back.
"""

from __future__ import annotations

import typing as t

from ..._common.constants import STATE_ACTIVE
from ..._model.entry import slots_that_count
from ..._model.fact import Fact
from ..._record.revisions import current, is_live
from ..._record.upgrades import service_at
from ..operations.member import WantedMember
from .judgement import Judgement
from .votes import recovery_s
from .wellbeing import Ward, Wellbeing

Json = t.Dict[str, t.Any]

LONGEST_EXCUSE_S = 600.0
"""A member that is sick for longer is repaired in any case: a dependency that stays away must not hold it for ever."""


class Patient(t.NamedTuple):
    """A member of a dependency, with how it does."""

    member: WantedMember
    wellbeing: Wellbeing
    well_for_s: float
    """Seconds since it is well; 0 if it is not."""


class Dependencies:
    """The dependencies of all stacks. C(ward): the members of a stack."""

    def __init__(self, bodies: dict[str, Json], ward: t.Callable[[str], Ward]) -> None:
        self._bodies = bodies
        self._ward = ward
        self._patients: dict[tuple[str, str], list[Patient]] = {}

    def excuse(self, judgement: Judgement) -> Fact | None:
        """Why a sick member is not replaced now: a member that it depends on is, or just was, at fault."""
        if judgement.down_s > LONGEST_EXCUSE_S:
            return None
        grace_s = recovery_s(judgement.member.service["health_check"])
        own = (judgement.member.id.stack, judgement.member.id.service)
        for name in dependencies_of(judgement.member):
            for patient in self._members(*name) if name != own else []:
                if _is_at_fault(patient, grace_s):
                    told = {"member": patient.member.id.place, "state": patient.wellbeing.name}
                    return Fact("dependency_at_fault", told)
        return None

    def _members(self, stack: str, service: str) -> list[Patient]:
        if (stack, service) not in self._patients:
            wanted = wanted_members(stack, self._bodies.get(stack), service)
            self._patients[stack, service] = [
                patient for item in wanted for patient in self._examined(item)
            ]
        return self._patients[stack, service]

    def _examined(self, member: WantedMember) -> list[Patient]:
        """How a member does; nothing if nobody repairs it any more."""
        ward = self._ward(member.id.stack)
        wellbeing = ward.wellbeing(member)
        if wellbeing is Wellbeing.ABSENT and ward.is_given_up(member):
            return []
        well = wellbeing is Wellbeing.WELL
        return [Patient(member, wellbeing, ward.well_for_s(member) if well else 0.0)]


def _is_at_fault(patient: Patient, grace_s: float) -> bool:
    if patient.wellbeing is Wellbeing.WELL:
        return 0 <= patient.well_for_s <= grace_s
    return patient.wellbeing is not Wellbeing.UNSEEN


def dependencies_of(member: WantedMember) -> list[tuple[str, str]]:
    """Stack and service of each dependency: links, depends_on, and what a load balancer's rules name."""
    service, stack = member.service, member.id.stack
    found = [(link["stack"], link["service"]) for link in service["links"]]
    found += [(stack, name) for name in service["depends_on"]]
    for rule in (service.get("balancer") or {"rules": []})["rules"]:
        target, slash, name = str(rule["service"] or "").partition("/")
        found += [(target, name)] if slash else []
    return sorted(set(found))


def wanted_members(stack: str, body: Json | None, service: str) -> list[WantedMember]:
    """The members of a service that are wanted and should run."""
    revision = current(body) if is_live(body) else None
    if body is None or revision is None or service not in revision["definition"]["services"]:
        return []
    definition = revision["definition"]["services"][service]
    state = revision["services"][service]["state"]
    if state != STATE_ACTIVE or definition["start_once"]:
        return []
    entries = body["members"]
    return [
        WantedMember(
            member,
            entries[member.key],
            service_at(body, service, entries[member.key]["launch"]),
            state,
        )
        for member in slots_that_count(stack, entries, service)
    ]
