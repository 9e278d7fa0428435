# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack record: versions, majorities, and which of several copies is valid.

Private to the collection; docs/schema.md section 4. All functions are pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.names import digest
from .._model.ledger import Ledger, LedgerEntry

FORMAT = 1
Variant = t.Tuple[str, str]
"""Hash and token of a version."""
Copies = t.Dict[str, t.Dict[str, t.Any]]
"""Records of one stack by host."""


def make_record(stack: str, body: dict[str, t.Any], *, number: int, token: str) -> dict[str, t.Any]:
    """A record to write: a body with its version."""
    version = {"number": number, "token": token, "hash": digest(body)}
    return {"format": FORMAT, "stack": stack, "version": version, "body": body}


def is_majority(hosts: t.Collection[str], have: t.Collection[str]) -> bool:
    """Whether C(have) holds a strict majority of C(hosts)."""
    return 2 * len(set(hosts) & set(have)) > len(set(hosts))


def needed(hosts: t.Collection[str]) -> int:
    """How many of these hosts are a strict majority."""
    return len(set(hosts)) // 2 + 1


@dataclasses.dataclass(frozen=True)
class Undone:
    """A version that only a minority stored: the command that wrote it failed, or somebody changed a file."""

    number: int
    hosts: list[str]

    @property
    def as_data(self) -> dict[str, t.Any]:
        """As parameters of a fact."""
        return {"version": str(self.number), "hosts": self.hosts}


@dataclasses.dataclass
class RecordView:
    """The combined view of the reachable hosts' copies of one stack's record."""

    stack: str
    record: dict[str, t.Any] | None
    holders: list[str]
    outdated: list[str]
    rivals: list[str]
    conflict: str
    ledger: Ledger
    """What the host of each member remembers of it."""
    undone: list[Undone] = dataclasses.field(default_factory=list)
    """Versions that never counted: a majority of their hosts was seen without them."""
    counts: bool = True
    """Whether the record is valid. If not, nothing is done for the stack until a person chooses a copy."""

    @property
    def body(self) -> dict[str, t.Any] | None:
        """The body; None if there is none."""
        return self.record["body"] if self.record else None

    @property
    def valid_body(self) -> dict[str, t.Any] | None:
        """The body if it may be acted on."""
        return self.body if self.counts else None

    @property
    def number(self) -> int:
        """The highest number on any host, including versions that never counted; 0 before the first write."""
        valid = int(self.record["version"]["number"]) if self.record else 0
        return max([valid, *(item.number for item in self.undone)])

    @property
    def is_proven(self) -> bool:
        """Whether a majority of its hosts was seen with the valid version."""
        return bool(self.body) and is_majority((self.body or {})["hosts"], self.holders)


def view_records(
    stack: str,
    copies: dict[str, dict[str, t.Any] | None],
    *,
    take: str | None = None,
    unreadable: t.Collection[str] = (),
) -> RecordView:
    """Find the valid copy among those of the reachable hosts.

    A version counts once a majority of its hosts has stored it. If a majority was seen without it, it never counted: it
    is ignored, and the next write undoes it.

    Args:
        stack: Stack name.
        copies: Copy by host; None for a host that has none.
        take: Host whose copy a person declared to be right.
        unreadable: Hosts with a damaged copy; its version is unknown.
    """
    present = {host: copy for host, copy in copies.items() if copy}
    view = RecordView(stack, None, [], sorted(copies), [], "", {})
    for number in sorted({copy["version"]["number"] for copy in present.values()}, reverse=True):
        variants = _variants(present, number)
        older = {h: copy for h, copy in present.items() if copy["version"]["number"] < number}
        without = (set(copies) - set(present) - set(unreadable)) | set(older)
        possible = {
            key: found
            for key, found in variants.items()
            if take in found or _may_count(found, variants, without, older)
        }
        lost = [found for key, found in variants.items() if key not in possible]
        view.undone += [Undone(number, sorted(found)) for found in lost]
        if possible:
            view = _decided(view, copies, possible, take)
            break
    else:
        view = _undecided(view, copies, present) if present else view
    view.ledger = _ledger_of(view.body, present.values())
    return view


def _may_count(
    found: Copies, variants: dict[Variant, Copies], without: set[str], older: Copies
) -> bool:
    """Whether a majority may have stored a variant: every host may have it except those seen without it.

    A majority is needed of its own hosts and of those of earlier versions, so a copy cannot choose its own electorate.
    """
    lacking = without | {host for copies in variants.values() for host in copies} - set(found)
    juries = [copy["body"]["hosts"] for copy in [*found.values(), *older.values()]]
    return all(is_majority(hosts, set(hosts) - lacking) for hosts in juries)


def _decided(
    view: RecordView,
    copies: dict[str, dict[str, t.Any] | None],
    possible: dict[Variant, Copies],
    take: str | None,
) -> RecordView:
    """The view with the valid copy: one of the possible variants of a number."""
    chosen, view.conflict = _choose(possible, take)
    view.holders = sorted(possible[chosen])
    others = [host for key, hosts in possible.items() if key != chosen for host in hosts]
    view.rivals = sorted({*others, *(host for item in view.undone for host in item.hosts)})
    view.outdated = sorted(set(copies) - {*view.holders, *view.rivals})
    view.record = possible[chosen][view.holders[0]]
    return view


def _undecided(
    view: RecordView, copies: dict[str, dict[str, t.Any] | None], present: Copies
) -> RecordView:
    """The view without a valid copy. It shows the newest copy, which is not acted on."""
    top = max(item.number for item in view.undone)
    variants = _variants(present, top)
    if len(variants) > 1:
        view.conflict = _conflict(variants)
    view.counts = False
    view.record = variants[min(variants)][min(variants[min(variants)])]
    view.rivals = sorted(host for item in view.undone for host in item.hosts)
    view.outdated = sorted(set(copies) - set(view.rivals))
    return view


def _variants(present: dict[str, dict[str, t.Any]], number: int) -> dict[Variant, Copies]:
    """Copies of one number, grouped by their content."""
    found: dict[Variant, Copies] = {}
    for host, copy in present.items():
        version = copy["version"]
        if version["number"] == number:
            found.setdefault((version["hash"], version["token"]), {})[host] = copy
    return found


def _choose(variants: dict[Variant, Copies], take: str | None) -> tuple[Variant, str]:
    """The variant that counts, and the conflict if none provably does."""
    if len(variants) == 1:
        return next(iter(variants)), ""
    for key, copies in variants.items():
        if take in copies or is_majority(
            next(iter(copies.values()))["body"]["hosts"], list(copies)
        ):
            return key, ""
    return min(variants), _conflict(variants)


def _conflict(variants: dict[Variant, Copies]) -> str:
    """The sides, each with its hosts."""
    return " against ".join(sorted(", ".join(sorted(copies)) for copies in variants.values()))


def _ledger_of(body: dict[str, t.Any] | None, copies: t.Iterable[dict[str, t.Any]]) -> Ledger:
    """What is remembered of each member: by its recorded host, not by the hosts that it was on before.

    Of a member without a place, the entry with the highest sequence number counts.
    """
    members = body["members"] if body else {}
    merged: Ledger = {}
    for copy in copies:
        found: Ledger = copy.get("life", {})
        for key, entry in found.items():
            if key in members:
                counts = copy.get("host") == members[key]["host"]
            else:
                counts = entry.get("seq", 0) > merged.get(key, LedgerEntry()).get("seq", -1)
            if counts:
                merged[key] = entry
    return merged
