# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom HAProxy config of a load balancer: refuse unsupported lines. Private to the collection.

HAProxy itself validates it before anything changes; here valid lines that conflict with ours are refused.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..._model.problems import Invalid, Notes, Place, did_you_mean, quoted
from ..values import is_empty, kind_of, no_nul, wanted
from .values import MORE_SECTIONS, OWN_NAMES, OWN_PORTS, SECTIONS

BEGINNINGS = (*SECTIONS, *(word for word in MORE_SECTIONS if word != "mailer"))
HAPROXY_KEYS = ("global", "defaults")
LARGEST_CONFIG = 256 * 1024

STATE = "servers keep their state over a reload already"
# Lines of the section global that only the collection may write, with the reason.
OWN_GLOBAL = {
    "chroot": "the container has no privileges to do it",
    "description": "it marks which config is loaded",
    "gid": "the container runs as haproxy already",
    "group": "the container runs as haproxy already",
    "master-worker": "it is on already",
    "pidfile": "the container's files are read-only",
    "server-state-base": STATE,
    "server-state-file": STATE,
    "uid": "the container runs as haproxy already",
    "user": "the container runs as haproxy already",
}
# Lines from Rancher's own defaults that have no effect here.
DROPPED = {"global": ("daemon",)}
NO_BIND = "parameters of bind can't be set, as in Rancher; accept-proxy alone on a line is possible"
BIND_PORT = re.compile(r":([0-9]{1,5})(?:-([0-9]{1,5}))?(?=[\s,]|$)")


