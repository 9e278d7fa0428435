# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is checked: members with a health check, each by its address and generation. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.constants import STATE_ACTIVE
from ..._common.names import digest
from ..._model.generation import generation_of
from ..._model.ledger import Ledger, health_of
from ..._model.member import MemberId, member_ids
from ..._record.revisions import current, is_live
from ..world.crash_loop import is_crash_loop
from ..world.world import World, running_on

Body = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class CheckedMember:
    """One member that is to be checked."""

    id: MemberId
    host: str
    address: str
    generation: str
    check: dict[str, t.Any]

    @property
    def backend(self) -> str:
        """Its backend in a checker's config."""
        return self.id.dotted

    @property
    def server(self) -> str:
        """Its server there: another life or another check is another server, so that no report is inherited."""
        return f"{self.generation}-{digest(self.check)[:6]}"

    def as_check(self) -> dict[str, t.Any]:
        """Its part of a checker's model."""
        fields = (
            "port",
            "request",
            "interval_ms",
            "response_timeout_ms",
            "healthy_threshold",
            "unhealthy_threshold",
        )
        own = {"backend": self.backend, "server": self.server, "address": self.address}
        return {**own, **{field: self.check[field] for field in fields}}


def checked_services(body: Body) -> dict[str, dict[str, t.Any]]:
    """The live services of a stack that have a health check, by name."""
    services = (current(body) or {})["definition"]["services"] if is_live(body) else {}
    return {
        name: item
        for name, item in services.items()
        if item.get("health_check") and item.get("kind", "container") == "container"
    }


def targets_of(world: World, stack: str, body: Body, ledger: Ledger) -> list[CheckedMember]:
    """The stack's targets, by member.

    One whose host is not seen, whose container does not run, or is in a crash loop keeps the generation that is
    remembered of it: its server in the checkers' configs stays as it is, and nobody reads what is said of it. Otherwise
    the checkers would get another config at each crash.
    """
    services = checked_services(body)
    claims = world.claims(stack)
    found = []
    for member in member_ids(stack, body["members"]):
        entry, name = body["members"][member.key], member.service
        if entry["retired"] or not entry["address"] or name not in services:
            continue
        if (current(body) or {})["services"][name]["state"] != STATE_ACTIVE:
            continue
        running = running_on(entry["host"], claims.get(member, []))
        if running and is_crash_loop(running, world.now(entry["host"])):
            running = None
        health = health_of(ledger, member.key)
        remembered = health["generation"] if health else ""
        generation = generation_of(running["id"], running["started_at"]) if running else remembered
        if generation:
            check = services[name]["health_check"]
            found.append(CheckedMember(member, entry["host"], entry["address"], generation, check))
    return found
