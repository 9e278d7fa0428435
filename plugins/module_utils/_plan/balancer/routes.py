# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve the rules of a load balancer: the servers of each, by name or by selector. Private; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.constants import STATE_STOPPED
from ..._model.entry import NEWCOMER, Members
from ..._model.member import MemberId, member_ids
from ..._record.revisions import current, is_live

Json = t.Dict[str, t.Any]

HTTP_PROTOCOLS = ("http", "https")
BY_NAME_PROTOCOLS = (*HTTP_PROTOCOLS, "sni")
"""Protocols with which HAProxy can tell host names apart."""
DEEPEST_ALIAS = 8


@dataclasses.dataclass(frozen=True)
class Server:
    """One target of a rule: a member or an external address."""

    name: str
    address: str
    host: str = ""
    drain: bool = False
    resolve: bool = False


@dataclasses.dataclass(frozen=True)
class Route:
    """A rule of a load balancer with its resolved target: the servers of one service."""

    port: int
    protocol: str
    hostname: str
    path: str
    priority: int
    order: int
    backend_name: str
    target_port: int
    weight: int
    check: Json | None
    servers: tuple[Server, ...]

    @property
    def match(self) -> tuple[str, str]:
        """The requests that it matches; in lower case, as HAProxy compares without case."""
        return self.hostname.lower(), self.path.lower()


class Directory:
    """All services of all stacks, by name and by label."""

    def __init__(
        self,
        bodies: dict[str, Json],
        draining: t.Collection[MemberId] = (),
        lingering: t.Collection[MemberId] = (),
    ) -> None:
        """C(draining): get no new requests. C(lingering): were replaced, and serve on for now."""
        self._bodies = {stack: body for stack, body in sorted(bodies.items()) if is_live(body)}
        self._draining = set(draining)
        self._lingering = set(lingering)

    def service(self, reference: str) -> Json | None:
        """A service's definition, by C(stack/service)."""
        stack, _slash, name = reference.partition("/")
        body = self._bodies.get(stack)
        found = (current(body) or {})["definition"]["services"].get(name) if body else None
        return dict(found) if found else None

    def state(self, reference: str) -> str:
        """The desired state of a service; empty if there is none."""
        stack, _slash, name = reference.partition("/")
        body = self._bodies.get(stack)
        found = (current(body) or {})["services"].get(name) if body else None
        return str(found["state"]) if found else ""

    def selected(self, selector: list[Json]) -> list[str]:
        """References of the services whose labels match."""
        found = []
        for stack, body in self._bodies.items():
            for name, service in sorted((current(body) or {})["definition"]["services"].items()):
                labels = service["container"].get("labels", {})
                if all(matches(labels, part) for part in selector):
                    found.append(f"{stack}/{name}")
        return found

    def servers(self, reference: str, depth: int = 0) -> list[Server]:
        """Members of a service, addresses of an external one, or the servers behind an alias."""
        service = self.service(reference)
        if service is None or depth > DEEPEST_ALIAS:
            return []
        kind = service.get("kind", "container")
        if kind == "alias":
            nested = [self.servers(item, depth + 1) for item in service["alias_of"]]
            return list(dict.fromkeys(server for servers in nested for server in servers))
        if kind == "external":
            return _external(reference, service["external"])
        return self._members(reference)

    def _members(self, reference: str) -> list[Server]:
        stack, _slash, name = reference.partition("/")
        body = self._bodies[stack]
        if self.state(reference) == STATE_STOPPED:
            return []
        found = []
        for member in member_ids(stack, body["members"]):
            entry = body["members"][member.key]
            drain = member in self._draining
            serves = member in self._lingering or _serves(body["members"], member)
            there = entry["address"] and (drain or serves)
            if there and member.service == name:
                found.append(Server(member.dotted, entry["address"], entry["host"], drain))
        return found


def _serves(members: Members, member: MemberId) -> bool:
    """Whether a slot of a member gets requests. A newcomer does only if nothing else serves in its place."""
    entry = members[member.key]
    if "move" in entry:
        return False
    role = "" if entry["retired"] else entry.get("role", "")
    if role != NEWCOMER:
        return not entry["retired"] and not role
    slots = [item for item in member_ids(member.stack, members) if item.home == member.home]
    return all(members[item.key].get("role") or members[item.key]["retired"] for item in slots)


def _external(reference: str, external: Json) -> list[Server]:
    """External servers: by address, or one by name, which HAProxy resolves repeatedly."""
    base = reference.replace("/", ".")
    found = [
        Server(f"{base}.{number}", address)
        for number, address in enumerate(external.get("addresses", []), start=1)
    ]
    if external.get("hostname"):
        found.append(Server(f"{base}.name", external["hostname"], resolve=True))
    return found


def matches(labels: dict[str, str], part: Json) -> bool:
    """Whether labels satisfy one part of a selector (Rancher's operators)."""
    value = labels.get(part["key"])
    operator = part["operator"]
    if operator == "exists":
        return value is not None
    if operator == "absent":
        return value is None
    among = value is not None and value.lower() in [item.lower() for item in part["values"]]
    return among if operator in ("in", "=") else not among


def routes_of(directory: Directory, balancer: Json) -> list[Route]:
    """All routes of a load balancer in the order of its rules."""
    found: list[Route] = []
    for rule in balancer["rules"]:
        if rule["service"]:
            found += _route(directory, rule, rule["service"], {}, len(found))
        else:
            found += _selected_routes(directory, rule, len(found))
    return found


def _selected_routes(directory: Directory, rule: Json, order: int) -> list[Route]:
    """The rules of the services that a selector matches: their own or the rule's. Priority is lost, as in Rancher."""
    found: list[Route] = []
    for reference in directory.selected(rule["selector"]):
        own = (directory.service(reference) or {}).get("target_rules") or [{}]
        for target in own:
            changed = {key: value for key, value in target.items() if value}
            found += _route(
                directory, {**rule, "priority": 0}, reference, changed, order + len(found)
            )
    return found


def _route(
    directory: Directory, rule: Json, reference: str, changed: Json, order: int
) -> list[Route]:
    merged = {**rule, **changed}
    service = directory.service(reference)
    if service is None or not merged["target_port"]:
        return []
    by_name = rule["protocol"] in BY_NAME_PROTOCOLS
    return [
        Route(
            port=rule["source_port"],
            protocol=rule["protocol"],
            hostname=merged["hostname"] if by_name else "",
            path=merged["path"] if rule["protocol"] in HTTP_PROTOCOLS else "",
            priority=merged["priority"],
            order=order,
            backend_name=merged["backend_name"],
            target_port=merged["target_port"],
            weight=merged["weight"],
            check=service.get("health_check"),
            servers=tuple(directory.servers(reference)),
        )
    ]
