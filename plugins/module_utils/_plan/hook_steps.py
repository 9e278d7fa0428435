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
from .._model.member import MemberId
from .._record.hooks import hooks_of
from .operations.member import MemberOperations, WantedMember
from .start_brakes import StartBrakes
from .world.ownership import Claims

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

    def run(self, claims: Claims) -> None:
        """Plan for all hooks that are to run."""
        stack = self._body["revisions"][-1]["definition"].get("stack", "")
        for key, entry in sorted(hooks_of(self._body).items()):
            if entry["state"] == RUNS and not entry["retired"]:
                self._take(MemberId.of_key(stack, key), entry, claims)

    def _take(self, hook: MemberId, entry: HookEntry, claims: Claims) -> None:
        services = self._body["revisions"][-1]["definition"]["services"]
        wanted = WantedMember(hook, entry, hook_service(services[hook.service]), STATE_ACTIVE)
        found = claims.get(hook, [])
        if not self._operations.world.is_seen(wanted.host):
            self._operations.hold(wanted, "host_unseen")
        elif not found:
            self._make(wanted, entry)
        elif [item["state"] for _host, item in found] == ["created"] and self._may_start(wanted):
            self._operations.start(wanted, CAUSE, container_id=found[0][1]["id"])

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
