# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host sends of its records: docs/decisions/0023-what-travels.md. Private to the collection; pure.

Each host has a record of each stack, so a pass would get every body from every host. All hosts of one version know from
the version itself which two of them send its body, without asking anybody; the others send one hash of all their
versions, and what only they know. The pass puts the records together again (plugin_utils/_pass/assembly.py).
"""

from __future__ import annotations

import typing as t

from .._common.names import digest
from .._model.observation import Observation, Versions
from .states import FORMAT

Json = t.Dict[str, t.Any]

SENDERS = 2
"""How many hosts send one body without being asked: one of them may be away."""
_PLAIN = {"format", "stack", "version", "body", "life", "host"}
"""The keys of a record that can be put together from its version, its body and its ledger."""


def excerpt(found: Observation, known: t.Collection[str] | None = None) -> Observation:
    """A host's observation as it travels.

    Args:
        found: The observation with all records.
        known: Hashes of the bodies that the pass has; it wants all others, and all versions. None: send what this host
            is chosen for.
    """
    if found["error"]:
        return found
    versions = versions_of(found["records"])
    listed = digest(versions)
    sent = Versions(digest=listed, life={})
    if known is not None or _is_chosen(found["host"], listed, _all_hosts(found["records"])):
        sent["versions"] = versions
    whole = {}
    for stack, record in found["records"].items():
        if _travels(record, found["host"], known):
            whole[stack] = record
        elif record["life"]:
            sent["life"][stack] = record["life"]
    return t.cast("Observation", {**found, "records": whole, "versions": sent})


def versions_of(records: dict[str, Json]) -> dict[str, Json]:
    """The committed version of each stack that has one."""
    return {
        stack: record["version"] for stack, record in records.items() if record["version"]["number"]
    }


def _travels(record: Json, host: str, known: t.Collection[str] | None) -> bool:
    """Whether a host sends a record as it is."""
    if not _is_plain(record, host):
        return True
    said = record["version"]["hash"]
    if known is not None:
        return said not in known
    return _is_chosen(host, said, record["body"]["hosts"])


def _is_plain(record: Json, host: str) -> bool:
    """Whether it has nothing but a committed version of the present format, written for this host."""
    return (
        record.keys() == _PLAIN
        and record["format"] == FORMAT
        and record["host"] == host
        and bool(record["version"]["number"])
        and _is_names(record["body"].get("hosts"))
    )


def _is_names(value: t.Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _all_hosts(records: dict[str, Json]) -> list[str]:
    """The hosts that the records name. All hosts with the same versions find the same ones."""
    named = [record["body"].get("hosts") for record in records.values()]
    return sorted({host for hosts in named if _is_names(hosts) for host in hosts})


def _is_chosen(host: str, said: str, hosts: list[str]) -> bool:
    """Whether a host is one of those that send what has this hash. Hashes spread the choice over the hosts."""
    first = int(said[:8], 16) if hosts else 0
    return not hosts or host in [hosts[(first + n) % len(hosts)] for n in range(SENDERS)]
