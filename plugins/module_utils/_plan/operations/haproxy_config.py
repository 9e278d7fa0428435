# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation that gives one of our HAProxys its config, before its container is made or started. Private; pure."""

from __future__ import annotations

from ..._model.fact import Fact
from ..._model.member import MemberId
from ..._model.observation import BalancerReport, CheckerReport
from ..._model.operation import CREATE, START, Args, Kind, Operation
from ..world.ownership import Located
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
    """Whether a HAProxy has a container on this host but its config is missing or was changed by others.

    With such a file HAProxy may not even start, and then it cannot be reconfigured through its socket.

    Args:
        seen: The observation of it; None if there is none.
        host: The host that it must run on.
        claims: Its containers with their hosts.
    """
    is_here = [place for place, _container in claims] == [host]
    return seen is not None and not seen["file_revision"] and is_here


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
    """Add the operation. HAProxy does not start without a config, and its image must be present to validate it."""
    makes = makers(plan, host, member)
    before = {number for item in makes for number in item["after"]}
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
