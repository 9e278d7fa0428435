# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit that the hosts keep, merged, as a test reads it."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json
import typing as t

from .hosts import Host

FOLDER = "/var/lib/drover/audit"
# What changes containers or records; the rest of the lines are verdicts, refusals and commands.
OPERATIONS = {
    "create",
    "start",
    "stop",
    "unpause",
    "remove",
    "connect",
    "disconnect",
    "record",
    "checker",
}
TEXTS = (
    "run",
    "who",
    "host",
    "stack",
    "service",
    "member",
    "container",
    "action",
    "cause",
    "result",
)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One line."""

    time: float
    run: str
    who: str
    host: str
    stack: str
    service: str
    member: str
    container: str
    action: str
    cause: str
    result: str
    line: str = dataclasses.field(repr=False)


def entries(hosts: dict[str, Host], since: float = 0.0) -> list[Entry]:
    """All that the hosts wrote down since a moment (Unix time, s), in order."""
    found = [
        entry(line)
        for host in hosts.values()
        for line in host.run(f"cat {FOLDER}/audit.jsonl* 2>/dev/null || true").splitlines()
    ]
    return sorted((item for item in found if item.time >= since), key=lambda item: item.time)


def entry(line: str) -> Entry:
    """A line, read."""
    read: dict[str, t.Any] = json.loads(line)
    moment = datetime.datetime.fromisoformat(read["time"].replace("Z", "+00:00"))
    texts = {key: str(read.get(key) or "") for key in TEXTS}
    return Entry(time=moment.timestamp(), line=line, **texts)


def interleaved(found: t.Iterable[Entry]) -> list[tuple[Entry, Entry, Entry]]:
    """Operations of another run between two of one run: first, stranger, and the next of the first's run."""
    acts = [item for item in found if item.action in OPERATIONS]
    groups = [list(items) for _run, items in itertools.groupby(acts, key=lambda item: item.run)]
    last: dict[str, int] = {}
    wrong = []
    for number, group in enumerate(groups):
        before = last.get(group[0].run)
        if before is not None:
            wrong.append((groups[before][-1], groups[before + 1][0], group[0]))
        last[group[0].run] = number
    return wrong
