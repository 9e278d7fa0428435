# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep members on the managed network, at their address and with their links. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ..._common.names import aliases, endpoint_links
from ..._model.observation import Endpoint
from ..._model.operation import CONNECT, DISCONNECT, ConnectArgs, DisconnectArgs
from ..world.world import Container
from .member import MemberOperations, WantedMember
from .plan import Plan


class MemberNetwork:
    """Plans the network connection of a member's container."""

    def __init__(self, operations: MemberOperations) -> None:
        self._operations = operations
        self._world = operations.world

    def check(self, member: WantedMember, container: Container) -> list[int]:
        """Correct a container's connections; returns the operations that a start must wait for."""
        network = self._world.settings.network
        if member.service["network"] != "managed" or not member.entry["address"]:
            return []
        have = container["networks"].get(network)
        if have is None:
            return self._connect(member, container, f"not on the network {network}")
        wrong = self._difference(member, have)
        if wrong:
            return self._reconnect(member, container, wrong)
        self._leave_other(member, container, after=[])
        return []

    def _difference(self, member: WantedMember, have: Endpoint) -> str:
        """What is wrong with a connection; empty if nothing is."""
        wanted = member.entry["address"]
        if have["address"] != wanted:
            return f"has address {have['address'] or 'none'}, should have {wanted}"
        if sorted(have["links"]) != sorted(endpoint_links(member.service["links"])):
            return "its links changed"
        return ""

    def _reconnect(self, member: WantedMember, container: Container, cause: str) -> list[int]:
        """Disconnect and connect again, at the same address: engines cannot change an existing connection."""
        if self._fault(member):
            return []
        off = self._disconnect(member, container, self._world.settings.network, cause)
        return self._connect(member, container, cause, after=[off])

    def _connect(
        self, member: WantedMember, container: Container, cause: str, *, after: t.Iterable[int] = ()
    ) -> list[int]:
        if self._fault(member):
            return []
        args = ConnectArgs(
            network=self._world.settings.network,
            address=member.entry["address"],
            aliases=aliases(member.id.stack, member.id.service),
            links=endpoint_links(member.service["links"]),
        )
        done = self._operations.on(CONNECT, args, member.host, container, cause=cause, after=after)
        self._leave_other(member, container, after=[done])
        return [done]

    def _fault(self, member: WantedMember) -> bool:
        fault = self._world.network_fault(member.host)
        if fault:
            self._operations.hold(member, "network_fault", fault=fault)
        return bool(fault)

    def _leave_other(
        self, member: WantedMember, container: Container, *, after: t.Iterable[int]
    ) -> None:
        """Leave the other managed network after the move from one host to several, or back."""
        settings = self._world.settings
        other = settings.other_network
        if other in container["networks"]:
            cause = f"the network is {settings.network} now"
            self._disconnect(member, container, other, cause, after=after)

    def _disconnect(
        self,
        member: WantedMember,
        container: Container,
        network: str,
        cause: str,
        *,
        after: t.Iterable[int] = (),
    ) -> int:
        args = DisconnectArgs(network=network)
        return self._operations.on(
            DISCONNECT, args, member.host, container, cause=cause, after=after
        )


def leave_together(plan: Plan) -> None:
    """On each host, all members join the new network before the first one leaves the old one.

    Moved one by one, members of a host lost contact in between (docs/decisions/0002-overlay-facts.md). Within a stack
    no member leaves if one cannot join. Of other stacks only the order of the operations sees to it: what stops another
    stack must not stop this one.
    """
    joins: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for item in plan.operations:
        if joined := CONNECT.args_of(item):
            own = joins.setdefault((item["host"], item["stack"]), [])
            own.append((item["id"], joined["network"]))
    leaving: list[int] = []
    for item in plan.operations:
        if left := DISCONNECT.args_of(item):
            own = joins.get((item["host"], item["stack"]), [])
            others = {number for number, network in own if network != left["network"]}
            item["after"] = sorted({*item["after"], *others})
            leaving += [item["id"]] if others else []
    plan.put_last(leaving)
