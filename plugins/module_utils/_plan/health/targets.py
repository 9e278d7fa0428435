# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets of checks: members with a health check, by address and generation. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ..._common.constants import STATE_ACTIVE
from ..._common.names import digest
from ..._model.entry import is_held_back
from ..._model.generation import generation_of
from ..._model.ledger import Ledger, health_of
from ..._model.member import MemberId, member_ids
from ..._record.revisions import current, is_live
from ..._record.upgrades import service_at
from ..world.crash_loop import is_crash_loop
from ..world.world import World, running_on

Body = t.Dict[str, t.Any]


class CheckedMember(t.NamedTuple):
    """One member with a health check."""

    id: MemberId
    host: str
    address: str
    generation: str
    check: dict[str, t.Any]
    mark: str
    """See mark_of."""

    @property
    def backend(self) -> str:
        """Its backend in a checker's config."""
        return self.id.dotted

    @property
    def server(self) -> str:
        """Its server there. A new generation or a changed check makes a new server, which inherits no reports."""
        return f"{self.generation}-{self.mark}"

    @property
    def place(self) -> str:
        """The address and port that its checks ask."""
        return f"{self.address}:{self.check['port']}"

    def is_asked_by(self, report: t.Mapping[str, t.Any]) -> bool:
        """Whether a report comes from its check: of its address and port, with or without a request."""
        asked = report.get("place")
        if asked and asked != self.place:
            return False
        wrong = "L4OK" if self.check.get("request") else "L7OK"
        return report.get("check_status") not in (wrong, f"* {wrong}")

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


def mark_of(check: dict[str, t.Any]) -> str:
    """A short text that differs for different health checks."""
    return digest(check)[:6]


def checked_services(body: Body) -> dict[str, dict[str, t.Any]]:
    """The live services of a stack that have a health check, by name."""
    services = (current(body) or {})["definition"]["services"] if is_live(body) else {}
    return {
        name: item
        for name, item in services.items()
        if item.get("health_check") and item.get("kind", "container") == "container"
    }


def targets_of(
    world: World,
    stack: str,
    body: Body,
    ledger: Ledger,
    mark: t.Callable[[dict[str, t.Any]], str] = mark_of,
) -> list[CheckedMember]:
    """The stack's targets, by member. C(mark) may know marks already.

    If a member's host is not seen, or its container does not run or is in a crash loop, the member keeps the generation
    in the ledger. Its server in the checkers' configs stays as it is, and its reports are ignored. Otherwise each crash
    would change the checkers' configs.
    """
    services, revision = checked_services(body), current(body) or {}
    marks = {name: mark(item["health_check"]) for name, item in services.items()}
    claims = world.claims(stack)
    found = []
    for member in member_ids(stack, body["members"]):
        entry, name = body["members"][member.key], member.service
        if entry["retired"] or not entry["address"] or name not in services:
            continue
        if is_held_back(entry):
            continue
        if revision["services"][name]["state"] != STATE_ACTIVE:
            continue
        running = running_on(entry["host"], claims.get(member, []))
        if running and is_crash_loop(running, world.now(entry["host"])):
            running = None
        health = health_of(ledger, member.key)
        remembered = health["generation"] if health else ""
        generation = generation_of(running["id"], running["started_at"]) if running else remembered
        if generation:
            check = service_at(body, name, entry["launch"]).get("health_check")
            if not check:
                continue
            place = (member, entry["host"], entry["address"])
            own = marks[name] if check is services[name]["health_check"] else mark(check)
            found.append(CheckedMember(*place, generation, check, own))
    return found
