# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load balancer's HAProxy config from a model: docs/schema.md section 11. Pure; private to the collection.

It works the same in HAProxy 2.6 to 3.4.
"""

from __future__ import annotations

import typing as t

from ..._common.constants import CONFIG_IN_CONTAINER
from . import syntax
from .backends import RESOLVERS, backend
from .check_lines import DEFAULT_SERVER
from .custom import merge
from .frontends import TLS, frontend
from .marker import CERTIFICATE_COMMENT, marked, with_marker
from .section import Section

Json = t.Dict[str, t.Any]

HEALTH_PORT = 42
METRICS_PORT = 8404
HEALTH_LISTENER = "answer"
METRICS_FRONTEND = "metrics"
STATISTICS_LISTENER = "statistics"
ERROR_PAGE = f"{CONFIG_IN_CONTAINER}/errors/503.http"

_OWN_NAMES = (HEALTH_LISTENER, METRICS_FRONTEND, STATISTICS_LISTENER)

# TLS as in Mozilla's "intermediate" profile, which every browser since 2015 supports.
_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
_GLOBAL = [
    "stats socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners",
    "server-state-file /run/haproxy/server-state",
    # Long enough for downloads and WebSockets that began before a reload, short enough to keep few old workers.
    "hard-stop-after 5m",
    # About 10000 connections: HAProxy otherwise reserves memory for as many as the engine lets a container open.
    "fd-hard-limit 20000",
    "max-spread-checks 1s",
    "ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
    f"ssl-default-bind-ciphers {_CIPHERS}",
]
_DEFAULTS = [
    "mode tcp",
    "balance roundrobin",  # HAProxy 3.3 changed the default to random
    DEFAULT_SERVER,
    "option redispatch 1",
    "retries 3",
    "timeout connect 2s",
    "timeout client 50s",
    "timeout server 50s",
    "timeout http-request 10s",
    "timeout http-keep-alive 10s",
    "timeout tunnel 1h",
    "load-server-state-from-file global",
    f"errorfile 503 {ERROR_PAGE}",
]
# Docker's own name server. An answer is valid for a second; without an answer, the last address stays.
_RESOLVERS = [
    "nameserver engine 127.0.0.11:53",
    "accepted_payload_size 8192",
    "timeout resolve 1s",
    "timeout retry 1s",
    "hold valid 1s",
    "hold nx 1s",
    "hold other 1s",
    "hold timeout 1h",
    "hold refused 1h",
]


def render_balancer(model: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """The config of a load balancer and its marker.

    Args:
        model: See docs/schema.md section 11.

    Returns:
        The text and the marker, C(rev-) and 16 hex digits. The marker is that of the config without drains.

    Raises:
        ValueError: A value can't be written into a config; the text names its key.
    """
    _still, marker = with_marker(_text(model, drains=False))
    return marked(_text(model, drains=True), marker), marker


def _text(model: t.Mapping[str, t.Any], *, drains: bool) -> str:
    ours = [Section("global", list(_GLOBAL)), Section("defaults", list(_DEFAULTS))]
    backends = _backends(model, drains=drains)
    if any(server.get("resolve") for pool in model["backends"] for server in pool["servers"]):
        ours.append(Section(f"resolvers {RESOLVERS}", list(_RESOLVERS)))
    ours += [*_own_listeners(model), *_frontends(model), *backends]
    config = model.get("config") or ""
    if not isinstance(config, str):
        raise ValueError(f"config: must be text, not {syntax.shown(config)}")
    sections = merge(ours, config)
    parts = [_certificate_lines(model), *(section.text() for section in sections)]
    return "\n".join(part for part in parts if part)


def _certificate_lines(model: t.Mapping[str, t.Any]) -> str:
    """The certificates' fingerprints, so that a new certificate under the same name changes the config."""
    lines = []
    for name, fingerprint in sorted((model.get("certificates") or {}).items()):
        word = syntax.name(name, key="certificates")
        value = syntax.name(fingerprint, key=f"certificates.{name}")
        lines.append(f"{CERTIFICATE_COMMENT} {word} {value}\n")
    default = model.get("default_certificate")
    if default:
        lines.append(f"# default {syntax.name(default, key='default_certificate')}\n")
    return "".join(lines)


