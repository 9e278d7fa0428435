# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drain a member before it is stopped: no new requests, and time to finish open ones. Private to the collection; pure.

docs/schema.md section 11. A drain takes three steps, each in its own round: store it and tell the load balancers;
wait until none of them has sessions with the member, or the time runs out; stop the member. The ledger stores the
state of the drain, so any controller can continue it.
"""

from __future__ import annotations

import typing as t

from ..._common.constants import DRAIN_TIMEOUT_MS
from ..._model.fact import Fact
from ..._model.ledger import Drain, Ledger, cause_of, drain_of
from ..._model.member import MemberId, member_ids
from ..._model.observation import BalancerReport, TrafficReport
from ..._model.operation import DRAIN, DrainArgs
from ..operations.member import MemberOperations
from ..world.ownership import Claims
from ..world.world import Container
from .drain_phase import STOPPABLE, DrainView, Phase, is_sent_to, left_s, phase_of

SICK_S = DRAIN_TIMEOUT_MS / 1000
"""Seconds that open requests of an unhealthy member are waited for at most."""


class Drains:
    """The drains of one stack in one round."""

    def __init__(
        self,
        operations: MemberOperations,
        ledger: Ledger,
        *,
        stack: str,
        live: bool,
        unseen: t.Callable[[MemberId], int] = lambda _member: 0,
    ) -> None:
        """C(unseen): how many load balancers of other stacks on unseen hosts have a member as a server."""
        self._operations = operations
        self._world = operations.world
        self._ledger = ledger
        self._stack = stack
        self._live = live
        self._unseen = unseen
        self._asked: set[MemberId] = set()
        self._begun: dict[MemberId, float] = {}
        self._undone: set[MemberId] = set()
        self._left: set[MemberId] = set()
        self._ending: set[MemberId] = set()

    def drain(
        self,
        host: str,
        container: Container,
        cause: Fact,
        *,
        sick: bool = False,
        leaves: bool = False,
    ) -> bool:
        """Plan the next step of a container's drain; returns whether the container may be stopped now.

        An unhealthy container is drained only if a load balancer sends requests to it, and for SICK_S at most: what
        hangs in it must not hold up its repair. A member that leaves for good is removed from the load balancers when
        its drain ends.
        """
        member = MemberId.of(container)
        self._asked.add(member)
        view = self.view(host, container, sick=sick)
        phase = phase_of(view)
        if phase in STOPPABLE:
            (self._left if leaves else self._ending).add(member)
            return True
        if phase is Phase.DUE:
            self._begin(host, container, cause, view.timeout_s)
        elif phase is Phase.UNTOLD:
            told = cause_of(view.drain) if view.drain else cause
            self._begin(host, container, told, view.timeout_s, renewed=view.renewed + 1)
        else:
            self._operations.hold_container(
                host, container, "draining", sessions=view.sessions, left_s=view.left_s
            )
        return False

    def is_noted(self, member: MemberId) -> bool:
        """Whether the ledger has a drain of the member."""
        return drain_of(self._ledger, member.key) is not None

    def view(self, host: str, container: Container, *, sick: bool = False) -> DrainView:
        """The view of a container that must be stopped."""
        member = MemberId.of(container)
        serving = self._serving(container)
        timeout_s = self._timeout_s(container["service"])
        if sick:
            serving = [item for item in serving if is_sent_to(item) or item["drain"]]
            timeout_s = min(timeout_s, SICK_S)
        boot, now = self._world.boot(host)
        return DrainView(
            is_running=container["state"] == "running",
            timeout_s=timeout_s,
            container_id=container["id"],
            drain=drain_of(self._ledger, member.key),
            serving=serving,
            old_workers=self._old_workers(member),
            unseen=0 if sick else self._unseen(member),
            boot=boot,
            now=now,
            wall=self._world.now(host),
        )

    def _timeout_s(self, service: str) -> float:
        services = self._operations.revision["definition"]["services"]
        found = services.get(service, {}).get("drain_timeout_ms", DRAIN_TIMEOUT_MS)
        return float(found) / 1000

    def _serving(self, container: Container) -> list[TrafficReport]:
        """The reports of the load balancers that send it requests or still have sessions with it."""
        reports = self._reports(MemberId.of(container))
        return [item for item in reports if is_sent_to(item) or item["sessions"]]

    def _reports(self, member: MemberId) -> list[TrafficReport]:
        """All load balancers' reports on a member."""
        return [
            item
            for host in self._world.seen
            for balancer in self._balancers(host)
            for item in balancer["reports"]
            if item["server"] == member.dotted
        ]

    def _begin(
        self, host: str, container: Container, cause: Fact, timeout_s: float, *, renewed: int = 0
    ) -> None:
        """Store the drain; C(renewed): how often its time ran out before the load balancers were told."""
        boot, now = self._world.boot(host)
        entry = Drain(
            container=container["id"],
            since=self._world.now(host),
            until=now + timeout_s,
            boot=boot,
            cause=cause.as_data,
        )
        if renewed:
            entry["renewed"] = renewed
        self._write(host, container, entry, cause)
        self._begun[MemberId.of(container)] = timeout_s

    def _old_workers(self, member: MemberId) -> int:
        """Number of old workers of the load balancers that have a member as a server."""
        return sum(
            balancer["old_workers"]
            for host in self._world.seen
            for balancer in self._balancers(host)
            if any(item["server"] == member.dotted for item in balancer["reports"])
        )

    def _balancers(self, host: str) -> list[BalancerReport]:
        """The load balancers of a host. Those of a stack that goes down are ignored: they are stopped with it."""
        found = self._world.balancers(host)
        own = f"{self._stack}."
        return [item for name, item in found.items() if self._live or not name.startswith(own)]

    def still(self, claims: Claims) -> dict[MemberId, float]:
        """Members that are still draining after this round, with the seconds left."""
        found = {**dict.fromkeys(filter(self._is_drained, self._ending), 0.0), **self._begun}
        for member in member_ids(self._stack, self._ledger):
            drain = drain_of(self._ledger, member.key)
            if not drain or member in found or member in self._undone | self._left:
                continue
            for host, container in claims.get(member, []):
                if container["id"] == drain["container"]:
                    _boot, now = self._world.boot(host)
                    found[member] = max(0.0, left_s(drain, now, self._world.now(host)))
        return found

    def _is_drained(self, member: MemberId) -> bool:
        """Whether any load balancer drains a member; if so, it stays drained while it is stopped."""
        return any(item["drain"] for item in self._reports(member))

    def undo_rest(self, claims: Claims) -> None:
        """End the drains that this round no longer requests."""
        for member in member_ids(self._stack, self._ledger):
            if drain_of(self._ledger, member.key) and member not in self._asked:
                self._undone.add(member)
                for host, container in claims.get(member, []):
                    self._write(host, container, None, Fact("drain_undone"))

    def _write(self, host: str, container: Container, entry: Drain | None, cause: Fact) -> None:
        self._operations.on(DRAIN, DrainArgs(entry=entry), host, container, cause=cause)
