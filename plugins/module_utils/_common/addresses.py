# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixed addresses for members, from the upper half of the managed subnet. Private to the collection.

The engine assigns the lower half itself (C(ip_range)), so the two never collide. A hash decides where
the search begins: two controllers that place different stacks at the same time rarely choose the
same address.
"""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import socket
import typing as t

Subnet = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

SMALLEST_SUBNET = 28


def parse_subnet(text: str) -> str:
    """A usable subnet of a managed network in canonical form. Raises ValueError that says what is wrong."""
    written = str(text).strip()
    if ":" in written:
        raise ValueError(
            f"{written}: IPv6 is not supported, a managed network is IPv4; write for example 10.43.0.0/16"
        )
    try:
        subnet = ipaddress.IPv4Network(written)
    except ValueError as error:
        raise ValueError(f"{error}; write for example 10.43.0.0/16") from None
    if subnet.prefixlen > SMALLEST_SUBNET:
        raise ValueError(
            f"{subnet}: too small, its two halves need a prefix of /{SMALLEST_SUBNET} or shorter"
        )
    return str(subnet)


@functools.lru_cache(maxsize=64)
def subnet_fault(text: str) -> str:
    """Why members can have no addresses in the subnet of an existing network; empty if they can."""
    try:
        parse_subnet(text)
    except ValueError as error:
        return str(error)
    return ""


def engine_range(subnet: str) -> str:
    """The half of the subnet from which the engine takes addresses."""
    return str(next(iter(ipaddress.ip_network(subnet).subnets(prefixlen_diff=1))))


@functools.lru_cache(maxsize=64)
def our_range(subnet: str) -> Subnet:
    """The half of the subnet from which members get their addresses."""
    _lower, upper = ipaddress.ip_network(subnet).subnets(prefixlen_diff=1)
    return upper


def assign_address(subnet: str, key: str, taken: t.Collection[str]) -> str | None:
    """The first free address at or after the key's hash position; None if the range is full."""
    pool = our_range(subnet)
    size = pool.num_addresses - 2
    first = int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") % size
    for step in range(size):
        address = str(pool[1 + (first + step) % size])
        if address not in taken:
            return address
    return None


def belongs(address: str, subnet: str) -> bool:
    """Whether an address is one that we may assign in this subnet."""
    try:
        number = socket.inet_pton(socket.AF_INET, address)
    except OSError:
        return False
    first, last = _ends(subnet)
    return first <= number <= last


@functools.lru_cache(maxsize=64)
def _ends(subnet: str) -> tuple[bytes, bytes]:
    """The first and the last address of our range. As bytes they are compared at little cost."""
    pool = our_range(subnet)
    return pool[0].packed, pool[-1].packed