def _own_listeners(model: t.Mapping[str, t.Any]) -> list[Section]:
    """The answer to the load balancer's own check, metrics, and the statistics page if configured."""
    ports, address = _ports(model), model.get("address") or ""
    place = syntax.listener(address, HEALTH_PORT, key="model")
    found = [Section(f"listen {HEALTH_LISTENER}", [f"bind {place}"])]
    export = "http-request use-service prometheus-exporter if { path /metrics }"
    other = "http-request return status 404"
    place = syntax.listener(address, METRICS_PORT, key="model")
    metrics = [f"bind {place}", "mode http", export, other]
    found.append(Section(f"frontend {METRICS_FRONTEND}", metrics))
    wanted = model.get("statistics")
    if wanted:
        port = syntax.whole(wanted.get("port"), key="statistics.port", least=1, most=65535)
        if port in (*ports, HEALTH_PORT, METRICS_PORT):
            raise ValueError(f"statistics.port: port {port} is taken; choose another one")
        found.append(_statistics(port, wanted, _own_address(model, wanted)))
    return found


def _ports(model: t.Mapping[str, t.Any]) -> list[int]:
    ports: list[int] = []
    for at, found in enumerate(model["frontends"]):
        port, key = found.get("port"), f"frontends[{at}].port"
        if port == HEALTH_PORT:
            raise ValueError(f"{key}: port {port} answers the load balancer's own health check")
        if port == METRICS_PORT:
            raise ValueError(f"{key}: port {port} answers with the load balancer's metrics")
        if port in ports:
            raise ValueError(f"{key}: port {port} is there twice")
        ports.append(syntax.whole(port, key=key, least=1, most=65535))
    return ports


def _own_address(model: t.Mapping[str, t.Any], port: t.Mapping[str, t.Any]) -> str:
    """The address that a port listens on; empty for all: the engine sends to a published port by another network."""
    return "" if port.get("published", True) else model.get("address") or ""


def _statistics(port: int, wanted: t.Mapping[str, t.Any], address: str) -> Section:
    user, password = wanted.get("user"), wanted.get("password")
    for key, value in (("user", user), ("password", password)):
        syntax.word(value, key=f"statistics.{key}")
    if ":" in str(user):
        raise ValueError("statistics.user: must be without a colon")
    login = syntax.word(f"{user}:{password}", key="statistics.password")
    page = ["stats enable", "stats uri /", "stats hide-version", f"stats auth {login}"]
    place = syntax.listener(address, port, key="model")
    return Section(f"listen {STATISTICS_LISTENER}", [f"bind {place}", "mode http", *page])


def _frontends(model: t.Mapping[str, t.Any]) -> list[Section]:
    default = model.get("default_certificate") or ""
    certificates = model.get("certificates") or {}
    if default and default not in certificates:
        raise ValueError(
            f"default_certificate: {syntax.shown(default)} is not among the certificates"
        )
    found = []
    for at, port in enumerate(model["frontends"]):
        key = f"frontends[{at}]"
        if port.get("protocol") in TLS and not certificates and not model.get("certificate_dir"):
            raise ValueError(
                f"{key}: {port['protocol']} on port {port.get('port')} needs a certificate"
            )
        address = _own_address(model, port)
        found.append(frontend(port, address=address, strict=not default, key=key))
    return found


def _backends(model: t.Mapping[str, t.Any], *, drains: bool) -> list[Section]:
    """The backends. Two rules may lead to one backend, but two backends must not share a name."""
    found: dict[str, Section] = {}
    tls = any(port.get("protocol") == "https" for port in model["frontends"])
    tls = tls or " ssl" in str(model.get("config") or "")
    for at, pool in enumerate(model["backends"]):
        key = f"backends[{at}]"
        retry = bool(model.get("retry", True))
        section = backend(pool, retry=retry, tls=tls, drains=drains, key=key)
        name = section.head.partition(" ")[2]
        if name in _OWN_NAMES:
            raise ValueError(f"{key}.name: {name} is a name of the load balancer's own")
        if found.setdefault(section.head, section) != section:
            raise ValueError(f"{key}.name: {name} is the name of another backend, too")
    return list(found.values())
