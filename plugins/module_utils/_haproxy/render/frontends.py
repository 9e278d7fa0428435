# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports of a load balancer and its rules, as sections of a HAProxy config. Pure; private to the collection."""

from __future__ import annotations

import re
import typing as t

from . import syntax
from .section import Section

Json = t.Dict[str, t.Any]

HTTP = ("http", "https")
TLS = ("https", "tls")
PROTOCOLS = (*HTTP, "tcp", "tls", "sni")
LONGEST_PATH = 1024  # a line of a config holds 2047 characters
HOST_VARIABLE = "txn.drover_host"
CERTIFICATES = "/usr/local/etc/haproxy/certs"
CERTIFICATE_LIST = f"{CERTIFICATES}/crt-list"

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_PATH = re.compile(r"/[\x21-\x7e]*\Z")


def frontend(port: t.Mapping[str, t.Any], *, address: str, strict: bool, key: str) -> Section:
    """The section of one port.

    Args:
        port: An entry of C(frontends) of the model.
        address: The only address that it listens on; empty for all.
        strict: Whether to refuse TLS connections to a name without a certificate.
        key: The place of the entry, for messages.

    Raises:
        ValueError: A value can't be written into a config; the text names its key.
    """
    protocol = port.get("protocol")
    if protocol not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise ValueError(f"{key}.protocol: must be one of {known}, not {syntax.shown(protocol)}")
    number = syntax.whole(port.get("port"), key=f"{key}.port", least=1, most=65535)
    rules = [
        _Rule(rule, protocol, key=f"{key}.rules[{at}]")
        for at, rule in enumerate(port.get("rules") or [])
    ]
    place = syntax.listener(address, number, key=key)
    section = Section(f"frontend {number}", [f"bind {place}{_bind(port, protocol, strict)}"])
    section.lines += _opening(protocol, with_hosts=any(rule.host for rule in rules))
    section.tail = [rule.line() for rule in rules]
    if port.get("default_backend"):
        name = syntax.name(port["default_backend"], key=f"{key}.default_backend")
        section.tail.append(f"default_backend {name}")
    return section


def _bind(port: t.Mapping[str, t.Any], protocol: str, strict: bool) -> str:
    words = " accept-proxy" if port.get("proxy_protocol") else ""
    if protocol in TLS:
        words += f" ssl crt-list {CERTIFICATE_LIST}"
        words += " strict-sni" if strict else ""
        words += " alpn h2,http/1.1" if protocol in HTTP else ""
    return words


def _opening(protocol: str, *, with_hosts: bool) -> list[str]:
    """The lines before the rules. Clients keep idle connections across a reload; the next answer closes them."""
    if protocol in HTTP:
        host = "req.hdr(host),field(1,:),lower,rtrim(.)"
        named = [f"http-request set-var({HOST_VARIABLE}) {host}"] if with_hosts else []
        return ["mode http", "option idle-close-on-response", *named]
    if protocol == "sni":
        wait = "tcp-request inspect-delay 5s"
        return ["mode tcp", wait, "tcp-request content accept if { req.ssl_hello_type 1 }"]
    return ["mode tcp"]


class _Rule:
    """One rule of a port: its host and path, and its backend."""

    def __init__(self, rule: t.Mapping[str, t.Any], protocol: str, *, key: str) -> None:
        self.host = rule.get("hostname") or ""
        self._path = rule.get("path") or ""
        self._key = key
        self._sni = protocol == "sni"
        self._backend = syntax.name(rule.get("backend"), key=f"{key}.backend")
        if self.host and protocol not in (*HTTP, "sni"):
            raise ValueError(f"{key}.hostname: {protocol} has no host names")
        if self._path and protocol not in HTTP:
            raise ValueError(f"{key}.path: {protocol} has no paths")
        if not self.host and not self._path:
            raise ValueError(f"{key}: neither hostname nor path; name it as the default_backend")

    def line(self) -> str:
        """The rule as HAProxy reads it."""
        conditions = [self._host_condition()] if self.host else []
        conditions += [self._path_condition()] if self._path else []
        return f"use_backend {self._backend} if {' '.join(conditions)}"

    def _host_condition(self) -> str:
        fetch = "req.ssl_sni" if self._sni else f"var({HOST_VARIABLE})"
        match, value = self._pattern()
        return f"{{ {fetch} -m {match} -i {value} }}"

    def _pattern(self) -> tuple[str, str]:
        """HAProxy's way to compare, and the pattern: exact, C(*.suffix) or C(prefix.*)."""
        host = self.host if isinstance(self.host, str) else ""
        if host.startswith("*."):
            match, bare, value = "end", host[2:], host[1:]
        elif host.endswith(".*"):
            match, bare, value = "beg", host[:-2], host[:-1]
        else:
            match, bare, value = "str", host, host
        if not _HOST.match(bare) or len(host) > 253:
            shown = syntax.shown(self.host)
            raise ValueError(
                f"{self._key}.hostname: must be a host name, *.suffix or prefix.*, not {shown}"
            )
        return match, value

    def _path_condition(self) -> str:
        path = self._path
        if not isinstance(path, str) or not _PATH.match(path) or len(path) > LONGEST_PATH:
            raise ValueError(
                f"{self._key}.path: must begin with / and hold at most {LONGEST_PATH} visible ASCII characters, "
                f"not {syntax.shown(path)}"
            )
        return f"{{ path_beg -i {syntax.word(path, key=f'{self._key}.path')} }}"