@dataclasses.dataclass
class Section:
    """One section of a config: its word, its name and its lines with their numbers."""

    word: str
    name: str
    lines: list[tuple[int, str]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Custom:
    """A custom config in the definition's form, and the ports with the PROXY protocol."""

    text: str = ""
    proxy_ports: tuple[int, ...] = ()


def custom_config(value: t.Any, ports: t.Collection[int], place: Place) -> Custom:
    """The custom config of a load balancer that listens on these ports; problems are noted."""
    text = "" if value is None else place.attempt(config_text, value)
    if not text:
        return Custom()
    sections = split_sections(text, place)
    for section in sections:
        check_section(section, ports, place)
    proxied = [
        int(section.name) for section in sections if accepts_proxy(section) and is_port(section)
    ]
    return Custom(without_dropped(text, sections, place), tuple(dict.fromkeys(proxied)))


def has_listeners(text: str) -> bool:
    """Whether a custom config has its own frontends, whose purpose we do not know."""
    sections = split_sections(text, Place(Notes()))
    return any(one.word in ("frontend", "listen") and not is_port(one) for one in sections)


def config_text(value: t.Any) -> str:
    """Text of several lines, without other control characters than tabs."""
    if not isinstance(value, str):
        raise wanted("text in the language of haproxy.cfg", value)
    text = no_nul(value).replace("\r\n", "\n")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        raise Invalid("holds a control character")
    if len(text.encode("utf-8")) > LARGEST_CONFIG:
        raise Invalid(f"is larger than {LARGEST_CONFIG} bytes")
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n")).strip("\n")


def first_word(line: str) -> str:
    """HAProxy's keyword of a line, even in quotes."""
    words = line.split(None, 1)
    return re.sub(r"""["'\\]""", "", words[0]) if words else ""


def split_sections(text: str, place: Place) -> list[Section]:
    """The sections of a config; lines before the first one are noted."""
    found: list[Section] = []
    for number, line in enumerate(text.split("\n"), start=1):
        word = first_word(line)
        if line.strip()[:1] in ("", "#"):
            continue
        if word in BEGINNINGS:
            rest = line.split("#", 1)[0].split()[1:]
            found.append(Section(word, rest[0] if rest else ""))
            found[-1].lines.append((number, line))
        elif found:
            found[-1].lines.append((number, line))
        else:
            known = ", ".join(SECTIONS)
            place.problem(f"line {number}: {quoted(word)} stands before any section ({known})")
            return []
    return found


def is_port(section: Section) -> bool:
    """Whether it extends one of our frontends, which are named by their port."""
    return section.word == "frontend" and section.name.isdigit() and len(section.name) <= 5


def accepts_proxy(section: Section) -> bool:
    """Whether it requests the PROXY protocol."""
    return any(line.split() == ["accept-proxy"] for _number, line in section.lines)


def check_section(section: Section, ports: t.Collection[int], place: Place) -> None:
    """Note unsupported lines of a section."""
    if section.word == "program":
        place.problem(f"line {section.lines[0][0]}: programs are not run beside HAProxy")
    elif section.word in ("frontend", "listen") and section.name in OWN_NAMES:
        number = section.lines[0][0]
        place.problem(f"line {number}: {quoted(section.name)} is a name of the collection's own")
    elif is_port(section) and int(section.name) not in ports:
        number = section.lines[0][0]
        place.problem(f"line {number}: no rule has the source_port {section.name}")
    for number, line in section.lines[1:]:
        fault = fault_of(section, line, ports)
        if fault:
            place.problem(f"line {number}: {quoted(first_word(line))}: {fault}")


def fault_of(section: Section, line: str, ports: t.Collection[int]) -> str:
    """Why a line is not supported; empty if it is."""
    word = first_word(line)
    if word == "bind":
        own = section.word in ("frontend", "listen") and not is_port(section)
        return taken_port(line, ports) if own else NO_BIND
    if word == "accept-proxy":
        return "" if is_port(section) else "stands in a section frontend <source_port> only"
    if section.word == "global":
        return fault_of_global(word, line)
    own = section.word == "defaults" and word == "load-server-state-from-file"
    return f"can't be set: {STATE}" if own else ""


def fault_of_global(word: str, line: str) -> str:
    """Why a line of the section global is not supported; empty if it is."""
    if word == "stats" and line.split()[1:2] in (["socket"], ["bind-process"]):
        return "the sockets of HAProxy are the collection's own"
    return f"can't be set: {OWN_GLOBAL[word]}" if word in OWN_GLOBAL else ""


def taken_port(line: str, ports: t.Collection[int]) -> str:
    """Why a bind of a custom frontend is not possible."""
    for match in BIND_PORT.finditer(line):
        first, last = int(match[1]), int(match[2] or match[1])
        for port in sorted({*ports, *OWN_PORTS}):
            if first <= port <= last:
                return OWN_PORTS.get(port, f"port {port} is that of a rule already")
    return ""


def without_dropped(text: str, sections: t.Sequence[Section], place: Place) -> str:
    """The text without lines that became a port's flag, and without lines that have no effect."""
    gone = set()
    for section in sections:
        for number, line in section.lines:
            if first_word(line) in DROPPED.get(section.word, ()):
                place.warn(
                    f"line {number}: {quoted(first_word(line))} has no effect in a container"
                )
            elif not (is_port(section) and line.split() == ["accept-proxy"]):
                continue
            gone.add(number)
    lines = text.split("\n")
    return "\n".join(line for number, line in enumerate(lines, start=1) if number not in gone)


def old_config(value: t.Any, place: Place) -> str:
    """The first format's C(haproxy_config), a map with the text of two sections, as one custom config."""
    if is_empty(value):
        return ""
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map of "global" and "defaults", not {kind_of(value)}')
        return ""
    for key in value:
        if key not in HAPROXY_KEYS:
            place.at(key).problem("unknown key" + did_you_mean(str(key), HAPROXY_KEYS))
    return "\n".join(
        part for part in (old_section(value, word, place.at(word)) for word in HAPROXY_KEYS) if part
    )


def old_section(value: t.Mapping[str, t.Any], word: str, place: Place) -> str:
    """One of the two sections; lines that would begin another section are noted."""
    written = value.get(word)
    text = "" if written is None else place.attempt(config_text, written)
    if not text:
        return ""
    for number, line in enumerate(text.split("\n"), start=1):
        if first_word(line) in BEGINNINGS:
            place.problem(
                f"line {number}: {quoted(first_word(line))} begins a section; here are only lines of "
                f"the section {word}: write lb_config.config"
            )
            return ""
    indented = [f"    {line.strip()}" if line.strip() else "" for line in text.split("\n")]
    section = "\n".join([word, *indented])
    found = split_sections(section, place)
    check_section(found[0], (), place)
    return without_dropped(section, found, place)
