# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions that a host's record file holds: the committed one, and at most one that was only proposed.

Private to the collection; docs/schema.md section 4. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.names import digest

FORMAT = 2
Json = t.Dict[str, t.Any]
Variant = t.Tuple[str, str, str]
"""Hash, token and signature of a version."""


@dataclasses.dataclass(frozen=True)
class State:
    """One version as one host holds it."""

    host: str
    version: Json
    body: Json
    """As it is stored."""
    is_committed: bool
    """The host has heard that a majority stored it."""
    asked: frozenset[str] = frozenset()
    """The hosts that a proposal was sent to. No other host can have it."""

    @property
    def number(self) -> int:
        """Versions are ordered by it."""
        return int(self.version["number"])

    @property
    def variant(self) -> Variant:
        """What tells versions of one number apart."""
        signature = str(self.version.get("signature", ""))
        return self.version["hash"], self.version["token"], signature

    @property
    def electorate(self) -> list[str]:
        """The hosts whose majority decides on the next version."""
        return list(self.body["hosts"])


def states_of(host: str, copy: Json) -> list[State]:
    """The versions in a host's file. A file of format 1 has no proposals: what it holds is taken as committed."""
    found = []
    if copy["version"]["number"]:
        found.append(State(host, copy["version"], copy["body"], is_committed=True))
    for proposed in proposals_of(copy):
        asked = frozenset(proposed["asked"])
        found.append(State(host, proposed["version"], proposed["body"], False, asked))
    return found


def proposals_of(copy: Json) -> list[Json]:
    """The proposal of a file, and the undecided one that it was made on."""
    found = []
    proposed = copy.get("proposed")
    while proposed:
        found.append(proposed)
        proposed = proposed.get("base")
    return found


def highest(copy: Json | None) -> int:
    """The highest number in a host's file; 0 without a file."""
    return max((state.number for state in states_of("", copy)), default=0) if copy else 0


# --- changes of a file ---


def no_version(stack: str) -> Json:
    """A record file without a committed version."""
    body: Json = {"hosts": [], "revisions": [], "members": {}, "counters": {}}
    version = {"number": 0, "token": "", "hash": digest(body)}
    return {"stack": stack, "version": version, "body": body, "life": {}}


def with_version(
    before: Json, new: Json, asked: list[str] | None, base: Json | None = None
) -> Json:
    """The file with one more version.

    Args:
        before: The file.
        new: The file's host, and the version with its body.
        asked: The hosts that a proposal is sent to; None for a version that a majority has.
        base: The version that a proposal was made on, with C(is_known): whether a majority has that one. What is not
            known yet is kept, so that nothing is lost if the new proposal is withdrawn.
    """
    life = newest_ledger(before["life"], new.get("life", {}))
    kept = {**before, "format": FORMAT, "host": new["host"], "life": life}
    version = {"version": new["version"], "body": new["body"]}
    if any(state.version == new["version"] for state in states_of("", before)):
        return kept if asked is not None else (with_commit(kept, new["version"]) or kept)
    if asked is None:
        return {**_without(kept, "proposed"), **version}
    if base and base["is_known"]:
        kept = with_commit(kept, base["version"]) or kept
    undecided = [
        _without(item, "base")
        for item in proposals_of(kept)
        if base and item["version"] == base["version"]
    ]
    proposal = {**version, "asked": sorted(asked), **({"base": undecided[0]} if undecided else {})}
    return {**kept, "proposed": proposal}


def with_commit(before: Json, version: Json) -> Json | None:
    """The file after it was heard that a majority has a version; None if this is no proposal of the file."""
    for proposed in proposals_of(before):
        if proposed["version"] == version:
            later = before["proposed"] if proposed is not before["proposed"] else None
            kept = _without(before, "proposed")
            decided = {**kept, "version": proposed["version"], "body": proposed["body"]}
            return {**decided, "proposed": _without(later, "base")} if later else decided
    return None


def without_proposal(before: Json, version: Json) -> Json | None:
    """The file after a proposal was withdrawn; None if it has no such proposal. An undecided one before it is back."""
    proposed = before.get("proposed")
    if not proposed or proposed["version"] != version:
        return None
    kept, base = _without(before, "proposed"), proposed.get("base")
    return {**kept, "proposed": base} if base else kept


def without_versions(before: Json, versions: t.Collection[Json]) -> Json:
    """The file as if it never had these versions. What else it has stays, the ledger among it."""
    kept = _without(before, "proposed")
    if before["version"] in versions:
        none = no_version(before["stack"])
        kept = {**kept, "version": none["version"], "body": none["body"]}
    proposed: Json | None = None
    for item in reversed(proposals_of(before)):
        if item["version"] not in versions:
            below = {"base": proposed} if proposed else {}
            proposed = {**_without(item, "base"), **below}
    return {**kept, "proposed": proposed} if proposed else kept


def _without(item: Json, key: str) -> Json:
    return {name: value for name, value in item.items() if name != key}


def newest_ledger(ours: Json, theirs: Json) -> Json:
    """Per member the entry with the higher sequence number."""
    merged = dict(ours)
    for key, entry in theirs.items():
        if key not in merged or entry["seq"] > merged[key]["seq"]:
            merged[key] = entry
    return merged
