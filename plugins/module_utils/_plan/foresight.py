# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host as it will be when the operations of a round are done and all went well, for check mode. Private; pure.

What takes several rounds can so be told before the first.
"""

from __future__ import annotations

import typing as t

from .._common.names import endpoint_links
from .._common.times import iso_milliseconds
from .._model.member import MemberId, member_aliases
from .._model.observation import (
    Endpoint,
    Observation,
    ObservedContainer,
    ObservedImage,
    ObservedNetwork,
    ObservedVolume,
)
from .._model.operation import (
    CONNECT,
    CREATE,
    DISCONNECT,
    NETWORK,
    PULL,
    REMOVE,
    START,
    STOP,
    UNPAUSE,
    UPDATE,
    CreateArgs,
    Operation,
)

LATER_S = 3600.0
"""By then what was started has proved itself."""


def foreseen(seen: Observation, operations: t.Iterable[Operation]) -> Observation:
    """The next observation of a host of its own containers."""
    after = seen.copy()
    after["now"] = seen["now"] + LATER_S
    after["containers"] = [item.copy() for item in seen["containers"]]
    after["images"], after["networks"] = dict(seen["images"]), dict(seen["networks"])
    after["volumes"] = dict(seen["volumes"])
    for operation in operations:
        _apply(after, operation, iso_milliseconds(seen["now"]))
    return after


def _apply(after: Observation, operation: Operation, stamp: str) -> None:
    """One operation."""
    if network := NETWORK.args_of(operation):
        after["networks"][network["name"]] = ObservedNetwork(
            id="", driver="bridge", subnet=network["subnet"], ip_range="", ours=True
        )
    elif pull := PULL.args_of(operation):
        after["images"][pull["image"]] = ObservedImage(id="", volumes=[], digest="")
    elif created := CREATE.args_of(operation):
        after["containers"].append(_created(after, operation, created))
        for name in created["volumes"].values():
            after["volumes"].setdefault(name, ObservedVolume(driver="", labels={}))
    elif REMOVE.names(operation):
        name = operation["container"]
        after["containers"] = [item for item in after["containers"] if item["name"] != name]
    else:
        for item in after["containers"]:
            if item["name"] == operation["container"]:
                _change(item, operation, stamp)


def _created(after: Observation, operation: Operation, args: CreateArgs) -> ObservedContainer:
    """A new container: as far as a plan asks."""
    service, image = args["service"], after["images"].get(args["service"]["image"])
    member = MemberId.of(operation)
    found = ObservedContainer(
        id=f"new {operation['container']}",
        name=operation["container"],
        managed=args["managed"],
        stack=member.stack,
        service=member.service,
        index=member.index,
        create_index=args["create_index"],
        revision=args["revision"],
        config_hash=args["config_hash"],
        state="created",
        exit_code=0,
        oom=False,
        error="",
        started_at="",
        finished_at="",
        restart_count=0,
        health="none",
        image=service["image"],
        image_id=image["id"] if image else "",
        networks=_networks(member, args),
        ports=[],
        mounts=dict(args["volumes"]),
    )
    if member.slot:
        found["slot"] = member.slot
    return found


def _networks(member: MemberId, args: CreateArgs) -> dict[str, Endpoint]:
    endpoint = Endpoint(
        address=args["address"] or "",
        aliases=member_aliases(member, args["service"]),
        links=endpoint_links(args["service"]["links"]),
        mac="",
    )
    return {args["network"]: endpoint} if args["service"]["network"] == "managed" else {}


def _change(item: ObservedContainer, operation: Operation, stamp: str) -> None:
    """One operation on a container that is there."""
    if START.names(operation):
        item["state"], item["started_at"] = "running", stamp
    elif UNPAUSE.names(operation):
        item["state"] = "running"
    elif STOP.names(operation):
        item["state"] = "exited"
    elif updated := UPDATE.args_of(operation):
        item["config_hash"] = updated["config_hash"]
    elif gone := DISCONNECT.args_of(operation):
        kept = item["networks"].items()
        item["networks"] = {name: end for name, end in kept if name != gone["network"]}
    elif joined := CONNECT.args_of(operation):
        end = Endpoint(
            address=joined["address"], aliases=joined["aliases"], links=joined["links"], mac=""
        )
        item["networks"] = {**item["networks"], joined["network"]: end}
