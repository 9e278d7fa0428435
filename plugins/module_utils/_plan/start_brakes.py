# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member may be started or created now: its network, volumes, back-off, a person's request. Private; pure."""

from __future__ import annotations

import typing as t

from .._common.backoff import hold_reason, is_given_up
from .._model.fact import Fact
from .._model.ledger import Ledger, LedgerEntry
from .._record.revisions import Request
from .lost_volumes import LostVolumes, lost_volume
from .operations.member import MemberOperations, WantedMember

Json = t.Dict[str, t.Any]


class StartBrakes:
    """Reasons not to start the members of one stack."""

    def __init__(
        self,
        operations: MemberOperations,
        *,
        ledger: Ledger,
        request: Request,
        lost_volumes: LostVolumes,
        waits_for_hook: t.Callable[[str], bool] = lambda name: False,
        gate: t.Callable[[WantedMember], Fact | None] = lambda member: None,
    ) -> None:
        """C(waits_for_hook): whether the members of a service wait for its hook. C(gate): what a member waits for."""
        self._operations = operations
        self._world = operations.world
        self._ledger = ledger
        self._request = request
        self._lost_volumes = lost_volumes
        self._waits_for_hook = waits_for_hook
        self._gate = gate

    def reason(self, member: WantedMember) -> Fact | None:
        """Why the member must wait: its network is down, its data is lost, it failed recently. None if it need not."""
        managed = member.service["network"] == "managed"
        fault = self._world.network_fault(member.host) if managed else None
        if fault:
            return self._fact(member, "network_fault", {"fault": fault.as_data})
        lost = self._lost_volumes.held(member.id, member.entry)
        if lost:
            return self._fact(member, "volume_lost", lost_volume(member.id, member.host, lost))
        if not member.id.is_hook and self._waits_for_hook(member.id.service):
            return self._fact(member, "waits_for_hook", {})
        closed = self._gate(member)
        if closed or self.is_retry(member):
            return closed
        found = hold_reason(
            self._entry(member),
            config_hash=self._operations.hash(member),
            now=self._world.now(member.host),
        )
        return self._fact(member, *found) if found else None

    def renewed(self, member: WantedMember) -> list[str]:
        """The lost volumes that a person wants anew."""
        return self._lost_volumes.renewed(member.id, member.entry)

    def is_retry(self, member: WantedMember) -> bool:
        """Whether a person asks to try it again, regardless of earlier failures."""
        asked = self._request.command in ("up", "scale", "start")
        named = {member.id.stack, f"{member.id.stack}/{member.id.service}"}
        return asked or bool(named & set(self._request.retry))

    def is_given_up(self, member: WantedMember) -> bool:
        """Whether it failed so often that only a person's request starts it again."""
        config_hash = self._operations.hash(member)
        return is_given_up(self._entry(member), config_hash=config_hash)

    def _entry(self, member: WantedMember) -> LedgerEntry:
        return self._ledger.get(member.id.key) or LedgerEntry()

    def _fact(self, member: WantedMember, code: str, parameters: Json) -> Fact:
        return Fact.about(member.id, code, parameters, host=member.host)
