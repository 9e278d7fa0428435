# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancer configs that only HAProxy can judge are validated by it before they are recorded. Private; pure.

One host validates them for the whole stack, in the call that stores its record. A rejected config is never recorded.
"""

from __future__ import annotations

import contextlib
import typing as t

from ..._haproxy.render.balancer import render_balancer
from ..._haproxy.render.difference import parse
from ..._model.fact import Fact
from ..._model.operation import VALIDATE, Operation
from ..operations.plan import Plan, Subject, make_operation
from ..world.world import World, running_on
from .balancers import BalancerMember, Balancers

Json = t.Dict[str, t.Any]
Service = t.Tuple[str, str]

_PLACEHOLDER: Json = {
    "name": "placeholder",
    "address": "127.0.0.1",
    "port": 1,
    "weight": 1,
    "drain": False,
    "backup": False,
    "resolve": False,
}


def plan_validations(plan: Plan, before: Balancers, after: Balancers, stacks: list[str]) -> None:
    """Add to a plan the configs that must be validated before its records are written.

    Args:
        plan: The rest of this round.
        before: The load balancers as they are recorded.
        after: The same after the record writes of this round.
        stacks: The stacks of the command; it does not decide about others.
    """
    recorded = {write.stack for write in plan.records if write.required}
    changed: dict[Service, list[BalancerMember]] = {}
    known = _known_shapes(before)
    for member in after.members():
        if member.id.stack in recorded and member.id.stack in stacks:
            service = (member.id.stack, member.id.service)
            try:
                new = _shape(after, member)
            except ValueError as error:
                _refuse(plan, member, str(error))
                return
            if new not in known.get(service, ()):
                changed.setdefault(service, []).append(member)
    if changed:
        _place(plan, after, changed)


def _refuse(plan: Plan, member: BalancerMember, error: str) -> None:
    """Refuse a config that cannot even be rendered; nothing is done for it."""
    plan.refuse()
    place = (member.id.stack, member.id.service)
    if not any((item.stack, item.service) == place for item in plan.errors):
        plan.errors.append(Fact("config_unwritable", {"error": error}, *place))


def _known_shapes(balancers: Balancers) -> dict[Service, list[tuple[t.Any, ...]]]:
    """The shapes of all recorded load balancers, by service."""
    found: dict[Service, list[tuple[t.Any, ...]]] = {}
    for member in balancers.members():
        with contextlib.suppress(ValueError):
            shapes = found.setdefault((member.id.stack, member.id.service), [])
            shapes.append(_shape(balancers, member))
    return found


def _shape(balancers: Balancers, member: BalancerMember) -> tuple[t.Any, ...]:
    """All parts of a config that HAProxy may reject. Addresses and server counts are ignored."""
    parsed = parse(render_balancer(_model(balancers, member))[0])
    words = {line.words[1:] for line in parsed.servers.values()}
    return member.service["image"], parsed.rest, parsed.certificates, words


def _model(balancers: Balancers, member: BalancerMember) -> Json:
    """Its model with a server in each backend, so that HAProxy also validates people's additions to servers."""
    model = balancers.model(member.id, member.service)
    backends = [
        {**item, "servers": item["servers"] or [_PLACEHOLDER]} for item in model["backends"]
    ]
    return {**model, "backends": backends, "address": ""}


def _place(plan: Plan, balancers: Balancers, changed: dict[Service, list[BalancerMember]]) -> None:
    """Choose the host that can validate most of them, preferably one that runs them."""
    world = balancers.world
    found = {
        host: {key: _operation(balancers, members, host) for key, members in changed.items()}
        for host in world.seen
    }
    best = max(world.seen, key=lambda host: _count(found[host]))
    for (stack, name), operation in found[best].items():
        if operation:
            operation["id"] = len(plan.validations) + 1
            plan.validations.append(operation)
        else:
            image = changed[stack, name][0].service["image"]
            code = "config_judged_apart" if world.image(image) else "config_judged_later"
            plan.notes.append(Fact(code, {"image": image}, stack, name))


def _count(found: dict[Service, Operation | None]) -> tuple[int, int]:
    operations = [item for item in found.values() if item]
    return len(operations), sum(bool(item["container_id"]) for item in operations)


def _operation(balancers: Balancers, members: list[BalancerMember], host: str) -> Operation | None:
    """How a host can run HAProxy: in a running container, or from a present image."""
    world = balancers.world
    here = [(member, _running(world, member)) for member in members if member.host == host]
    member, container = max(here or [(members[0], "")], key=lambda pair: bool(pair[1]))
    if not container and not world.image(member.service["image"], host):
        return None
    model = _model(balancers, member)
    args = balancers.arguments(member, model, render_balancer(model)[1])
    if not here and set(model["certificates"]) - set(args["certificates"]):
        return None  # only the hosts of the load balancer have them
    args["wait_s"] = 0
    return make_operation(
        VALIDATE,
        args,
        Subject.member(host, member.id, container),
        cause=Fact("config_new"),
        version=balancers.version(member.id.stack),
    )


def _running(world: World, member: BalancerMember) -> str:
    claims = world.claims(member.id.stack).get(member.id, [])
    found = running_on(member.host, claims)
    return str(found["id"]) if found else ""
