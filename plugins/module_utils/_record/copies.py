# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack record: versions, majorities, and which of several copies is valid.

Private to the collection; docs/schema.md section 4. All functions are pure.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .._common.names import digest
from .._model.ledger import Ledger, LedgerEntry
from .._model.member import home_key
from .fold import fold, unfold
from .states import FORMAT, State, Variant, highest, states_of


def make_record(stack: str, body: dict[str, t.Any], *, number: int, token: str) -> dict[str, t.Any]:
    """A record to write: a body, as it is stored, with its version."""
    stored = fold(body)
    version = {"number": number, "token": token, "hash": digest(stored)}
    return {"format": FORMAT, "stack": stack, "version": version, "body": stored}


def is_majority(hosts: t.Collection[str], have: t.Collection[str]) -> bool:
    """Whether C(have) holds a strict majority of C(hosts)."""
    return 2 * len(set(hosts) & set(have)) > len(set(hosts))


def needed(hosts: t.Collection[str]) -> int:
    """How many of these hosts are a strict majority."""
    return len(set(hosts)) // 2 + 1


@dataclasses.dataclass(frozen=True)
class Undone:
    """A version that is not acted on, and the hosts that were seen with it."""

    number: int
    hosts: list[str]

    @property
    def as_data(self) -> dict[str, t.Any]:
        """As parameters of a fact."""
        return {"version": str(self.number), "hosts": self.hosts}


@dataclasses.dataclass(frozen=True)
class Refuted:
    """Why a version never counted: too few hosts of C(jury) can have it.

    C(holders) were seen with it, C(never) can never get it. The others were seen without it, each at its own moment: by
    now one of them may have it. So a version that replaces it must be stored by so many of these that it stays refuted.
    """

    jury: list[str]
    holders: list[str]
    never: list[str]

    def holds(self, accepted: t.Collection[str]) -> bool:
        """Whether it is still refuted once these hosts have stored something newer."""
        without = {*self.never, *(set(accepted) - set(self.holders))}
        return not is_majority(self.jury, set(self.jury) - without)

    def renamed(self, names: t.Mapping[str, str]) -> Refuted:
        """The same with new names of hosts, by the old ones."""
        parts = (self.jury, self.holders, self.never)
        return Refuted(*([names.get(host, host) for host in part] for part in parts))


@dataclasses.dataclass
class RecordView:
    """The combined view of the reachable hosts' copies of one stack's record."""

    stack: str
    record: dict[str, t.Any] | None = None
    """The chosen version as it is stored: format, stack, version and body."""
    holders: list[str] = dataclasses.field(default_factory=list)
    """Seen hosts that have the chosen version."""
    outdated: list[str] = dataclasses.field(default_factory=list)
    """Seen hosts that do not have it as the committed one."""
    rivals: list[str] = dataclasses.field(default_factory=list)
    """Seen hosts with another version that never counted, or may not count."""
    conflict: str = ""
    ledger: Ledger = dataclasses.field(default_factory=dict)
    """What the host of each member remembers of it."""
    undone: list[Undone] = dataclasses.field(default_factory=list)
    """Versions that never counted: a majority of their hosts was seen without them."""
    refuted: list[Refuted] = dataclasses.field(default_factory=list)
    """Why they never counted."""
    pending: list[Undone] = dataclasses.field(default_factory=list)
    """Proposals that may have reached a majority, which too few hosts are seen to tell or to finish."""
    pending_juries: list[list[str]] = dataclasses.field(default_factory=list)
    """The hosts of each of them. A new version needs their majorities too, or both could count."""
    counts: bool = True
    """Whether the record is valid. If not, nothing is done for the stack until a person chooses a copy."""
    is_finished: bool = True
    """Whether the version is known to be committed. If not, the next write finishes it."""
    number: int = 0
    """The highest number on any host, including versions that do not count; 0 before the first write."""

    @functools.cached_property
    def body(self) -> dict[str, t.Any] | None:
        """The body as the planner works with it; None if there is none."""
        return unfold(self.record["body"]) if self.record else None

    @property
    def is_turned_over(self) -> bool:
        """Whether the body is stored in the present format."""
        return self.record is None or "launches" in self.record["body"]

    @property
    def is_signed(self) -> bool:
        """Whether a control node signed the version."""
        return bool(self.record and self.record["version"].get("signature"))

    @property
    def valid_body(self) -> dict[str, t.Any] | None:
        """The body if it may be acted on."""
        return self.body if self.counts else None

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
    unsigned: t.Mapping[str, int] | None = None,
) -> RecordView:
    """Find the valid version among the copies of the reachable hosts.

    A version counts once a majority of its hosts has stored it. If a majority cannot have stored it, it never counted:
    it is ignored, and the next write undoes it. A proposal of which neither is known is finished if a majority is seen;
    else the committed version below it is acted on.

    Args:
        stack: Stack name.
        copies: Copy by host; None for a host that has none.
        take: Host whose copy a person declared to be right.
        unreadable: Hosts with a damaged copy; its version is unknown.
        unsigned: Hosts with versions that no control node signed, and the highest number of these. C(copies) is without
            them. What else such a host had is unknown, so it is no vote against any version.
    """
    agreed = None if unreadable or unsigned else _agreed(copies)
    if agreed is None:
        return _Choice(stack, copies, take, unreadable, unsigned or {}).view
    return RecordView(
        stack,
        _record(stack, agreed),
        sorted(copies),
        ledger=_ledger_of(agreed.body, filter(None, copies.values())),
        number=agreed.number,
    )


