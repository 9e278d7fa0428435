# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The difference between two configs, and how a running HAProxy gets from one to the other. Pure; private."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .check_lines import DEFAULT_SERVER
from .marker import CERTIFICATE_COMMENT, CHECKSUM_COMMENT
from .wanted import Server, Wanted

_ONE_WORD = re.compile(
    r"[A-Za-z0-9_.:,/@=+*&~!\[\]-]+\Z"
)  # read the same in a config and on the command line
_DESCRIPTION = "    description rev-"
# These words precede secrets: the statistics page, users of a userlist, a header with credentials, a variable.
_SECRETS = (
    re.compile(r"^(\s*stats auth ).*$", re.MULTILINE),
    re.compile(r"^(\s*user\s+\S+\s.*?\b(?:insecure-)?password\s+).*$", re.MULTILINE),
    re.compile(r"^(.*\bauthorization\b\S*\s+).*$", re.MULTILINE | re.IGNORECASE),
    re.compile(r"^(\s*(?:pre)?setenv\s+\S+\s+).*$", re.MULTILINE),
)


@dataclasses.dataclass(frozen=True)
class Line:
    """One server: all words after its name except those that can change at run time."""

    words: tuple[str, ...]
    wanted: Wanted

    @property
    def checked(self) -> bool:
        """Whether it has a health check."""
        return "check" in self.words


@dataclasses.dataclass(frozen=True)
class Parsed:
    """A parsed config: its servers, certificates, probes, and the other lines.

    C(probes): names of the backends named by their lines (see probes.py); their lines are not among the others.
    """

    rest: tuple[str, ...]
    servers: dict[Server, Line]
    certificates: dict[str, str]
    probes: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Difference:
    """The changes of a running HAProxy that lead from one config to another."""

    added: tuple[Server, ...]
    removed: tuple[Server, ...]
    certificates: tuple[str, ...]


def nothing(_backend: str) -> bool:
    """Always False: in the configs of load balancers no backend is named by its lines."""
    return False


def parse(config: str, *, is_probe: t.Callable[[str], bool] = nothing) -> Parsed:
    """Parse one of our configs."""
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
    """The changes from the running config to another; None if only a reload can make them.

    Args:
        before: The running config.
        after: The wanted config.
        is_probe: Whether a backend of this name is named by its lines. An unwanted one may stay in the
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
    """Whether added servers behave as after a reload; at run time they ignore C(default-server)."""
    if added and any(_changes_servers(line) for line in new.rest):
        return False
    words = [word for key in added for word in (*key, *new.servers[key].words)]
    return all(_ONE_WORD.match(word) for word in words)


def _changes_servers(line: str) -> bool:
    return line.split()[:1] == ["default-server"] and line.strip() != DEFAULT_SERVER


def wanted_states(config: str) -> dict[Server, Wanted]:
    """The settings of each server in a config."""
    return {key: line.wanted for key, line in parse(config).servers.items()}


def without_passwords(config: str) -> str:
    """The config with its passwords hidden."""
    for secret in _SECRETS:
        config = secret.sub(r"\1********", config)
    return config
