# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The member whose volumes are meant, as the stack's record has it. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.names import stack_name
from ansible_collections.drover.docker.plugins.module_utils._model.entry import slots_that_count
from ansible_collections.drover.docker.plugins.module_utils._model.member import (
    MemberId,
)
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._plan.records import Records
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    Container,
    Settings,
    World,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.module_utils._record.upgrades import service_at
from ansible_collections.drover.docker.plugins.plugin_utils._pass.assembly import Assembly
from ansible_collections.drover.docker.plugins.plugin_utils._pass.signatures import SignatureCheck

from .failures import Refused

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Target:
    """A member, where it is, and what it has.

    Attributes:
        member: Its slot that counts.
        host: Inventory name of its host.
        container: Id of its container.
        volumes: Volume by path in the container.
        image: Its image, as its definition names it.
        revision: Number of the present revision of the stack.
        state: The engine's state of its container.
        move: Its move to another host; empty without one.
    """

    member: MemberId
    host: str
    container: str
    volumes: dict[str, str]
    image: str
    revision: int
    state: str = ""
    move: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def service(self) -> str:
        """C(STACK/SERVICE)."""
        return f"{self.member.stack}/{self.member.service}"


def find_target(
    answers: t.Mapping[str, Observation | None],
    service: str,
    index: int | None,
    *,
    settings: Settings,
    key: str = "",
) -> Target:
    """Return the member of a service.

    Args:
        answers: Each host's observation with all its records; None for a host that was left out.
        service: C(STACK/SERVICE).
        index: Its index; None if the service has only one member.
        settings: Those of the inventory.
        key: The key of signed records; empty if there is none.

    Raises:
        Refused: There is no such member, it is not known where it is, or its host was not seen.
    """
    member = find_member(answers, service, index, settings=settings, key=key)
    slot, found, body = member.slot, member.entry, member.body
    container = _container(member.world, slot, found["host"])
    definition = service_at(body, slot.service, found["launch"])
    return Target(
        member=slot,
        host=found["host"],
        container=container["id"],
        volumes=dict(found["volumes"]),
        image=definition["image"],
        revision=body["revisions"][-1]["number"],
        state=container["state"],
        move=found.get("move", {}),
    )


@dataclasses.dataclass(frozen=True)
class FoundMember:
    """A member as the record has it: its slot that counts. Its host may be away."""

    slot: MemberId
    body: Json
    world: World

    @property
    def entry(self) -> Json:
        """Its entry in the record."""
        return dict(self.body["members"][self.slot.key])


def find_member(
    answers: t.Mapping[str, Observation | None],
    service: str,
    index: int | None,
    *,
    settings: Settings,
    key: str = "",
) -> FoundMember:
    """Return the member of a service in the record. The arguments are those of find_target. Raises Refused."""
    stack, _slash, name = service.partition("/")
    if not stack or not name:
        raise Refused([f"service must be STACK/SERVICE, not {service!r}"])
    request = Request("status", stacks=[stack_name(stack)])
    world = _world(answers, settings, SignatureCheck(key, request))
    records = Records(world, request)
    body = _body(records, stack_name(stack))
    slot = _slot(body, stack_name(stack), name, index)
    world.prove(slot.stack, body, records.views[slot.stack].ledger)
    return FoundMember(slot, body, world)


def _world(
    answers: t.Mapping[str, Observation | None], settings: Settings, signatures: SignatureCheck
) -> World:
    whole = Assembly().take(answers)
    seen = {host: signatures.checked(found) for host, found in whole.items()}
    return World(seen, settings=settings, host_labels={})


def _body(records: Records, stack: str) -> Json:
    """The valid desired state of the stack."""
    if not records.world.seen:
        raise Refused(["no Docker host could be looked at"])
    if stack in records.unknown:
        raise Refused([f"stack {stack}: {records.unknown[stack].text}"])
    body = records.bodies.get(stack)
    if not body or not body["revisions"] or body["revisions"][-1]["tombstone"]:
        raise Refused([f"there is no stack {stack} that is up"])
    return body


def _slot(body: Json, stack: str, name: str, index: int | None) -> MemberId:
    found = {slot.index: slot for slot in slots_that_count(stack, body["members"], name)}
    if not found:
        raise Refused([f"{stack}/{name} has no member"])
    if index is None and len(found) > 1:
        raise Refused([f"{stack}/{name} has members {_listed(found)}: choose one with index"])
    chosen = found.get(next(iter(found)) if index is None else index)
    if chosen is None:
        raise Refused([f"{stack}/{name} has no member {index}, but {_listed(found)}"])
    return chosen


def _listed(found: t.Iterable[int]) -> str:
    return ", ".join(str(index) for index in sorted(found))


def _container(world: World, slot: MemberId, host: str) -> Container:
    if not world.is_seen(host):
        raise Refused([f"{slot.place} is on {host}, which was not seen: {world.fault(host).text}"])
    own = [item for where, item in world.claims(slot.stack).get(slot, []) if where == host]
    if len(own) != 1:
        raise Refused([f"{slot.place} has {len(own) or 'no'} container on {host}; run reconcile"])
    return own[0]
