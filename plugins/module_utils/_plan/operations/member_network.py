# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep members on the managed network, with their address, names and links. Private to the collection; pure."""

from __future__ import annotations

import enum
import typing as t

from ..._common.constants import MANAGED_BY_STACK
from ..._common.names import endpoint_links, is_alias_in
from ..._model.fact import Fact
from ..._model.member import member_aliases
from ..._model.observation import Endpoint
from ..._model.operation import CONNECT, DISCONNECT, ConnectArgs, DisconnectArgs
from ..world.ownership import LIVE_STATES
from ..world.world import Container
from .member import MemberOperations, WantedMember

MAC_API = (1, 44)
"""From this API on engines give a hardware address at the creation only: a connect loses it, whatever it asks for.

Seen with 26.1 and 28.5. Engine 20.10 gives the container its own again.
"""


class Move(enum.Enum):
    """How the connections of a container must change."""

    JOIN = "it is not on the managed network, so a connect disturbs nothing"
    REJOIN = "its connection is wrong: engines cannot change one, so it is interrupted"
    REPLACE = "it has a hardware address that a connect would lose: only a new container has it"
    LEAVE = (
        "it is still on the other managed network, after a move from one host to several or back"
    )
    RESTART = "a person wants it restarted; its connections are right"


class Need(t.NamedTuple):
    """The next move of a container, and why."""

    move: Move
    why: Fact


class MemberNetwork:
    """Plans the network connections of members' containers."""

    def __init__(self, operations: MemberOperations) -> None:
        self._operations = operations
        self._world = operations.world

    def need(self, member: WantedMember, container: Container) -> Need | None:
        """The next move that a container needs; None if its connections are right."""
        settings = self._world.settings
        if member.service["network"] != "managed" or not member.entry["address"]:
            return None
        have = container["networks"].get(settings.network)
        if have is None:
            why = Fact("off_network", {"network": settings.network})
            return Need(Move.REPLACE if self._loses_mac(member) else Move.JOIN, why)
        wrong = self._difference(member, have)
        if wrong:
            return Need(Move.REPLACE if self._loses_mac(member) else Move.REJOIN, wrong)
        if settings.other_network in container["networks"]:
            return Need(Move.LEAVE, Fact("network_replaced", {"network": settings.network}))
        return None

    def renewal(self, member: WantedMember, container: Container) -> Need | None:
        """Why a container that does not run must be replaced; None if it need not."""
        need = self.need(member, container)
        return need if need and need.move is Move.REPLACE else None

    def meet(self, member: WantedMember, container: Container, need: Need) -> list[int]:
        """Plan the move; returns the operations that a start must wait for."""
        if need.move is Move.LEAVE:
            self._leave_other(member, container, need.why)
            return []
        if self._fault(member):
            return []
        off = []
        if need.move is Move.REJOIN:
            network = self._world.settings.network
            off = [self._disconnect(member, container, network, need.why)]
        return [self._connect(member, container, need.why, after=off)]

    def settle(self, member: WantedMember, container: Container) -> list[int]:
        """Plan all moves of a container that does not run; returns the operations that its start must wait for."""
        need = self.need(member, container)
        done = self.meet(member, container, need) if need else []
        if done and self._world.settings.other_network in container["networks"]:
            why = Fact("network_replaced", {"network": self._world.settings.network})
            self._leave_other(member, container, why, after=done)
        return done

    def first_absent(self, host: str) -> str:
        """The name of one of our containers on a host that has not joined the managed network yet; else empty.

        Moved one by one, members of a host lost contact in between (docs/decisions/0002-overlay-facts.md): so all of
        them join the new network before any leaves the old one.
        """
        settings = self._world.settings
        absent = [
            item["name"]
            for item in self._world.containers(host)
            if settings.other_network in item["networks"]
            and settings.network not in item["networks"]
            and item["managed"] == MANAGED_BY_STACK
            and item["state"] in LIVE_STATES
        ]
        return min(absent, default="")

    def _difference(self, member: WantedMember, have: Endpoint) -> Fact | None:
        """What is wrong with a connection; None if nothing is."""
        wanted = member.entry["address"]
        if have["address"] != wanted:
            return Fact("wrong_address", {"address": have["address"], "wanted": wanted})
        names = self._names(member)
        missing = [name for name in names if name not in have["aliases"]]
        if missing:
            return Fact("name_missing", {"name": missing[0]})
        stack = member.id.stack
        if any(is_alias_in(stack, name) and name not in names for name in have["aliases"]):
            return Fact("links_changed")
        if sorted(have["links"]) != sorted(endpoint_links(member.service["links"])):
            return Fact("links_changed")
        return self._other_mac(member, have)

    def _names(self, member: WantedMember) -> list[str]:
        return member_aliases(member.id, member.service)

    def _other_mac(self, member: WantedMember, have: Endpoint) -> Fact | None:
        """How the hardware address differs from the wanted one; a stopped container has none."""
        wanted, found = _mac_of(member).lower(), have["mac"].lower()
        if not found or found == wanted or not self._loses_mac(member):
            return None
        return Fact("wrong_mac", {"mac": found, "wanted": wanted})

    def _loses_mac(self, member: WantedMember) -> bool:
        """Whether a connect would take a hardware address from the member."""
        if not _mac_of(member):
            return False
        api = self._world.observation(member.host)["engine"]["api"]
        major, _dot, minor = api.partition(".")
        return major.isdigit() and minor.isdigit() and (int(major), int(minor)) >= MAC_API

    def _connect(
        self, member: WantedMember, container: Container, cause: Fact, *, after: t.Iterable[int]
    ) -> int:
        args = ConnectArgs(
            network=self._world.settings.network,
            address=member.entry["address"],
            aliases=self._names(member),
            links=endpoint_links(member.service["links"]),
            mac_address=_mac_of(member),
        )
        return self._operations.on(CONNECT, args, member.host, container, cause=cause, after=after)

    def _fault(self, member: WantedMember) -> bool:
        fault = self._world.network_fault(member.host)
        if fault:
            self._operations.hold(member, "network_fault", fault=fault.as_data)
        return bool(fault)

    def _leave_other(
        self,
        member: WantedMember,
        container: Container,
        cause: Fact,
        *,
        after: t.Iterable[int] = (),
    ) -> None:
        other = self._world.settings.other_network
        self._disconnect(member, container, other, cause, after=after)

    def _disconnect(
        self,
        member: WantedMember,
        container: Container,
        network: str,
        cause: Fact,
        *,
        after: t.Iterable[int] = (),
    ) -> int:
        args = DisconnectArgs(network=network)
        return self._operations.on(
            DISCONNECT, args, member.host, container, cause=cause, after=after
        )


def _mac_of(member: WantedMember) -> str:
    """The wanted hardware address; empty for any."""
    return str(member.service["container"].get("mac_address", ""))
