# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members behind a load balancer's rules, as sections of a HAProxy config. Pure; private to the collection."""

from __future__ import annotations

import hashlib
import re
import typing as t

from . import syntax
from .check_lines import check_lines, thresholds, two_port_lines
from .section import Section

Json = t.Dict[str, t.Any]

SLOWSTART = "slowstart 10s"
RESOLVERS = "docker"
LARGEST_WEIGHT = 256
COOKIE_MODES = ("insert", "rewrite", "prefix")

_COOKIE = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")

# Added only if the request lacks them: a proxy in front of this one knows better.
_FORWARDED = [
    "option forwardfor",
    "http-request add-header X-Forwarded-Port %[dst_port] unless { req.hdr(X-Forwarded-Port) -m found }",
]
_FORWARDED_PROTO = (
    "http-request add-header X-Forwarded-Proto https if { ssl_fc } "
    "!{ req.hdr(X-Forwarded-Proto) -m found }"
)
# If a member fails, a repeatable request is sent to another one. Buffering it costs about a tenth of HAProxy's work for
# a small request.
_RETRY = [
    "retry-on conn-failure empty-response 500 502 503 504",
    "http-request disable-l7-retry unless { method GET HEAD OPTIONS }",
]


def backend(
    pool: t.Mapping[str, t.Any], *, retry: bool, tls: bool, drains: bool, key: str
) -> Section:
    """The section of one backend.

    Args:
        pool: An entry of C(backends) of the model.
        retry: Whether failed requests are sent to another member.
        tls: Whether any requests arrive over TLS.
        drains: Whether to mark draining members.
        key: The place of the entry, for messages.

    Raises:
        ValueError: A value can't be written into a config; the text names its key.
    """
    mode = pool.get("mode")
    if mode not in ("http", "tcp"):
        raise ValueError(f"{key}.mode: must be http or tcp, not {syntax.shown(mode)}")
    name = syntax.name(pool.get("name"), key=f"{key}.name")
    servers = list(pool.get("servers") or [])
    section = Section(f"backend {name}", [f"mode {mode}"])
    if mode == "http":
        section.lines += [*_FORWARDED, *([_FORWARDED_PROTO] if tls else [])]
        section.lines += _RETRY if retry else []
    if any(server.get("backup") for server in servers):
        section.lines.append("option allbackups")
    section.lines += _stickiness(pool, name, key=key)
    _add_check(section, pool, key=f"{key}.check")
    _refuse_twice([server.get("name") for server in servers], key=f"{key}.servers")
    section.tail = [
        _server(server, pool, drains=drains, key=f"{key}.servers[{at}]")
        for at, server in enumerate(servers)
    ]
    return section


def _add_check(section: Section, pool: t.Mapping[str, t.Any], *, key: str) -> None:
    check = pool.get("check")
    if check is None:
        return
    if not _asks_another_port(check, pool, key=key):
        section.lines += check_lines(check, key=key)
        return
    lines, section.last_step = two_port_lines(check, key=key)
    section.lines += lines


def _asks_another_port(
    check: t.Mapping[str, t.Any], pool: t.Mapping[str, t.Any], *, key: str
) -> bool:
    """Whether a check asks another port than the one that gets the requests. The model may know it from the rules."""
    port = syntax.whole(check.get("port") or 0, key=f"{key}.port", most=65535)
    if "other_port" in check:
        return bool(port and check["other_port"])
    return port != 0 and any(item.get("port") != port for item in pool.get("servers") or [])


def _refuse_twice(names: list[t.Any], *, key: str) -> None:
    for found in names:
        if names.count(found) > 1:
            raise ValueError(f"{key}: {syntax.shown(found)} is there twice")


def _stickiness(pool: t.Mapping[str, t.Any], name: str, *, key: str) -> list[str]:
    policy = pool.get("stickiness")
    if policy is None:
        return []
    if pool["mode"] != "http":
        raise ValueError(f"{key}.stickiness: only http has cookies")
    # Without a given name, each backend has its own cookie: a shared one would name members of another backend.
    cookie = policy.get("cookie") or "lb-" + _short(name)
    mode, domain = policy.get("mode") or "insert", policy.get("domain") or ""
    if not isinstance(cookie, str) or not _COOKIE.match(cookie):
        raise ValueError(f"{key}.stickiness.cookie: is no name of a cookie: {syntax.shown(cookie)}")
    if mode not in COOKIE_MODES:
        known = ", ".join(COOKIE_MODES)
        raise ValueError(f"{key}.stickiness.mode: must be {known}, not {syntax.shown(mode)}")
    words = ["cookie", cookie, mode]
    words += [word for word in ("indirect", "nocache", "postonly") if policy.get(word)]
    if domain:
        words += ["domain", _host(domain.lstrip("."), key=f"{key}.stickiness.domain", dot=domain)]
    return [" ".join(words)]


def _server(
    server: t.Mapping[str, t.Any], pool: t.Mapping[str, t.Any], *, drains: bool, key: str
) -> str:
    """The line of a server. Its check is the backend's, else a TCP connect to its port every 2 s."""
    name = syntax.name(server.get("name"), key=f"{key}.name")
    words = [f"server {name} {_place(server, key=key)} {_check(server, pool, key=key)} {SLOWSTART}"]
    weight = syntax.whole(server.get("weight", 1), key=f"{key}.weight", most=LARGEST_WEIGHT)
    drain = drains and bool(server.get("drain"))
    if drain or weight != 1:
        words.append(f"weight {0 if drain else weight}")
    if pool.get("stickiness") is not None:
        # A draining member must also lose its sticky clients, which weight 0 alone would keep.
        words += [f"cookie {_short(name)}", *(["disabled"] if drain else [])]
    words += ["backup"] if server.get("backup") else []
    if server.get("resolve"):
        words.append(f"resolvers {RESOLVERS} resolve-prefer ipv4 init-addr last,none")
    return " ".join(words)


def _check(server: t.Mapping[str, t.Any], pool: t.Mapping[str, t.Any], *, key: str) -> str:
    check = pool.get("check")
    if check is None:
        return "check"
    return f"check{thresholds(check, key=f'{key}.check')}"


def _place(server: t.Mapping[str, t.Any], *, key: str) -> str:
    if not server.get("resolve"):
        return syntax.endpoint(server.get("address"), server.get("port"), key=key)
    port = syntax.whole(server.get("port"), key=f"{key}.port", least=1, most=65535)
    return f"{_host(server.get('address'), key=f'{key}.address')}:{port}"


def _host(value: t.Any, *, key: str, dot: str = "") -> str:
    """A host name; for a cookie domain, with the leading dot."""
    if not isinstance(value, str) or not _HOST.match(value) or len(value) > 253:
        raise ValueError(f"{key}: must be a host name, not {syntax.shown(dot or value)}")
    return dot or value


def _short(name: str) -> str:
    """A short hash of a name: browsers see it, and it must reveal nothing."""
    return hashlib.sha256(name.encode("utf-8")).hexdigest()[:12]
