# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forget a stack that is down. Private to the collection; pure.

First a record without content is written on a majority (_record/forgotten.py); when every host of the record shows it,
or nothing, the files are deleted.
"""

from __future__ import annotations

import typing as t

from .._model.fact import Fact
from .._model.operation import FORGET, ForgetArgs
from .._record.copies import RecordView
from .._record.forgotten import forgotten_body, is_forgotten
from .._record.hooks import hooks_of, placements, with_hooks
from .._record.revisions import Request, RequestError, is_live
from .operations.plan import Plan, Subject
from .world.world import World

Json = t.Dict[str, t.Any]


def forget(world: World, stack: str, body: Json | None, request: Request) -> Json:
    """The body after a person's command to forget. Raises RequestError if the stack is not down."""
    if body is None:
        raise RequestError("not_remembered", stack=stack)
    if is_live(body):
        raise RequestError("still_up", stack=stack)
    if is_forgotten(body):
        return body
    left = [name for host in world.seen for name in _containers(world, host, stack)]
    if left:
        raise RequestError("still_there", containers=left)
    away = [host for host in _homes(body) if not world.is_seen(host)]
    return forgotten_body(stack, body, request, away)


def settle(world: World, stack: str, body: Json) -> Json:
    """A forgotten body without the members whose containers are gone from hosts that are back."""
    left = {
        key
        for key, entry in placements(body).items()
        if not world.is_seen(entry["host"]) or _containers(world, entry["host"], stack)
    }
    if left == set(placements(body)):
        return body
    members = {key: entry for key, entry in body["members"].items() if key in left}
    hooks = {key: entry for key, entry in hooks_of(body).items() if key in left}
    return with_hooks({**body, "members": members}, hooks)


def plan_deletion(plan: Plan, world: World, view: RecordView) -> None:
    """Delete the records of a forgotten stack, or say on whom that waits."""
    body = view.body or {}
    missing = [host for host in body["hosts"] if not world.is_seen(host)]
    if missing or placements(body):
        waiting = missing or _homes(body)
        plan.notes.append(Fact("forgotten_waits", {"hosts": waiting}, view.stack))
        return
    if _others(world, view):
        return  # an older copy is replaced first
    for host in view.holders or view.rivals:
        plan.add(
            FORGET,
            ForgetArgs(token=view.record["version"]["token"] if view.record else ""),
            Subject(host, view.stack),
            cause=Fact("forgotten"),
            version=view.number,
        )


def is_remnant(view: RecordView) -> bool:
    """Whether only the last copies of a forgotten record are left: a deletion was interrupted."""
    return not view.counts and not view.conflict and is_forgotten(view.body)


def _others(world: World, view: RecordView) -> list[str]:
    """Seen hosts with another copy of the record, or one that is damaged."""
    known = {*view.holders, *view.rivals} if is_remnant(view) else set(view.holders)
    return [
        host
        for host in world.seen
        if (view.stack in world.observation(host)["records"] and host not in known)
        or view.stack in world.observation(host)["damaged_records"]
    ]


def _homes(body: Json) -> list[str]:
    return sorted({entry["host"] for entry in placements(body).values()})


def _containers(world: World, host: str, stack: str) -> list[str]:
    """The stack's containers on a host, by the record's proof."""
    claims = world.claims(stack)
    return [
        container["name"]
        for found in claims.values()
        for where, container in found
        if where == host
    ]
