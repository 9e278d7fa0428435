# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of hooks: their containers are made and started, and no more. Private to the collection; pure.

What follows from their end is decided with the upgrade (upgrade/hook.py); leftovers.py removes them.
"""

from __future__ import annotations

import typing as t

from .._common.constants import STATE_ACTIVE
from .._model.entry import RUNS, HookEntry
from .._model.fact import Fact
from .._model.ledger import Ledger
from .._model.member import MemberId, service_of
from .._record.hooks import hooks_of
from .operations.member import MemberOperations, WantedMember
from .start_brakes import StartBrakes
from .world.ownership import Claims, is_any_live

Json = t.Dict[str, t.Any]

NOT_ITS = ("ports", "healthcheck", "labels", "mac_address", "hostname", "expose")
"""Options of a member's container that a hook beside it must not have: it gets no requests, and is no member."""
CAUSE = Fact("hook_due")


class HookSteps:
    """The next step of each hook of one stack."""

    def __init__(
        self, operations: MemberOperations, body: Json, *, ledger: Ledger, brakes: StartBrakes
    ) -> None:
        self._operations = operations
        self._body = body
        self._ledger = ledger
        self._brakes = brakes
        self._hooks = hooks_of(body)

    def run(self, claims: Claims) -> None:
        """Plan for all hooks that are to run. Those of stopped services wait, and what runs is left to end."""
        revision = self._body["revisions"][-1]
        stack, services = revision["definition"].get("stack", ""), revision["services"]
        for key, entry in sorted(self._hooks.items()):
            is_wanted = entry["state"] == RUNS and not entry["retired"]
            if is_wanted and services[service_of(key)]["state"] == STATE_ACTIVE:
                self._take(MemberId.of_key(stack, key), entry, claims)

    def _take(self, hook: MemberId, entry: HookEntry, claims: Claims) -> None:
        services = self._body["revisions"][-1]["definition"]["services"]
        wanted = WantedMember(hook, entry, hook_service(services[hook.service]), STATE_ACTIVE)
        found = claims.get(hook, [])
        if not self._operations.world.is_seen(wanted.host):
            self._operations.hold(wanted, "host_unseen")
        elif self._runs_before(hook, claims):
            self._operations.hold(wanted, "hook_before")
        elif not found:
            self._make(wanted, entry)
        elif [item["state"] for _host, item in found] == ["created"] and self._may_start(wanted):
            self._operations.start(wanted, CAUSE, container_id=found[0][1]["id"])

    def _runs_before(self, hook: MemberId, claims: Claims) -> bool:
        """Whether an earlier hook of the service may still run: two would change the same data at once."""
        for key, entry in self._hooks.items():
            other = MemberId.of_key(hook.stack, key)
            if other == hook or other.service != hook.service or not entry["host"]:
                continue
            is_seen = self._operations.world.is_seen(entry["host"])
            if not is_seen or is_any_live(claims.get(other, [])):
                return True
        return False

    def _make(self, wanted: WantedMember, entry: HookEntry) -> None:
        """Create and start it, unless it has run: then it is not known how it ended."""
        if self._ledger.get(wanted.id.key, {}).get("ran"):
            return
        name = wanted.id.container
        holder = self._operations.world.names(wanted.host).get(name, "")
        if holder:
            told = {"name": name, "recorded": wanted.host, "holder": holder[:12]}
            self._operations.plan.errors.append(Fact.about(wanted.id, "name_taken", told))
        elif self._may_start(wanted):
            created = self._operations.create(wanted, cause=CAUSE, owner=entry["owner"])
            self._operations.start(wanted, CAUSE, after=[created])

    def _may_start(self, wanted: WantedMember) -> bool:
        reason = self._brakes.reason(wanted)
        if reason:
            self._operations.plan.held.append(reason)
        return reason is None


def hook_service(service: Json) -> Json:
    """The service as its hook runs it: another command, once, and nothing that makes it a member."""
    kept = {key: item for key, item in service["container"].items() if key not in NOT_ITS}
    command = (service.get("pre_deploy") or {}).get("command", [])
    changed = {"start_once": True, "hostname_override": False, "depends_on": []}
    return {**service, **changed, "container": {**kept, "command": command}}
