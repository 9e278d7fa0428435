# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hooks in a stack's record body: what begins and ends them. Private to the collection.

A hook is a container that runs once before the first member of a new revision starts. It has an entry like a member's,
apart from those, so that nothing counts it as one. Pure functions: they return a new body.
"""

from __future__ import annotations

import typing as t

from .._model.entry import DONE, DUE, FAILED, HookEntry, Hooks, Members
from .._model.member import MemberId, service_of

Json = t.Dict[str, t.Any]
Body = t.Dict[str, t.Any]


def hooks_of(body: Body | None) -> Hooks:
    """The hooks of a body, by key."""
    return dict((body or {}).get("hooks", {}))


def with_hooks(body: Body, hooks: Hooks) -> Body:
    """The body with these hooks. Without any it has no key for them."""
    if hooks == body.get("hooks", {}):
        return body
    kept = {key: item for key, item in body.items() if key != "hooks"}
    return {**kept, "hooks": hooks} if hooks else kept


def placements(body: Body) -> Members:
    """The entries of members and hooks: all that containers of the stack may belong to."""
    return {**body["members"], **t.cast("Members", hooks_of(body))}


def hook_of(body: Body, name: str) -> tuple[str, HookEntry] | None:
    """The hook of a service that is wanted, with its key; None if there is none."""
    found = [
        (key, entry)
        for key, entry in hooks_of(body).items()
        if service_of(key) == name and not entry["retired"]
    ]
    return found[0] if found else None


def holds_members(body: Body, name: str) -> bool:
    """Whether the first members of a service wait for its hook. Those of an upgrade are held by the upgrade."""
    found = hook_of(body, name)
    return bool(found and found[1]["state"] != DONE and name not in body.get("upgrades", {}))


def has_failed(body: Body, name: str) -> bool:
    """Whether the hook of a service failed, so that a person's next C(up) runs it again."""
    found = hook_of(body, name)
    return bool(found and found[1]["state"] == FAILED)


def begin_hooks(body: Body, names: t.Iterable[str]) -> Body:
    """The body with a hook that is due for each of these services, if its definition has one, in place of any other."""
    revision, names = body["revisions"][-1], sorted(set(names))
    body = end_hooks(body, names)
    hooks = hooks_of(body)
    for name in names:
        if revision["definition"]["services"][name].get("pre_deploy"):
            key = MemberId.hook(
                body["revisions"][-1]["definition"]["stack"], name, revision["number"]
            ).key
            hooks[key] = _due(revision["services"][name]["launch"])
    return with_hooks(body, hooks)


def _due(launch: str) -> HookEntry:
    return HookEntry(
        host="",
        launch=launch,
        address="",
        network="",
        create_index=1,
        volumes={},
        retired=False,
        state=DUE,
    )


def end_hooks(body: Body, names: t.Container[str]) -> Body:
    """The body in which the hooks of these services are over: their containers are to be removed."""
    hooks: Hooks = {}
    for key, entry in hooks_of(body).items():
        if service_of(key) not in names:
            hooks[key] = entry
        elif entry["host"]:
            hooks[key] = t.cast("HookEntry", {**entry, "retired": True})
    return with_hooks(body, hooks)


def with_hook(body: Body, key: str, **change: t.Any) -> Body:
    """The body with a change of one hook."""
    hooks = hooks_of(body)
    return with_hooks(body, {**hooks, key: t.cast("HookEntry", {**hooks[key], **change})})
