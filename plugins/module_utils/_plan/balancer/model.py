# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the model of a load balancer's config from its rules: the servers of each rule, and the order of the rules.

Private to the collection; pure. docs/schema.md section 11.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..._common.constants import STATE_STOPPED
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

    def __init__(self, bodies: dict[str, Json], draining: t.Collection[MemberId] = ()) -> None:
        self._bodies = {stack: body for stack, body in sorted(bodies.items()) if is_live(body)}
        self._draining = set(draining)

    def service(self, reference: str) -> Json | None:
        """A service's definition, by C(stack/service)."""
        stack, _slash, name = reference.partition("/")
        body = self._bodies.get(stack)
        found = (current(body) or {})["definition"]["services"].get(name) if body else None
        return dict(found) if found else None

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
        if (current(body) or {})["services"][name]["state"] == STATE_STOPPED:
            return []
        found = []
        for member in member_ids(stack, body["members"]):
            entry = body["members"][member.key]
            drain = member in self._draining
            there = entry["address"] and (drain or not entry["retired"])
            if there and member.service == name:
                found.append(Server(member.dotted, entry["address"], entry["host"], drain))
        return found


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


def precedence(route: Route) -> tuple[t.Any, ...]:
    """Sort key of the rules of a port: an explicit priority, then Rancher's classes, then the longest path."""
    host_level = 4 if not route.hostname else 2 if "*" in route.hostname else 0
    level = host_level + (0 if route.path else 1)
    first = (0, route.priority) if route.priority else (1, 0)
    return (*first, level, -len(route.path), route.order)


def build_model(
    routes: list[Route], balancer: Json, *, host: str, fingerprints: dict[str, str]
) -> Json:
    """The model of one load balancer container on this host.

    C(fingerprints): those of the certificates, so that a new certificate under the same name changes the config.
    """
    pools = _pools(routes)
    ports = {rule["source_port"]: rule["protocol"] for rule in reversed(balancer["rules"])}
    return {
        "frontends": [_frontend(port, ports[port], pools, balancer) for port in sorted(ports)],
        "backends": [_backend(pool, balancer, host) for pool in pools],
        "certificates": {name: fingerprints[name] for name in sorted(_named(balancer))},
        "default_certificate": balancer["default_certificate"],
        "certificate_dir": balancer["certificate_dir"],
        "config": balancer["config"],
        "retry": balancer.get("retry", True),
        "statistics": balancer.get("statistics"),
    }


def _named(balancer: Json) -> set[str]:
    """Names of the certificates of a load balancer, the default one among them."""
    return {*balancer["certificates"], balancer["default_certificate"]} - {""}


@dataclasses.dataclass(frozen=True)
class Pool:
    """Routes with the same port, host and path: they share one backend."""

    name: str
    routes: tuple[Route, ...]

    @property
    def first(self) -> Route:
        """The route that sets how the whole pool is checked and tried."""
        return self.routes[0]


def _pools(routes: list[Route]) -> list[Pool]:
    found: dict[tuple[t.Any, ...], list[Route]] = {}
    for route in routes:
        found.setdefault((route.port, *route.match), []).append(route)
    names: list[str] = []
    for pool in found.values():
        names.append(_free_name(backend_name(pool), names))
    return [Pool(name, tuple(pool)) for name, pool in zip(names, found.values())]


def _free_name(name: str, taken: list[str]) -> str:
    """A unique name. Rancher's names are the same for C(a.org) and C(*.a.org), so the later one gets a number."""
    candidates = (name if not count else f"{name}_{count + 1}" for count in range(len(taken) + 1))
    return next(item for item in candidates if item not in taken)


def _frontend(port: int, protocol: str, pools: list[Pool], balancer: Json) -> Json:
    """A port with its rules. A port without existing targets is included: it answers 503.

    C(protocol): the protocol of the first rule of the port.
    """
    own = [pool for pool in pools if pool.first.port == port]
    own.sort(key=lambda pool: precedence(pool.first))
    rules = [pool for pool in own if any(pool.first.match)]
    default = [pool for pool in own if not any(pool.first.match)]
    return {
        "port": port,
        "protocol": protocol,
        "proxy_protocol": port in balancer["proxy_protocol_ports"],
        "rules": [
            {"hostname": pool.first.hostname, "path": pool.first.path, "backend": pool.name}
            for pool in rules
        ],
        "default_backend": default[0].name if default else "",
    }


def backend_name(pool: list[Route]) -> str:
    """Rancher's name of the backend, as custom configs refer to it."""
    first = pool[0]
    given = next((route.backend_name for route in pool if route.backend_name), "")
    parts = f"{first.port}_{first.hostname}_{first.path}"
    return given or re.sub(r"[^A-Za-z0-9]+", "_", parts)


def _backend(pool: Pool, balancer: Json, host: str) -> Json:
    """One backend. The first rule of a pool sets how all of its servers are checked, as in Rancher."""
    first = pool.first
    http = first.protocol in HTTP_PROTOCOLS
    servers: dict[tuple[str, int], Json] = {}
    for route in pool.routes:
        for server in _placed(route.servers, balancer["target"], host):
            key = (server["address"], route.target_port)
            named = _named_server(server, route.target_port, servers.values())
            servers.setdefault(key, {**named, "port": route.target_port, "weight": route.weight})
    return {
        "name": pool.name,
        "mode": "http" if http else "tcp",
        "check": first.check,
        "stickiness": balancer["stickiness"] if http else None,
        "servers": list(servers.values()),
    }


def _named_server(server: Json, port: int, others: t.Iterable[Json]) -> Json:
    """A server of a member. A member with two ports in a pool is two servers."""
    taken = any(item["name"] == server["name"] for item in others)
    return {**server, "name": f"{server['name']}.{port}"} if taken else server


def _placed(servers: t.Iterable[Server], target: str, host: str) -> list[Json]:
    """Servers as C(io.rancher.lb_service.target) wants them: those on the load balancer's host first, or only those."""
    found = []
    for server in servers:
        local = server.host == host
        if target == "only-local" and not local:
            continue
        found.append(
            {
                "name": server.name,
                "address": server.address,
                "drain": server.drain,
                "backup": target == "prefer-local" and not local,
                "resolve": server.resolve,
            }
        )
    return found
