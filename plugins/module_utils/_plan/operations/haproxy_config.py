# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation that gives one of our HAProxys its config, before its container is made or started. Private; pure."""

from __future__ import annotations

from ..._model.fact import Fact
from ..._model.member import MemberId
from ..._model.observation import BalancerReport, CheckerReport, address_on
from ..._model.operation import CONNECT, CREATE, DISCONNECT, START, Args, Kind, Operation
from ..world.ownership import Located
from ..world.world import World, running_on
from .plan import Plan, Subject

FIRST_RESULT_S = 2.5
"""Seconds that a host waits for the first results of new servers, so that the same pass can read them."""


def makers(plan: Plan, host: str, member: MemberId) -> list[Operation]:
    """The operations of a plan that make or start the container of a member."""
    return [
        item
        for item in plan.operations
        if (CREATE.names(item) or START.names(item))
        and (item["host"], MemberId.of(item)) == (host, member)
    ]


def is_damaged(
    seen: CheckerReport | BalancerReport | None, host: str, claims: list[Located]
) -> bool:
    """Whether a HAProxy has a container on this host but its files are missing or were changed by others.

    With such a file HAProxy may not even start, and then it cannot be reconfigured through its socket.

    Args:
        seen: The observation of it; None if there is none.
        host: The host that it must run on.
        claims: Its containers with their hosts.
    """
    is_here = [place for place, _container in claims] == [host]
    return is_here and (seen is None or not seen["file_revision"])


def is_restarting(host: str, claims: list[Located]) -> bool:
    """Whether the engine restarts its container on this host: the next start must find the right file."""
    return len(claims) == 1 and claims[0][0] == host and claims[0][1]["state"] == "restarting"


def is_moving(plan: Plan, host: str, member: MemberId) -> bool:
    """Whether its container gets another connection in this round: it can only listen on addresses that it has."""
    return any(
        (CONNECT.names(item) or DISCONNECT.names(item))
        and (item["host"], MemberId.of(item)) == (host, member)
        for item in plan.operations
    )


def listening_address(world: World, host: str, claims: list[Located], recorded: str) -> str:
    """The address of a HAProxy on the managed network: the present one while it runs, else the recorded one.

    Empty, so that it listens everywhere, in a crash loop without that network: it must start to be connected again.
    """
    if is_restarting(host, claims) and not address_on(claims[0][1], world.settings.network):
        return ""
    running = running_on(host, claims) if world.is_seen(host) else None
    present = address_on(running, world.settings.network) if running else ""
    return present or recorded


def holds_back(seen: CheckerReport | BalancerReport | None) -> str:
    """Why a HAProxy that runs cannot get a config; empty if it can. A socket that is gone is made anew."""
    return seen["error"] if seen and not seen.get("socket_gone") else ""


def add_config(
    plan: Plan,
    kind: Kind[Args],
    args: Args,
    host: str,
    member: MemberId,
    *,
    cause: Fact,
    version: int,
) -> None:
    """Add the operation.

    HAProxy does not start without a config, its image must be present to validate it, and it can only listen on an
    address that its container has.
    """
    makes = makers(plan, host, member)
    before = {number for item in makes for number in item["after"]}
    before |= {
        item["id"]
        for item in plan.operations
        if CONNECT.names(item) and (item["host"], MemberId.of(item)) == (host, member)
    }
    number = plan.add(
        kind,
        args,
        Subject.member(host, member),
        cause=cause,
        after=before - {item["id"] for item in makes},
        version=version,
    )
    for item in makes:
        item["after"] = sorted({*item["after"], number})
