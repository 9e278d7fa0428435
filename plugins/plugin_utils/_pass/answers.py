# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts' answers, checked before anything reads them. Private to the collection; pure.

A host is not trusted to answer well: its release may differ, its files may be damaged, somebody may have taken it over.
An answer that does not fit makes that host unknown for this pass, and no other. A record that does not fit counts as a
damaged copy.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._lock.lease_file import (
    LONGEST_LEASE_S,
)
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    Observation,
    silent,
)
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    Operation,
    Refused,
    Result,
)

from .record_check import RecordCheck
from .shape import misfit, under
from .work import Outcome

Json = dict[str, t.Any]


class Lease(t.TypedDict):
    """The holder of a host's lease, as the host shows it (module_utils/_lock/lease.py)."""

    owner: str
    reason: str
    since: str
    token: str
    unattended: bool
    started: bool
    finished: bool
    left_s: float
    busy: bool


class Answer(t.TypedDict, total=False):
    """A host's answer to a stage that acts."""

    results: list[Result]
    refused: list[Refused]
    lease: Json | None
    """A C(Lease)."""
    unable: str


def trusted(
    host: str, found: Observation | None, records: RecordCheck | None = None
) -> Observation | None:
    """Return a host's observation as far as it fits; of a host whose observation does not fit only the reason.

    C(records): the check that hosts of one moment share.
    """
    if found is None or _is_silent(found):
        return found
    problem = misfit(found, Observation) or _other_name(host, found) or _lease_problem(found)
    if problem:
        return silent(f"its answer does not fit this release: {problem}")
    return (records or RecordCheck()).without_misfits(found)


def _is_silent(found: Observation) -> bool:
    return isinstance(found, dict) and isinstance(found.get("error"), str) and bool(found["error"])


def _other_name(host: str, found: Observation) -> str:
    named = found["host"]
    return "" if named == host else f"host: {named!r}, not {host!r}"


def _lease_problem(answer: t.Mapping[str, t.Any]) -> str:
    """What is wrong with the lease in an answer. One that lasts longer than any can be is not waited for."""
    lease = answer.get("lease")
    if lease is None:
        return ""
    problem = misfit(lease, Lease)
    if not problem and not 0 <= lease["left_s"] <= LONGEST_LEASE_S:
        problem = f"left_s: {lease['left_s']}, not 0 to {LONGEST_LEASE_S}"
    return under("lease", problem)


def outcome_of(answer: t.Any, asked: t.Iterable[Operation], answered_at: float) -> Outcome | str:
    """Read a host's answer to any stage; a text says why it cannot be used."""
    return answer_problem(answer, asked) or Outcome.of(answer, answered_at)


def answer_problem(answer: t.Any, asked: t.Iterable[Operation]) -> str:
    """Return why an answer cannot be used; empty if it can. Its observation is checked by the pass (trusted).

    Each result must be of an operation that the host was asked for.
    """
    problem = misfit(answer, Answer) or _lease_problem(answer)
    if problem:
        return f"its answer does not fit this release: {problem}"
    known = {item["id"] for item in asked}
    strange = sorted({item["id"] for item in answer.get("results", [])} - known)
    return f"it answers for operations that it was not asked for: {strange}" if strange else ""
