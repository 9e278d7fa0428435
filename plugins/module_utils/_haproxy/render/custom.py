# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People's own HAProxy config, merged into ours as Rancher merged C(lb_config.config). Pure; private to the collection.

C(global) and C(defaults): their lines first, then our lines with other keywords. C(frontend PORT) and
C(backend NAME): their lines are added; C(backend) without a name means all of them. C(server $IP ...) adds words to
every server of a backend, and a line C(accept-proxy) adds this word to the frontend's bind. Other sections follow ours.
"""

from __future__ import annotations

import re
import typing as t

from . import syntax
from .section import Section

KEY = "config"
_REJECTS = "HAProxy rejects the config:"

# Rancher's sections, and HAProxy's others.
_SECTIONS = (
    *("global", "defaults", "frontend", "backend", "listen", "userlist", "peers", "mailers"),
    *("cache", "crt-store", "fcgi-app", "http-errors", "log-forward", "log-profile", "mailer"),
    *("program", "resolvers", "ring", "traces"),
)
# A keyword of these is two words long.
_PAIRED = (
    *("timeout", "option", "errorfile", "errorloc", "errorloc302", "errorloc303", "capture"),
    *("compression", "stats", "rate-limit", "email-alert", "http-check", "tcp-check"),
)
# Each line of these is one more rule.
_RULES = (
    *("http-request", "http-response", "http-after-response", "tcp-request", "tcp-response"),
    *("acl", "use_backend", "use-server", "server", "bind", "log", "filter", "setenv"),
)
_OURS = {
    "global": {
        "description": "holds the collection's marker",
        "server-state-file": "hands on the state of checks at a reload",
        "server-state-base": "hands on the state of checks at a reload",
        **dict.fromkeys(
            ("chroot", "user", "group", "uid", "gid"), "needs root, which HAProxy has not"
        ),
        **dict.fromkeys(("daemon", "master-worker", "pidfile"), "is a matter of the container"),
    },
    "defaults": {"load-server-state-from-file": "hands on the state of checks at a reload"},
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FORWARDED = re.compile(r"http-request (?:add|set|del)-header (X-Forwarded-\w+)", re.IGNORECASE)
_EACH_SERVER = re.compile(r"server\s+\$IP(\s|\Z)")
_CHECKS = (
    "httpchk",
    "tcp-check",
    "ssl-hello-chk",
    "mysql-check",
    "pgsql-check",
    "redis-check",
    "smtpchk",
    "ldap-check",
)
_STEPS = (("http-check", "connect"), ("http-check", "expect"), ("tcp-check", "connect"))
_OTHER_PORT = re.compile(r"(?:http|tcp)-check connect port (\d+)\Z")
_FORWARDED_FOR = "option forwardfor"


def split_config(config: str) -> list[Section]:
    """The sections of a config, with their lines trimmed and without comments.

    Raises:
        ValueError: A line is in no section, or only the collection may write it.
    """
    found: list[Section] = []
    for line in config.replace("\r\n", "\n").split("\n"):
        if _CONTROL.search(line):
            raise ValueError(f"{KEY}: must be without control characters: {syntax.shown(line)}")
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in _SECTIONS:
            found.append(Section(" ".join(words)))
        elif not found:
            raise ValueError(
                f"{KEY}: {syntax.shown(line.strip())} is in no section: write global, defaults, frontend PORT or "
                "backend NAME before it"
            )
        else:
            _refuse_ours(found[-1].head, words[0])
            found[-1].lines.append(line.strip())
    return found


def with_key(error: str, model: t.Mapping[str, t.Any]) -> str:
    """HAProxy's message; with the key if it refers to lines of the custom config."""
    own = [line.strip() for line in str(model.get("config") or "").splitlines()]
    named = any(line and f": {line}]" in error for line in own)
    return error.replace(_REJECTS, f"HAProxy rejects the key {KEY}:", 1) if named else error


def _refuse_ours(head: str, keyword: str) -> None:
    why = _OURS.get(head, {}).get(keyword)
    if why:
        raise ValueError(f"{KEY}: {head}: {keyword} {why}: remove the line")


def merge(ours: list[Section], config: str) -> list[Section]:
    """Our sections merged with the custom config, followed by its other sections.

    Raises:
        ValueError: See split_config.
    """
    known = {section.head: section for section in ours}
    others = []
    for added in split_config(config):
        if added.head in ("global", "defaults"):
            _override(known[added.head], added.lines)
        elif added.head == "backend":
            for section in ours:
                if section.head.startswith("backend "):
                    _add_to_backend(section, added.lines, to_all=True)
        elif added.head not in known:
            others.append(added)
        elif added.head.startswith("backend "):
            _add_to_backend(known[added.head], added.lines, to_all=False)
        else:
            _add_to_frontend(known[added.head], added.lines)
    return [*ours, *others]


def _override(section: Section, lines: list[str]) -> None:
    """Put their lines of global or defaults before ours, and drop ours with the same keyword."""
    said = {keyword(line) for line in lines}
    kept = [line for line in section.lines if keyword(line) not in said or _is_socket(line)]
    section.lines = [*lines, *kept]


def _is_socket(line: str) -> bool:
    """Whether a line is our admin socket, which we need: a custom one is added beside it."""
    return line.startswith("stats socket ")


def _add_to_frontend(section: Section, lines: list[str]) -> None:
    for line in lines:
        if line == "accept-proxy":
            if " accept-proxy" not in section.lines[0]:
                section.lines[0] += " accept-proxy"
        else:
            section.lines.append(line)


def _add_to_backend(section: Section, lines: list[str], *, to_all: bool) -> None:
    said = {keyword(line) for line in lines} - {None}
    _make_way(section, said)
    headers = {found.group(1).lower() for found in map(_FORWARDED.match, lines) if found}
    # The steps of a check have an order, so theirs take the places of ours.
    places = {
        keyword(line): at
        for at, line in enumerate(section.lines)
        if line.startswith("http-check ") and keyword(line) in said
    }
    section.lines = [
        line
        for line in section.lines
        if keyword(line) not in said and not (to_all and _forwarded(line) in headers)
    ]
    for line in lines:
        if _EACH_SERVER.match(line):
            words = " ".join(line.split()[2:])
            section.tail = [f"{server} {words}" for server in section.tail]
        else:
            section.lines.insert(places.get(keyword(line), len(section.lines)), line)


def _make_way(section: Section, said: set[tuple[str, ...] | None]) -> None:
    """Take back our check where people write their own; theirs asks the port that ours asks."""
    if not any(words and words[0] == "option" and words[1] in _CHECKS for words in said):
        return
    said |= {("option", word) for word in _CHECKS} | {("http-check", "send"), *_STEPS}
    for line in section.lines if section.last_step else []:
        connect = _OTHER_PORT.match(line)
        if connect:
            port = f" check port {connect.group(1)}"
            section.tail = [server.replace(" check", port, 1) for server in section.tail]
    section.last_step = []


def _forwarded(line: str) -> str:
    """The X-Forwarded header that one of our lines sets."""
    if line == _FORWARDED_FOR:
        return "x-forwarded-for"
    found = _FORWARDED.match(line)
    return found.group(1).lower() if found else ""


def keyword(line: str) -> tuple[str, ...] | None:
    """The keyword of a line: only one line per keyword counts. None for a rule, which may occur many times."""
    words = line.split()
    if words[0] == "no":
        words = words[1:] or words
    if words[0] in _RULES:
        return None
    return tuple(words[: 2 if words[0] in _PAIRED else 1])
