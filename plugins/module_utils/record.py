# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack record: versions, majorities, and which of several copies is valid.

Private to the collection; docs/schema.md section 4. All functions are pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .names import digest

FORMAT = 1


def make_record(stack: str, body: dict[str, t.Any], *, number: int, token: str) -> dict[str, t.Any]:
    """A record to be written: a body with its version."""
    version = {"number": number, "token": token, "hash": digest(body)}
    return {"format": FORMAT, "stack": stack, "version": version, "body": body}


def is_majority(hosts: t.Collection[str], have: t.Collection[str]) -> bool:
    """Whether C(have) holds a strict majority of C(hosts)."""
    return 2 * len(set(hosts) & set(have)) > len(set(hosts))


def needed(hosts: t.Collection[str]) -> int:
    """How many of these hosts are a strict majority."""
    return len(set(hosts)) // 2 + 1


@dataclasses.dataclass
class RecordView:
    """What the reachable hosts' copies of one stack's record say together."""

    stack: str
    record: dict[str, t.Any] | None
    holders: list[str]
    outdated: list[str]
    rivals: list[str]
    conflict: str
    life: dict[str, dict[str, t.Any]]

    @property
    def body(self) -> dict[str, t.Any] | None:
        """The valid body, or None where there is none."""
        return self.record["body"] if self.record else None

    @property
    def number(self) -> int:
        """The valid version's number; 0 before the first write."""
        return int(self.record["version"]["number"]) if self.record else 0


def view_records(
    stack: str, copies: dict[str, dict[str, t.Any] | None], *, take: str | None = None
) -> RecordView:
    """Find the valid copy among those of the reachable hosts (None: a host without one).

    C(take) names the host whose copy a person declared to be right in a conflict.
    """
    present = {host: copy for host, copy in copies.items() if copy}
    life = _merge_life(present.values())
    if not present:
        return RecordView(stack, None, [], sorted(copies), [], "", life)
    top = max(copy["version"]["number"] for copy in present.values())
    variants = _variants(present, top)
    chosen, conflict = _choose(variants, take)
    holders = sorted(variants[chosen])
    rivals = sorted(host for key, hosts in variants.items() if key != chosen for host in hosts)
    outdated = sorted(host for host in copies if host not in holders and host not in rivals)
    return RecordView(stack, present[holders[0]], holders, outdated, rivals, conflict, life)


def _variants(
    present: dict[str, dict[str, t.Any]], number: int
) -> dict[tuple[str, str], dict[str, dict[str, t.Any]]]:
    """Copies of one number, grouped by their content."""
    found: dict[tuple[str, str], dict[str, dict[str, t.Any]]] = {}
    for host, copy in present.items():
        version = copy["version"]
        if version["number"] == number:
            found.setdefault((version["hash"], version["token"]), {})[host] = copy
    return found


def _choose(
    variants: dict[tuple[str, str], dict[str, dict[str, t.Any]]], take: str | None
) -> tuple[tuple[str, str], str]:
    """The variant that counts, and the conflict if none provably does."""
    if len(variants) == 1:
        return next(iter(variants)), ""
    for key, copies in variants.items():
        if take in copies or is_majority(
            next(iter(copies.values()))["body"]["hosts"], list(copies)
        ):
            return key, ""
    sides = " against ".join(sorted(", ".join(sorted(copies)) for copies in variants.values()))
    return (
        min(variants),
        f"hosts hold different records of the same number ({sides}); say which is right: up ... -e take=HOST",
    )


def _merge_life(copies: t.Iterable[dict[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    """Per member the entry with the highest sequence number."""
    merged: dict[str, dict[str, t.Any]] = {}
    for copy in copies:
        for key, entry in copy.get("life", {}).items():
            if entry.get("seq", 0) > merged.get(key, {}).get("seq", -1):
                merged[key] = entry
    return merged
