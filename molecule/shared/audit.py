# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit that the hosts keep, merged, as a test reads it."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import json
import typing as t

from .hosts import Host

FOLDER = "/var/lib/drover/audit"
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


def made_anew(found: t.Iterable[Entry]) -> collections.Counter[str]:
    """How often each container was created."""
    created = (item for item in found if (item.action, item.result) == ("create", "done"))
    return collections.Counter(item.container for item in created)