def _agreed(copies: dict[str, dict[str, t.Any] | None]) -> State | None:
    """The version that all hosts have as committed, without any proposal: the usual case, found at little cost."""
    found = iter(copies.items())
    host, first = next(found, ("", None))
    if not first or not first["version"]["number"] or first.get("proposed"):
        return None
    version = first["version"]
    others = (copy for _host, copy in found if copy is not first)  # hosts may share one
    if any(not copy or copy["version"] != version or copy.get("proposed") for copy in others):
        return None
    return states_of(host, first)[0]


class _Choice:
    """The choice of the version that counts."""

    def __init__(
        self,
        stack: str,
        copies: dict[str, dict[str, t.Any] | None],
        take: str | None,
        unreadable: t.Collection[str],
        unsigned: t.Mapping[str, int],
    ) -> None:
        present = {host: copy for host, copy in copies.items() if copy}
        self._take = take
        self._readable = set(copies) - set(unreadable) - set(unsigned)
        self._unsigned = unsigned
        self._states = [s for host, copy in sorted(present.items()) for s in states_of(host, copy)]
        self._tops = {host: highest(copy) for host, copy in copies.items()}
        self.view = RecordView(stack, outdated=sorted(copies))
        numbers = [state.number for state in self._states]
        self.view.number = max([*numbers, *unsigned.values()], default=0)
        self._choose_number()
        record = self.view.record
        self.view.ledger = _ledger_of(record["body"] if record else None, present.values())

    def _choose_number(self) -> None:
        """The highest number of which a variant counts, or may count and can be finished."""
        for number in sorted({state.number for state in self._states}, reverse=True):
            variants = self._variants(number)
            possible = {key: found for key, found in variants.items() if self._may_count(found)}
            lost = [found for key, found in variants.items() if key not in possible]
            self.view.undone += [Undone(number, _hosts(found)) for found in lost]
            self.view.refuted += [item for found in lost for item in self._refuted(found)]
            if possible and self._decide(possible):
                return
        if self._states:
            self._leave_undecided()

    def _variants(self, number: int) -> dict[Variant, list[State]]:
        """Copies of one number, grouped by their content."""
        found: dict[Variant, list[State]] = {}
        for state in self._states:
            if state.number == number:
                found.setdefault(state.variant, []).append(state)
        return found

    def _may_count(self, found: list[State]) -> bool:
        """Whether a majority may have stored a variant."""
        if self._take in _hosts(found):
            return True
        return not self._against(found)

    def _against(self, found: list[State]) -> list[list[str]]:
        """The juries that cannot have their majority for a variant."""
        lacking = self._lacking(found)
        return [
            jury
            for jury in self._juries(found)
            if not is_majority(jury, set(jury) - lacking) and not self._stands(found, jury, lacking)
        ]

    def _stands(self, found: list[State], jury: list[str], lacking: set[str]) -> bool:
        """Whether half of an earlier version's hosts are too few against a variant.

        A host that was put back from a backup has an old version, whose hosts then are a jury although later versions
        have others. Two hosts of which one was put back would refute all that was decided since. So half of a jury is
        not enough against a version that was committed: where that is proven, or cannot be known yet.
        """
        if set(jury) == set(found[0].electorate) or is_majority(jury, lacking):
            return False
        if _is_proven(found):
            return True
        claimed = any(state.is_committed for state in found)
        return claimed and not is_majority(jury, self._readable)

    def _lacking(self, found: list[State]) -> set[str]:
        """Hosts that cannot have it: those seen without it, and those that an uncommitted one was never sent to."""
        number, holders = found[0].number, set(_hosts(found))
        rivals = {state.host for state in self._states if state.number == number}
        without = {host for host in self._readable if self._tops[host] < number} | rivals
        return (without | self._never(found)) - holders

    def _never(self, found: list[State]) -> set[str]:
        """Hosts that an uncommitted version was never sent to."""
        if any(state.is_committed for state in found):
            return set()
        asked = {host for state in found for host in state.asked}
        return {host for jury in self._juries(found) for host in jury} - asked

    def _refuted(self, found: list[State]) -> list[Refuted]:
        """Why a variant never counted: one reason for each jury that lacks its majority."""
        never = sorted(self._never(found))
        juries = sorted({tuple(sorted(jury)) for jury in self._against(found)})
        return [Refuted(list(jury), _hosts(found), never) for jury in juries]

    def _juries(self, found: list[State]) -> list[list[str]]:
        """Its own hosts and those of earlier versions, so that a copy cannot choose its own electorate."""
        older = [s for s in self._states if s.is_committed and s.number < found[0].number]
        # States of one version have one body, so each version is asked once, however many hosts have it.
        versions = {state.variant: state for state in [*found, *older]}
        return [state.electorate for state in versions.values()]

    def _is_known(self, found: list[State]) -> bool:
        """Whether a variant counts for certain."""
        if self._take in _hosts(found) or _is_proven(found):
            return True
        juries = self._juries(found)
        if any(state.is_committed for state in found):
            lacking = self._lacking(found)
            return all(is_majority(jury, set(jury) - lacking) for jury in juries)
        return all(is_majority(jury, _hosts(found)) for jury in juries)

    def _decide(self, possible: dict[Variant, list[State]]) -> bool:
        """Take one of the variants, unless it is unknown whether it counts and too few hosts are seen to finish it."""
        chosen, conflict = self._choose(possible)
        found = possible[chosen]
        known = self._is_known(found)
        if not known and not all(is_majority(j, self._readable) for j in self._juries(found)):
            self.view.pending.append(Undone(found[0].number, _hosts(found)))
            self.view.pending_juries += self._juries(found)
            return False
        self.view.conflict, self.view.is_finished = conflict, known
        others = [item for key, states in possible.items() if key != chosen for item in states]
        self._fill(found, others)
        return True

    def _fill(self, found: list[State], others: list[State]) -> None:
        """Fill the view with the valid version."""
        view = self.view
        view.holders = _hosts(found)
        refuted = {host for item in [*view.undone, *view.pending] for host in item.hosts}
        # An unsigned version that is older is replaced by a copy, as every older one.
        forged = {host for host, number in self._unsigned.items() if number >= found[0].number}
        view.rivals = sorted({*_hosts(others), *refuted, *forged})
        settled = {state.host for state in found if state.is_committed}
        view.outdated = sorted(set(self._tops) - settled - set(view.rivals))
        view.record = _record(view.stack, found[0])

    def _choose(self, variants: dict[Variant, list[State]]) -> tuple[Variant, str]:
        """The variant that counts, and the conflict if none provably does."""
        if len(variants) == 1:
            return next(iter(variants)), ""
        for key, found in variants.items():
            if self._take in _hosts(found) or is_majority(found[0].electorate, _hosts(found)):
                return key, ""
        return min(variants), _conflict(variants)

    def _leave_undecided(self) -> None:
        """Show the newest version, which is not acted on."""
        view = self.view
        top = max(item.number for item in [*view.undone, *view.pending])
        variants = self._variants(top)
        if len(variants) > 1:
            view.conflict = _conflict(variants)
        view.counts = False
        view.record = _record(view.stack, variants[min(variants)][0])
        view.rivals = sorted(h for item in [*view.undone, *view.pending] for h in item.hosts)
        view.outdated = sorted(set(self._tops) - set(view.rivals))


