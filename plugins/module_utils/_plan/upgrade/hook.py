# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the hook of one service stands: what its container says, and what follows. Private to the collection; pure.

A hook runs once. Its container is found by its name and labels, which follow from stack, service and revision; that it
was started is noted on its host first. So any control node goes on with it, and none starts it a second time.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.times import iso_seconds
from ..._model.entry import DONE, DUE, FAILED, RUNS, HookEntry, MemberEntry
from ..._model.fact import Fact
from ..._model.ledger import LedgerEntry
from ..._model.member import MemberId
from ..._record.hooks import hook_of, with_hook
from ..world.world import Container
from .home import MOST_FAILURES
from .slots import Slots

Body = t.Dict[str, t.Any]
HELD = (DUE, RUNS, FAILED)
"""States in which no member may be touched."""


@dataclasses.dataclass(frozen=True)
class Hook:
    """One round's view of a hook.

    Attributes:
        id: Its identity.
        entry: Its entry in the record.
        timeout_s: How long it may run.
        now: The clock of its host; 0 if that is not seen.
        container: Its only container; None if there is none.
        remembered: What its host remembers of it.
    """

    id: MemberId
    entry: HookEntry
    timeout_s: float
    now: float
    container: Container | None
    remembered: LedgerEntry

    @classmethod
    def of(cls, slots: Slots, body: Body, name: str) -> Hook | None:
        """The hook of a service that is wanted; None if there is none."""
        found = hook_of(body, name)
        if found is None:
            return None
        key, entry = found
        member = MemberId.of_key(slots.stack, key)
        is_seen = bool(entry["host"]) and slots.world.is_seen(entry["host"])
        located = slots.claimed(member) if is_seen else []
        service = body["revisions"][-1]["definition"]["services"][name]
        return cls(
            member,
            entry,
            timeout_s=(service.get("pre_deploy") or {}).get("timeout_ms", 0) / 1000,
            now=slots.world.now(entry["host"]) if is_seen else 0.0,
            container=located[0][1] if len(located) == 1 else None,
            remembered=slots.remembered(member, entry["launch"]),
        )

    @property
    def is_due(self) -> bool:
        """Whether it has no host yet."""
        return self.entry["state"] == DUE

    @property
    def holds(self) -> bool:
        """Whether no member may be touched before it is done."""
        return self.entry["state"] in HELD

    @property
    def has_ended(self) -> bool:
        """Whether it ended well in this round, and the record does not say so yet."""
        found = self.container
        ended = found is not None and found["state"] == "exited" and not found["exit_code"]
        return self.entry["state"] == RUNS and ended

    @property
    def fault(self) -> Fact | None:
        """Why it failed; None if it has not, or nothing is known of it."""
        if self.entry["state"] != RUNS or not self.now or self.has_ended:
            return None
        if self.remembered.get("failures", 0) >= MOST_FAILURES:
            told = {key: self.remembered.get(key) for key in ("failures",)}
            return self._fact("hook_no_start", error=self.remembered.get("reason", ""), **told)
        if self.container is None:
            return self._fact("hook_gone") if self.remembered.get("ran") else None
        return self._fault_of(self.container)

    def _fault_of(self, container: Container) -> Fact | None:
        if container["state"] in ("exited", "dead"):
            return self._fact("hook_exits", exit_code=container["exit_code"])
        if container["state"] == "created":
            return None
        if self.timeout_s and self.now - self._since > self.timeout_s:
            return self._fact("hook_too_slow", timeout_s=self.timeout_s)
        return None

    @property
    def waiting(self) -> Fact:
        """That members wait for it, and since when."""
        return self._fact("hook_runs", since=iso_seconds(self._since))

    @property
    def _since(self) -> float:
        """When it was started, or else when it got its host; by that host's clock."""
        return self.remembered.get("ran") or self.entry.get("since", 0.0)

    def _fact(self, code: str, /, **told: t.Any) -> Fact:
        told["name"] = self.id.container
        return Fact.about(self.id, code, told, host=self.entry["host"])

    def placed(self, body: Body, owner: MemberId, entry: MemberEntry, now: float) -> Body:
        """The body in which it is to run on the host of a member, with that one's volumes."""
        return with_hook(
            body,
            self.id.key,
            state=RUNS,
            host=entry["host"],
            owner=owner.index,
            volumes=dict(entry["volumes"]),
            since=now,
        )

    def done(self, body: Body, *, is_over: bool) -> Body:
        """The body in which it is done; C(is_over): and its container is to be removed."""
        return with_hook(body, self.id.key, state=DONE, retired=is_over)

    def failed(self, body: Body, fault: Fact) -> Body:
        """The body in which it has failed: it holds members until a person asks again."""
        return with_hook(body, self.id.key, state=FAILED, reason=fault.as_data)
