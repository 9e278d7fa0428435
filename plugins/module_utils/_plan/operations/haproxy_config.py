# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation that gives one of our HAProxys its config, before its container is made or started. Private; pure."""

from __future__ import annotations

import typing as t

from ..._model.member import MemberId
from .plan import Plan

Json = t.Dict[str, t.Any]

FIRST_RESULT_S = 2.5
"""How long a host waits for the first results of new servers, so that the same pass can read them."""


def makers(plan: Plan, host: str, member: MemberId) -> list[Json]:
    """The operations of a plan that make or start the container of a member."""
    return [
        item
        for item in plan.operations
        if item["kind"] in ("create", "start")
        and (item["host"], MemberId.of(item)) == (host, member)
    ]


def add_config(
    plan: Plan, kind: str, host: str, member: MemberId, *, cause: str, version: int, args: Json
) -> None:
    """Add the operation. HAProxy does not start without a config, and its image has to be there to validate it."""
    makes = makers(plan, host, member)
    before = {number for item in makes for number in item["after"]}
    number = plan.add(
        kind,
        host,
        cause=cause,
        after=before - {item["id"] for item in makes},
        stack=member.stack,
        service=member.service,
        index=member.index,
        container=member.container,
        version=version,
        args=args,
    )
    for item in makes:
        item["after"] = sorted({*item["after"], number})
