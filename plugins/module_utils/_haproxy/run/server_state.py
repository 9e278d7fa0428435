# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server states that HAProxy reports and passes on at a reload: C(show servers state). Pure; private."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ..render.wanted import Server, Wanted

_BACKEND, _SERVER, _ADDRESS, _ADMIN, _WEIGHT, _PORT = 1, 3, 4, 6, 7, 18
_CHECK_PORT, _CHECK_ADDRESS = 21, 22
_FIELDS = 19  # the fields that we read; there are more
MAINTENANCE = 0x01
CONFIG_MAINTENANCE = 0x04
DRAIN = 0x08


@dataclasses.dataclass(frozen=True)
class State:
    """The state of one running server."""

    weight: int
    admin: int
    address: str = ""
    port: str = ""
    check_address: str = ""
    """The address that its check asks, if it is another one."""
    check_port: str = ""
    """The port that its check asks, if it is another one."""

    @property
    def drained(self) -> bool:
        """Whether somebody ordered that it gets no new requests."""
        return self.weight == 0 or bool(self.admin & (MAINTENANCE | DRAIN))

    def is_as(self, wanted: Wanted) -> bool:
        """Whether its weight and orders are those of the config."""
        if wanted.disabled:
            return bool(self.admin & MAINTENANCE)
        if self.admin & MAINTENANCE:
            return False
        if wanted.weight == 0:
            return self.drained
        return not self.admin & DRAIN and self.weight == wanted.weight

    @property
    def place(self) -> str:
        """Its address and port."""
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )

    @property
    def checked_at(self) -> str:
        """The address and port that its check asks."""
        address, port = self.check_address or self.address, self.check_port or self.port
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    def is_at(self, place: str) -> bool:
        """Whether its address is the config's; a place without a plain address and port is not compared."""
        address, port = _parts(place)
        return not port or (self.address, self.port) == (address, port)


def parse_states(answer: str) -> dict[Server, State]:
    """Each server's state by backend and name."""
    rows = (line.split(" ") for line in answer.splitlines())
    return {
        (row[_BACKEND], row[_SERVER]): State(
            int(row[_WEIGHT]),
            int(row[_ADMIN]),
            row[_ADDRESS],
            row[_PORT],
            _other(row, _CHECK_ADDRESS),
            _other(row, _CHECK_PORT),
        )
        for row in rows
        if _is_server(row)
    }


def rewritten(answer: str, wanted: t.Mapping[Server, Wanted]) -> str:
    """The states to pass on: results of checks stay, orders from run time are replaced by the new config's.

    Otherwise HAProxy would keep an order that the config no longer has, or give a server the state, and even the port,
    of another one with the same name at another address.
    """
    lines = []
    for line in answer.splitlines():
        row = line.split(" ")
        if _is_server(row):
            order = wanted.get((row[_BACKEND], row[_SERVER]))
            if order and not _same_place(row, order.place):
                continue
            if order:
                row[_ADMIN] = str(_admin(int(row[_ADMIN]), order))
                row[_WEIGHT] = str(order.weight)
        lines.append(" ".join(row))
    return "".join(f"{line}\n" for line in lines)


def _same_place(row: list[str], place: str) -> bool:
    """Whether a state is of this place; a host name matches any address."""
    address, _colon, port = place.rpartition(":")
    known = address.strip("[]")
    is_name = any(char.isalpha() for char in known) and ":" not in known
    return row[_PORT] == port and (is_name or row[_ADDRESS] == known)


def _parts(place: str) -> tuple[str, str]:
    """Address and port of a place; empty if it has no address or no port."""
    host, _colon, port = place.rpartition(":")
    try:
        return str(ipaddress.ip_address(host.strip("[]"))), port if port.isdigit() else ""
    except ValueError:
        return "", ""


def _admin(before: int, order: Wanted) -> int:
    kept = before & ~(MAINTENANCE | CONFIG_MAINTENANCE | DRAIN)
    return kept | (MAINTENANCE | CONFIG_MAINTENANCE if order.disabled else 0)


def _other(row: list[str], field: int) -> str:
    """A field of the check; empty if the check asks the server's own."""
    found = row[field] if len(row) > field else ""
    return "" if found in ("-", "0", "0.0.0.0", "::") else found


def _is_server(row: list[str]) -> bool:
    return len(row) >= _FIELDS and row[0].isdigit() and row[_ADMIN].isdigit()
