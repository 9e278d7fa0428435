# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two configs of a load balancer differ in. Pure; private to the collection."""

from __future__ import annotations

import dataclasses
import re

from .check_lines import DEFAULT_SERVER
from .marker import CERTIFICATE_COMMENT
from .wanted import Server, Wanted

_ONE_WORD = re.compile(
    r"[A-Za-z0-9_.:,/@=+*&~!\[\]-]+\Z"
)  # the same to a config and to the command line
_DESCRIPTION = "    description rev-"
# What is behind these words: the page of statistics, users of a userlist, a header with credentials, a variable.
_SECRETS = (
    re.compile(r"^(\s*stats auth ).*$", re.MULTILINE),
    re.compile(r"^(\s*user\s+\S+\s.*?\b(?:insecure-)?password\s+).*$", re.MULTILINE),
    re.compile(r"^(.*\bauthorization\b\S*\s+).*$", re.MULTILINE | re.IGNORECASE),
    re.compile(r"^(\s*(?:pre)?setenv\s+\S+\s+).*$", re.MULTILINE),
)


@dataclasses.dataclass(frozen=True)
class Line:
    """One server: all words behind its name but those that can change while it runs."""

    words: tuple[str, ...]
    wanted: Wanted

    @property
    def checked(self) -> bool:
        """Whether its health is checked."""
        return "check" in self.words


@dataclasses.dataclass(frozen=True)
class Parsed:
    """A config taken apart: its servers, its certificates, and the rest."""

    rest: tuple[str, ...]
    servers: dict[Server, Line]
    certificates: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Difference:
    """What can be changed in a HAProxy that runs, to get from one config to another."""

    added: tuple[Server, ...]
    removed: tuple[Server, ...]
    certificates: tuple[str, ...]


def parse(config: str) -> Parsed:
    """Take a config of ours apart."""
    rest: list[str] = []
    servers: dict[Server, Line] = {}
    certificates: dict[str, str] = {}
    backend = ""
    for line in config.splitlines():
        words = line.split()
        if line.startswith(CERTIFICATE_COMMENT + " ") and len(words) == 4:
            certificates[words[2]] = words[3]
        elif backend and words[:1] == ["server"]:
            servers[backend, words[1]] = _line(words[2:])
        elif not line.startswith(_DESCRIPTION):
            if words and not line.startswith(" "):
                backend = words[1] if words[0] == "backend" and len(words) == 2 else ""
            rest.append(line)
    return Parsed(tuple(rest), servers, certificates)


def _line(words: list[str]) -> Line:
    kept = list(words)
    weight, disabled = 1, "disabled" in kept
    if disabled:
        kept.remove("disabled")
    if "weight" in kept[:-1]:
        at = kept.index("weight")
        if kept[at + 1].isdigit():
            weight = int(kept[at + 1])
            del kept[at : at + 2]
    return Line(tuple(kept), Wanted(weight, disabled, kept[0] if kept else ""))


def difference(before: str, after: str) -> Difference | None:
    """How a HAProxy that runs one config gets to another; None: only by a reload."""
    old, new = parse(before), parse(after)
    same = old.rest == new.rest and set(old.certificates) == set(new.certificates)
    common = set(old.servers) & set(new.servers)
    if not same or any(old.servers[key].words != new.servers[key].words for key in common):
        return None
    added = tuple(key for key in new.servers if key not in common)
    if added and any(_changes_servers(line) for line in new.rest):
        return None  # which servers that are added to one that runs do not follow
    words = [word for key in added for word in (*key, *new.servers[key].words)]
    if not all(_ONE_WORD.match(word) for word in words):
        return None
    renewed = (name for name, value in new.certificates.items() if old.certificates[name] != value)
    removed = tuple(key for key in old.servers if key not in common)
    return Difference(added, removed, tuple(sorted(renewed)))


def _changes_servers(line: str) -> bool:
    return line.split()[:1] == ["default-server"] and line.strip() != DEFAULT_SERVER


def wanted_states(config: str) -> dict[Server, Wanted]:
    """What a config says of each of its servers."""
    return {key: line.wanted for key, line in parse(config).servers.items()}


def without_passwords(config: str) -> str:
    """The config as it may be shown."""
    for secret in _SECRETS:
        config = secret.sub(r"\1********", config)
    return config