def _record(stack: str, state: State) -> dict[str, t.Any]:
    return {"format": FORMAT, "stack": stack, "version": state.version, "body": state.body}


def _hosts(found: list[State]) -> list[str]:
    return sorted({state.host for state in found})


def _is_proven(found: list[State]) -> bool:
    """Whether a majority of a variant's own hosts says that it was committed: two hosts or more, as one may lie."""
    told = {state.host for state in found if state.is_committed}
    return len(told) > 1 and is_majority(found[0].electorate, told)


def _conflict(variants: dict[Variant, list[State]]) -> str:
    """The sides, each with its hosts."""
    return " against ".join(sorted(", ".join(_hosts(found)) for found in variants.values()))


def _ledger_of(body: dict[str, t.Any] | None, copies: t.Iterable[dict[str, t.Any]]) -> Ledger:
    """What is remembered of each member: by its recorded host, not by the hosts that it was on before.

    Of a member without a place, the entry with the highest sequence number counts.
    """
    members = body["members"] if body else {}
    homes = {home_key(key)[0]: entry["host"] for key, entry in members.items()}
    merged: Ledger = {}
    for copy in copies:
        found: Ledger | None = copy.get("life")
        for key, entry in found.items() if found else ():
            home = homes.get(home_key(key)[0])
            if home is not None:
                counts = copy.get("host") == home
            else:
                counts = entry.get("seq", 0) > merged.get(key, LedgerEntry()).get("seq", -1)
            if counts:
                merged[key] = entry
    return merged
