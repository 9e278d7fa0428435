# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drain a member before we stop it: no new requests, and time for those that it has. Private to the collection; pure.

docs/schema.md section 11. A drain takes three steps, each in a round of its own: note it and tell the load balancers;
wait until none of them has sessions of the member, or its time is over; stop the member. The ledger says where it is,
so any controller can go on with it.
"""

from __future__ import annotations

from ..._common.constants import DRAIN_TIMEOUT_MS
from ..._model.ledger import Drain, Ledger, drain_of
from ..._model.member import MemberId, member_ids
from ..._model.observation import BalancerReport, TrafficReport
from ..._model.operation import DRAIN, DrainArgs
from ..operations.member import MemberOperations
from ..world.ownership import Claims
from ..world.world import Container
from .drain_phase import STOPPABLE, DrainView, Phase, is_sent_to, phase_of


class Drains:
    """The drains of one stack in one round."""

    def __init__(
        self, operations: MemberOperations, ledger: Ledger, *, stack: str, live: bool
    ) -> None:
        self._operations = operations
        self._world = operations.world
        self._ledger = ledger
        self._stack = stack
        self._live = live
        self._asked: set[MemberId] = set()
        self._begun: dict[MemberId, float] = {}
        self._undone: set[MemberId] = set()
        self._left: set[MemberId] = set()
        self._ending: set[MemberId] = set()

    def drain(
        self,
        host: str,
        container: Container,
        reason: str,
        *,
        sick: bool = False,
        leaves: bool = False,
    ) -> bool:
        """Plan the next step of a container's drain; returns whether the container may be stopped now.

        A sick one is drained only where a load balancer still sends requests to it: its open requests are not
        waited for. One that leaves for good is taken out of the load balancers as soon as its drain is over.
        """
        member = MemberId.of(container)
        self._asked.add(member)
        view = self.view(host, container, sick=sick)
        phase = phase_of(view)
        if phase in STOPPABLE:
            (self._left if leaves else self._ending).add(member)
            return True
        if phase is Phase.DUE:
            self._begin(host, container, reason)
        elif phase is Phase.UNTOLD:
            told = view.drain["reason"] if view.drain else reason
            self._begin(host, container, told, renewed=view.renewed + 1)
        else:
            self._operations.hold_container(
                host, container, "draining", sessions=view.sessions, left_s=view.left_s
            )
        return False

    def view(self, host: str, container: Container, *, sick: bool = False) -> DrainView:
        """What is seen of a container that is to be stopped."""
        member = MemberId.of(container)
        serving = [item for item in self._serving(container) if not sick or is_sent_to(item)]
        return DrainView(
            is_running=container["state"] == "running",
            timeout_s=self._timeout_s(container["service"]),
            container_id=container["id"],
            drain=drain_of(self._ledger, member.key),
            serving=serving,
            old_workers=self._old_workers(),
            now=self._world.now(host),
        )

    def _timeout_s(self, service: str) -> float:
        services = self._operations.revision["definition"]["services"]
        found = services.get(service, {}).get("drain_timeout_ms", DRAIN_TIMEOUT_MS)
        return float(found) / 1000

    def _serving(self, container: Container) -> list[TrafficReport]:
        """What the load balancers report on it, where they send requests to it or still hold sessions of it."""
        reports = self._reports(MemberId.of(container))
        return [item for item in reports if is_sent_to(item) or item["sessions"]]

    def _reports(self, member: MemberId) -> list[TrafficReport]:
        """All that the load balancers report on a member."""
        return [
            item
            for host in self._world.seen
            for balancer in self._balancers(host)
            for item in balancer["reports"]
            if item["server"] == member.dotted
        ]

    def _begin(self, host: str, container: Container, reason: str, *, renewed: int = 0) -> None:
        """Note the drain; C(renewed): how often its time was over before the load balancers were told."""
        now, timeout_s = self._world.now(host), self._timeout_s(container["service"])
        entry = Drain(container=container["id"], since=now, until=now + timeout_s, reason=reason)
        if renewed:
            entry["renewed"] = renewed
        self._write(host, container, entry, reason)
        self._begun[MemberId.of(container)] = timeout_s

    def _old_workers(self) -> int:
        """Workers of load balancers that were reloaded and still serve what they had."""
        return sum(
            balancer["old_workers"]
            for host in self._world.seen
            for balancer in self._balancers(host)
        )

    def _balancers(self, host: str) -> list[BalancerReport]:
        """The load balancers of a host. Those of a stack that goes down go with it: nobody drains for them."""
        found = self._world.balancers(host)
        own = f"{self._stack}."
        return [item for name, item in found.items() if self._live or not name.startswith(own)]

    def still(self, claims: Claims) -> dict[MemberId, float]:
        """Members that are being drained after this round, with the seconds that are left for it."""
        found = {**dict.fromkeys(filter(self._is_drained, self._ending), 0.0), **self._begun}
        for member in member_ids(self._stack, self._ledger):
            drain = drain_of(self._ledger, member.key)
            if not drain or member in found or member in self._undone | self._left:
                continue
            for host, container in claims.get(member, []):
                if container["id"] == drain["container"]:
                    found[member] = max(0.0, drain["until"] - self._world.now(host))
        return found

    def _is_drained(self, member: MemberId) -> bool:
        """Whether any load balancer drains a member. One that is stopped just now is not put in use beside that."""
        return any(item["drain"] for item in self._reports(member))

    def undo_rest(self, claims: Claims) -> None:
        """End the drains whose reason is gone: nobody asked for them in this round."""
        for member in member_ids(self._stack, self._ledger):
            if drain_of(self._ledger, member.key) and member not in self._asked:
                self._undone.add(member)
                for host, container in claims.get(member, []):
                    self._write(host, container, None, "the reason for draining it is gone")

    def _write(self, host: str, container: Container, entry: Drain | None, cause: str) -> None:
        self._operations.on(DRAIN, DrainArgs(entry=entry), host, container, cause=cause)
