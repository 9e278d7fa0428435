# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of members with their volumes, in a stack's record body. Private to the collection; pure.

A move has two phases (_model/entry.py), and each step of it is an order. The record says where the data are that count:
on the host that the member comes from, until the last step. docs/decisions/0034-volume-move.md has the reasons.
"""

from __future__ import annotations

import typing as t

from .._model.entry import ARRIVES, LEAVES, Move, Moved, phase_of
from .._model.member import home_key, service_of
from .revisions import Request, RequestError, is_live, live_revision, with_revision
from .upgrades import upgrades_of

Json = t.Dict[str, t.Any]
Body = t.Dict[str, t.Any]
Entries = t.Dict[str, t.Any]

LEAVE, ARRIVE, FINISH, BACK = "leave", "arrive", "finish", "back"
"""The steps: stop the member; make it on the other host; start it there; or take it back, where its data still are."""


def apply_move(body: Body, request: Request) -> Body:
    """The body after one step of a move. A step that is done already changes nothing.

    Raises:
        RequestError: There is no such member, or the step does not follow from where the move stands.
    """
    live_revision(body)
    key = key_of(body, request)
    return _STEPS[request.move["step"]](body, request, key)


def key_of(body: Body, request: Request) -> str:
    """The key of the member that a request names: of its slot that is wanted. Raises RequestError."""
    services = body["revisions"][-1]["services"]
    if request.service not in services:
        raise RequestError("no_service", name=request.service, known=sorted(services))
    home = f"{request.service}/{request.move['index']}"
    keys = [key for key in _slots(body["members"], home) if not body["members"][key]["retired"]]
    if not keys:
        raise RequestError("no_such_index", name=request.service, index=request.move["index"])
    return keys[-1]


def moved_services(body: Body | None) -> set[str]:
    """The services of which a member is moved."""
    members = (body or {"members": {}})["members"]
    return {service_of(key) for key, entry in members.items() if "move" in entry}


def demand_same_launch(before: Body | None, after: Body) -> Body:
    """The body, unless it wants other containers of a service with a member that is moved.

    A newcomer of an upgrade would write to the volumes that are copied. Raises RequestError.
    """
    if before is None or not (is_live(before) and is_live(after)):
        return after
    old, new = before["revisions"][-1]["services"], after["revisions"][-1]["services"]
    for name in sorted(moved_services(before) & set(new)):
        is_same = upgrades_of(before).get(name) == upgrades_of(after).get(name)
        if old[name]["launch"] != new[name]["launch"] or not is_same:
            raise RequestError("service_moves", name=name)
    return after


def without_move(body: Body, key: str) -> Body:
    """The body without the move of a member. What has arrived goes back: nobody has written to its new volumes."""
    entry = body["members"][key]
    move: Move = entry["move"]
    if move["phase"] == ARRIVES:
        body = _placed(body, home_key(key)[0], move["from"])
    return _ended(body, key, Moved({"from": move["to"], "mark": move["mark"]}))


# --- the steps ---


def _leave(body: Body, request: Request, key: str) -> Body:
    entry, to = body["members"][key], request.move["to"]
    present: Move | None = entry.get("move")
    if to == (present["to"] if present else entry["host"]):
        return body
    _demand_phase(entry, "", LEAVES)
    if to == entry["host"]:  # that is the step back
        raise _goes_on(entry)
    mark = present["mark"] if present else request.token
    move = Move({"to": to, "from": entry["host"], "phase": LEAVES, "mark": mark})
    return _ordered(_moving(body, key, move), request, key, f"to {to}")


def _arrive(body: Body, request: Request, key: str) -> Body:
    entry = body["members"][key]
    _demand_phase(entry, LEAVES, ARRIVES)
    _demand_same_aim(entry, request)
    move: Move = entry["move"]
    if move["phase"] == ARRIVES:
        return body
    body = _placed(body, home_key(key)[0], move["to"])
    arrives = Move({**move, "phase": ARRIVES})
    return _ordered(_moving(body, key, arrives), request, key, "arrives")


def _finish(body: Body, request: Request, key: str) -> Body:
    entry = body["members"][key]
    if not phase_of(entry) and entry["host"] == request.move["to"]:
        return body
    _demand_phase(entry, ARRIVES)
    _demand_same_aim(entry, request)
    move: Move = entry["move"]
    ended = _ended(body, key, Moved({"from": move["from"], "mark": move["mark"]}))
    return _ordered(ended, request, key, "done")


def _back(body: Body, request: Request, key: str) -> Body:
    _demand_phase(body["members"][key], LEAVES, ARRIVES)
    return _ordered(without_move(body, key), request, key, "back")


_STEPS: dict[str, t.Callable[[Body, Request, str], Body]] = {
    LEAVE: _leave,
    ARRIVE: _arrive,
    FINISH: _finish,
    BACK: _back,
}


# --- parts ---

_MARKS = ("move", "moved")


def _demand_phase(entry: Json, *phases: str) -> None:
    found = phase_of(entry)
    if found in phases:
        return
    if not found:
        raise RequestError("no_move", host=entry["host"])
    raise _goes_on(entry)


def _demand_same_aim(entry: Json, request: Request) -> None:
    if entry["move"]["to"] != request.move["to"]:
        raise _goes_on(entry)


def _goes_on(entry: Json) -> RequestError:
    return RequestError("moves_on", **{end: entry["move"][end] for end in ("to", "from")})


def _ordered(body: Body, request: Request, key: str, what: str) -> Body:
    return with_revision(body, request, f"move {home_key(key)[0]} {what}", always=True)


def _slots(members: Entries, home: str) -> list[str]:
    return [key for key in members if home_key(key)[0] == home]


def _moving(body: Body, key: str, move: Move) -> Body:
    return _with(body, key, {"move": dict(move)})


def _ended(body: Body, key: str, moved: Moved) -> Body:
    return _with(body, key, {"moved": dict(moved)})


def _with(body: Body, key: str, fields: Json) -> Body:
    """The body with a move of a member, or the end of one: all of its slots have it."""
    members = dict(body["members"])
    for slot in _slots(members, home_key(key)[0]):
        kept = {name: item for name, item in members[slot].items() if name not in _MARKS}
        members[slot] = {**kept, **fields}
    return {**body, "members": members}


def _placed(body: Body, home: str, host: str) -> Body:
    """The body with a member on another host, as a new life: its containers elsewhere are superseded.

    Members that are retired have their data in its volumes, if they name the same ones, so they go with it.
    """
    slots = _slots(body["members"], home)
    before = body["members"][slots[-1]]
    volumes = set(before["volumes"].values())
    homes = {home}
    for key, entry in body["members"].items():
        has = set(entry["volumes"].values())
        if entry["retired"] and has and has <= volumes and entry["host"] == before["host"]:
            homes.add(home_key(key)[0])
    members, counters = dict(body["members"]), dict(body["counters"])
    for name in sorted(homes):
        if name != home and not all(members[key]["retired"] for key in _slots(members, name)):
            continue
        number = counters.get(service_of(name), 0) + 1
        counters[service_of(name)] = number
        for key in _slots(members, name):
            # The network is forgotten, so that the member gets a fresh address; the old one is not free until then.
            members[key] = {**members[key], "host": host, "network": "", "create_index": number}
    return {**body, "members": members, "counters": counters}
