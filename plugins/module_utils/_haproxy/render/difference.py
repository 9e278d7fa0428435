# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two configs differ in, and how a HAProxy that runs gets from one to the other. Pure; private."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .check_lines import DEFAULT_SERVER
from .marker import CERTIFICATE_COMMENT, CHECKSUM_COMMENT
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
    """A config taken apart: its servers, its certificates, its probes, and the rest.

    C(probes): names of the backends that are named by their lines (see probes.py); their lines are not in the rest.
    """

    rest: tuple[str, ...]
    servers: dict[Server, Line]
    certificates: dict[str, str]
    probes: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Difference:
    """What can be changed in a HAProxy that runs, to get from one config to another."""

    added: tuple[Server, ...]
    removed: tuple[Server, ...]
    certificates: tuple[str, ...]


def nothing(_backend: str) -> bool:
    """That no backend is named by its lines: so are the configs of load balancers."""
    return False


def parse(config: str, *, is_probe: t.Callable[[str], bool] = nothing) -> Parsed:
    """Take a config of ours apart."""
    rest: list[str] = []
    servers: dict[Server, Line] = {}
    certificates: dict[str, str] = {}
    backends: list[str] = []
    backend = ""
    for line in config.splitlines():
        words = line.split()
        if line.startswith(CERTIFICATE_COMMENT + " ") and len(words) == 4:
            certificates[words[2]] = words[3]
        elif backend and words[:1] == ["server"]:
            servers[backend, words[1]] = _line(words[2:])
        elif words and not line.startswith((_DESCRIPTION, CHECKSUM_COMMENT + " ")):
            if not line.startswith(" "):
                backend = words[1] if words[0] == "backend" and len(words) == 2 else ""
                backends.append(backend)
            if not is_probe(backend):
                rest.append(line)
    return Parsed(tuple(rest), servers, certificates, frozenset(filter(is_probe, backends)))


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


def difference(
    before: str,
    after: str,
    *,
    is_probe: t.Callable[[str], bool] = nothing,
    present: t.Collection[str] = (),
) -> Difference | None:
    """How a HAProxy that runs one config gets to another; None: only by a reload.

    Args:
        before: What it runs.
        after: What it is to run.
        is_probe: Whether a backend of this name is named by its lines. One that is not wanted any more may stay in the
            process: without servers it does nothing.
        present: The backends that the process has.
    """
    old, new = parse(before, is_probe=is_probe), parse(after, is_probe=is_probe)
    same = old.rest == new.rest and set(old.certificates) == set(new.certificates)
    common = set(old.servers) & set(new.servers)
    if not same or any(old.servers[key].words != new.servers[key].words for key in common):
        return None
    added = tuple(key for key in new.servers if key not in common)
    if not new.probes <= set(present) or not _can_be_added(added, new):
        return None
    renewed = (name for name, value in new.certificates.items() if old.certificates[name] != value)
    removed = tuple(key for key in old.servers if key not in common)
    return Difference(added, removed, tuple(sorted(renewed)))


def _can_be_added(added: tuple[Server, ...], new: Parsed) -> bool:
    """Whether servers that are added do the same as after a reload; they do not follow C(default-server)."""
    if added and any(_changes_servers(line) for line in new.rest):
        return False
    words = [word for key in added for word in (*key, *new.servers[key].words)]
    return all(_ONE_WORD.match(word) for word in words)


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
