# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published and exposed ports. Private to the collection."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._model.problems import Invalid, Place, quoted
from .keys import not_run
from .values import check_long_keys, entries, line, wanted, whole

PROTOCOLS = ("tcp", "udp", "sctp")
MOST_PORTS = 1000
LONG_KEYS = ("target", "published", "host_ip", "protocol", "mode", "name", "app_protocol")
RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
SHORT = re.compile(r"(?:(?P<ip>\[[^\]]*\]|[^:]*):)??(?:(?P<public>[^:]*):)?(?P<private>[^:]*)")
# An IPv6 address without brackets, as Compose takes it: the last two numbers are the ports.
BARE = re.compile(r"(?P<ip>[^\[\]]*:[^\[\]]*):(?P<public>[^:]*):(?P<private>[^:]*)")
WILDCARDS = ("", "0.0.0.0", "::")  # the engine reads these as all addresses

Port = t.Dict[str, t.Any]


def ports(value: t.Any, place: Place) -> list[Port]:
    """The ports of a service in the schema's form; a port published twice is a problem."""
    found: list[Port] = []
    for group in entries(value, place, parse_port):
        found += [port for port in group if port not in found or port["public"] is not None]
        if len(found) > MOST_PORTS:
            place.problem(f"more than {MOST_PORTS} ports; use network_mode host for large ranges")
            return []
    check_twice(found, place)
    return found


def parse_port(value: t.Any) -> list[Port]:
    """The ports of one entry: C([[ip:]public:]private[/protocol]), a number, or today's long form."""
    if isinstance(value, t.Mapping):
        return parse_long(value)
    written = line(value).strip()
    body, _slash, protocol = written.partition("/")
    match = SHORT.fullmatch(body) or BARE.fullmatch(body)
    if not match or not match.group("private"):
        raise wanted(
            'a port such as "80", "8080:80", "127.0.0.1:8080:80/udp" or "[::1]:80:80"', value
        )
    return spread(
        ip=address(match.group("ip") or ""),
        public=match.group("public") or "",
        private=match.group("private"),
        protocol=protocol_of(protocol),
    )


def parse_long(value: t.Mapping[str, t.Any]) -> list[Port]:
    """The ports of today's Compose form with C(target), C(published) and so on."""
    check_long_keys(value, LONG_KEYS)
    if value.get("target") is None:
        raise Invalid('needs a "target": the port inside of the container')
    mode = value.get("mode")
    if mode not in (None, "", "host", "ingress"):
        raise Invalid(f'"mode" must be "host" or "ingress", not {quoted(line(mode))}')
    return spread(
        ip=address(line(value.get("host_ip") or "")),
        public=line(value.get("published") or ""),
        private=str(whole(value["target"])),
        protocol=protocol_of(line(value.get("protocol") or "")),
    )


def spread(*, ip: str, public: str, private: str, protocol: str) -> list[Port]:
    """One port for each number of the two ranges, which must be equally long."""
    inside = port_range(private)
    outside: t.Sequence[int | None] = port_range(public) if public else [None] * len(inside)
    if len(outside) != len(inside):
        if len(inside) == 1:
            raise Invalid(f"a choice of host ports ({public}) " + not_run("write one host port"))
        raise Invalid(f"the ranges {public} and {private} are not equally long")
    return [
        {"ip": ip, "public": host, "private": port, "protocol": protocol}
        for host, port in zip(outside, inside)
    ]


def port_range(written: str) -> list[int]:
    """The port numbers of C(80) or C(8000-8010)."""
    match = RANGE.fullmatch(written)
    if not match:
        raise wanted("a port number or a range such as 8000-8010", written)
    first = int(match.group(1))
    last = int(match.group(2) or first)
    if not 1 <= first <= last <= 65535:
        raise Invalid(f"{written}: ports are from 1 to 65535, the lower one first")
    if last - first >= MOST_PORTS:
        raise Invalid(f"{written}: more than {MOST_PORTS} ports; use network_mode host")
    return list(range(first, last + 1))


def protocol_of(written: str) -> str:
    """The protocol in lower case; tcp if none is given."""
    protocol = written.lower() or "tcp"
    if protocol not in PROTOCOLS:
        raise Invalid(f"the protocol must be tcp, udp or sctp, not {quoted(written)}")
    return protocol


def address(written: str) -> str:
    """A host address to publish on, without brackets; empty for all addresses."""
    bare = written[1:-1] if written.startswith("[") and written.endswith("]") else written
    try:
        return str(ipaddress.ip_address(bare)) if bare else ""
    except ValueError:
        raise Invalid(f"{quoted(written)} is not an IP address of the host") from None


def check_twice(found: list[Port], place: Place) -> None:
    """Note a host port that two entries of the service claim."""
    taken: dict[tuple[int, str], list[str]] = {}
    for port in found:
        if port["public"] is None:
            continue
        addresses = taken.setdefault((port["public"], port["protocol"]), [])
        if any(same_address(port["ip"], other) for other in addresses):
            place.problem(f"host port {port['public']}/{port['protocol']} is published twice")
        addresses.append(port["ip"])


def same_address(one: str, other: str) -> bool:
    """Whether two bind addresses overlap."""
    return one == other or one in WILDCARDS or other in WILDCARDS


def expose(value: t.Any, place: Place) -> list[str]:
    """Ports that are only exposed, as C(80/tcp)."""
    found: dict[str, None] = {}
    for group in entries(value, place, parse_exposed):
        found.update(dict.fromkeys(group))
    return list(found)


def parse_exposed(value: t.Any) -> list[str]:
    """The ports of one entry: C(80), C(80/udp), C(8000-8010)."""
    number, _slash, protocol = line(value).strip().partition("/")
    if ":" in number:
        raise Invalid(
            f"{quoted(number)}: a port of the load balancer {not_run('')}; write one port"
        )
    return [f"{port}/{protocol_of(protocol)}" for port in port_range(number)]
