# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the model of a load balancer's config from its rules: their order, their backends and servers.

Private to the collection; pure. docs/schema.md section 11.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .backend_names import backend_names
from .routes import HTTP_PROTOCOLS, Route, Server

Json = t.Dict[str, t.Any]


def precedence(route: Route) -> tuple[t.Any, ...]:
    """Sort key of the rules of a port: an explicit priority, then Rancher's classes, then the longest path."""
    host_level = 4 if not route.hostname else 2 if "*" in route.hostname else 0
    level = host_level + (0 if route.path else 1)
    first = (0, route.priority) if route.priority else (1, 0)
    return (*first, level, -len(route.path), route.order)


def build_model(
    routes: list[Route],
    balancer: Json,
    *,
    host: str,
    fingerprints: dict[str, str],
    address: str = "",
    published: t.Collection[int] = (),
) -> Json:
    """The model of one load balancer container on this host.

    Args:
        routes: Its routes.
        balancer: Its definition.
        host: The host.
        fingerprints: Those of the certificates, so that a new certificate under the same name changes the config.
        address: Its address on the managed network: ports that are not published listen there only.
        published: Ports of the container that the host publishes.
    """
    pools, page = _pools(routes), balancer.get("statistics")
    ports = {rule["source_port"]: rule["protocol"] for rule in reversed(balancer["rules"])}
    return {
        "address": address,
        "frontends": [
            {**_frontend(port, ports[port], pools, balancer), "published": port in published}
            for port in sorted(ports)
        ],
        "backends": [_backend(pool, balancer, host) for pool in pools],
        "certificates": {name: fingerprints[name] for name in sorted(_named(balancer))},
        "default_certificate": balancer["default_certificate"],
        "certificate_dir": balancer["certificate_dir"],
        "config": balancer["config"],
        "retry": balancer.get("retry", True),
        "statistics": {**page, "published": page["port"] in published} if page else None,
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
    pools = list(found.values())
    return [Pool(name, tuple(pool)) for name, pool in zip(backend_names(pools), pools)]


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
        "check": _check(pool),
        "stickiness": balancer["stickiness"] if http else None,
        "servers": list(servers.values()),
    }


def _check(pool: Pool) -> Json | None:
    """How the servers of a pool are checked; C(other_port): the check asks another port than requests do."""
    check = pool.first.check
    if check is None:
        return None
    return {**check, "other_port": any(item.target_port != check["port"] for item in pool.routes)}


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
