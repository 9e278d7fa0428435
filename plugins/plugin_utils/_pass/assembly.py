# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes whole records of what hosts send of them: docs/decisions/0023-what-travels.md. Private to the collection; pure.

A host sends only some of its records (module_utils/_record/excerpt.py). The others are put together from its versions,
whose hash it sends, and from bodies that any host sent: a body is what its hash says, whoever sent it. The rest of the
pass sees the records as they are stored.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.names import digest
from ansible_collections.drover.docker.plugins.module_utils._model.ledger import LedgerEntry
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    Observation,
    silent,
)
from ansible_collections.drover.docker.plugins.module_utils._model.record import Version
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import SENDERS
from ansible_collections.drover.docker.plugins.module_utils._record.states import FORMAT

from .answers import trusted
from .record_check import RecordCheck
from .shape import misfit, under

Json = dict[str, t.Any]
Observations = dict[str, Observation | None]

NOT_SENT = "its host did not send its body"
NO_VERSIONS = "its answer does not fit this release: versions: it did not send them"


class _List:
    """The versions that one or more hosts have, and the records that they have in common."""

    def __init__(self, versions: dict[str, Json]) -> None:
        self._open = dict(versions)
        self.records: dict[str, Json] = {}
        """Shared by the hosts, so without the name of any: each was written for the host that has it."""
        self.faults: dict[str, str] = {}

    def fill(self, check: RecordCheck) -> None:
        """Add the records whose bodies have come. Each is checked once, for all hosts."""
        for stack, version in list(self._open.items()):
            problem = under("version", misfit(version, Version))
            if problem:
                self.faults[stack] = f"it does not fit this release: {problem}"
            elif version["hash"] in check.bodies:
                self._add(stack, version, check)
            else:
                continue
            del self._open[stack]

    def _add(self, stack: str, version: Json, check: RecordCheck) -> None:
        body = check.bodies[version["hash"]]
        record = {"format": FORMAT, "stack": stack, "version": version, "body": body, "life": {}}
        problem = check.problem(stack, {**record, "host": ""})
        if problem:
            self.faults[stack] = problem
        else:
            self.records[stack] = record

    def lacks(self, sent: t.Container[str]) -> list[str]:
        """Stacks whose body nobody has sent yet, without those that the host sent itself."""
        return [stack for stack in self._open if stack not in sent]

    def hash_of(self, stack: str) -> str:
        """The hash of a body that has not come."""
        return str(self._open[stack]["hash"])


@dataclasses.dataclass
class _Part:
    """An observation that is not whole yet."""

    seen: Observation
    listed: str
    """The hash of the host's versions."""

    @classmethod
    def of(cls, seen: Observation) -> _Part:
        """Compute the hash of versions that were sent: a host may say that its versions are those of others."""
        sent = seen["versions"]
        return cls(seen, digest(sent["versions"]) if "versions" in sent else sent["digest"])

    @property
    def named(self) -> set[str]:
        """Stacks of which the host sent the record itself, or what is wrong with it."""
        seen = self.seen
        return {*seen["records"], *seen["damaged_records"], *seen["newer_records"]}


class Assembly:
    """The hosts' observations in one pass, and what hosts must be asked for to make them whole."""

    def __init__(self) -> None:
        self._check = RecordCheck()
        self._lists: dict[str, _List] = {}
        self._open: dict[str, _Part] = {}
        self._asked: set[str] = set()
        """Hosts that were asked for what nobody had sent."""

    @property
    def known(self) -> list[str]:
        """Hashes of the bodies that need not be sent again."""
        return sorted(self._check.bodies)

    def take(self, answers: t.Mapping[str, Observation | None]) -> Observations:
        """Take what hosts sent. Return all observations that are whole now; see C(to_ask) for the others."""
        found = {host: trusted(host, seen, self._check) for host, seen in answers.items()}
        for host, seen in found.items():
            self._open.pop(host, None)
            if seen is not None and "versions" in seen:
                self._open[host] = _Part.of(seen)
        whole = {host: seen for host, seen in found.items() if host not in self._open}
        return {**whole, **self._close(answers)}

    def drop(self, host: str) -> None:
        """Forget what a host sent before: it does not answer any more."""
        self._open.pop(host, None)

    def to_ask(self) -> list[str]:
        """Return the hosts that must be asked, so that all observations become whole; none if they are.

        First two hosts for each thing that is missing, as one of them may not answer; then all that have it.
        """
        if not self._open:
            self._asked = set()
            return []
        holders: dict[str, list[str]] = {}
        for host in sorted(self._open):
            for missing in self._missing(self._open[host]):
                holders.setdefault(missing, []).append(host)
        most = None if self._asked else SENDERS
        chosen = {host for hosts in holders.values() for host in hosts[:most]}
        self._asked |= chosen
        return sorted(chosen)

    # --- one observation ---

    def _close(self, answered: t.Container[str]) -> Observations:
        """Make whole what can be. A host that was asked has sent all that it will."""
        self._read_lists()
        ready = [
            host
            for host, part in self._open.items()
            if (host in self._asked and host in answered) or not self._missing(part)
        ]
        return {host: self._whole(host, self._open.pop(host)) for host in ready}

    def _read_lists(self) -> None:
        for part in self._open.values():
            versions = part.seen["versions"].get("versions")
            if versions is not None and part.listed not in self._lists:
                self._lists[part.listed] = _List(versions)
        for found in self._lists.values():
            found.fill(self._check)

    def _missing(self, part: _Part) -> list[str]:
        """Hashes of what must be sent: the list of versions, or bodies."""
        if part.listed not in self._lists:
            return [part.listed]
        found = self._lists[part.listed]
        return sorted({found.hash_of(stack) for stack in found.lacks(part.named)})

    def _whole(self, host: str, part: _Part) -> Observation:
        if part.listed not in self._lists:
            return silent(NO_VERSIONS)
        own, common, life = part.named, self._lists[part.listed], part.seen["versions"]["life"]
        faults = {**common.faults, **dict.fromkeys(common.lacks(own), NOT_SENT), **_faults(life)}
        records = common.records.copy()
        for stack in life.keys() & records.keys():
            records[stack] = {**records[stack], "host": host, "life": life[stack]}
        for stack in (*own, *faults):
            records.pop(stack, None)
        damaged = {stack: text for stack, text in faults.items() if stack not in own}
        return _with(part.seen, records, damaged)


def _faults(ledgers: dict[str, Json]) -> dict[str, str]:
    """Ledgers of a host that do not fit, by stack."""
    found = {
        stack: under("life", misfit(ledger, dict[str, LedgerEntry]))
        for stack, ledger in ledgers.items()
    }
    return {stack: f"it does not fit this release: {text}" for stack, text in found.items() if text}


def _with(seen: Observation, records: dict[str, Json], damaged: dict[str, str]) -> Observation:
    """An observation with these records too, as if the host had sent them."""
    whole = seen.copy()
    del whole["versions"]
    whole["records"] = {**records, **seen["records"]}
    whole["damaged_records"] = {**damaged, **seen["damaged_records"]}
    return whole
