# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records in hosts' observations, checked before planning reads them. Private to the collection; pure.

A record that does not fit its type, or whose body is not what its hash says, counts as a damaged copy of its host. The
hash matters: a host may claim the version of a majority and show another body.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.names import digest
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._model.record import (
    Definition,
    Proposal,
    Record,
)
from ansible_collections.drover.docker.plugins.module_utils._record.states import proposals_of

from .shape import misfit, under

Json = dict[str, t.Any]


class RecordCheck:
    """The check of one pass. Bodies that are equal are hashed once for all hosts."""

    def __init__(self) -> None:
        self.bodies: dict[str, Json] = {}
        """Bodies that fit, by their hash."""

    def without_misfits(self, found: Observation) -> Observation:
        """Return an observation with each record that does not count among the damaged ones."""
        problems = {stack: self.problem(stack, item) for stack, item in found["records"].items()}
        wrong = {stack: text for stack, text in problems.items() if text}
        if not wrong:
            return found
        records = {stack: item for stack, item in found["records"].items() if stack not in wrong}
        damaged = {**found["damaged_records"], **wrong}
        return t.cast("Observation", {**found, "records": records, "damaged_records": damaged})

    def problem(self, stack: str, record: Json) -> str:
        """Return what is wrong with a record of a stack; empty if nothing is."""
        problem = shape_problem(stack, record)
        if problem:
            return f"it does not fit this release: {problem}"
        whole = all(self._is_hashed(item) for item in [record, *proposals_of(record)])
        return "" if whole else "its body is not what its hash says"

    def _is_hashed(self, item: Json) -> bool:
        """Whether the body of a version is what its hash says."""
        body, said = item["body"], item["version"]["hash"]
        if said not in self.bodies:
            self.bodies[digest(body)] = body
        return bool(self.bodies.get(said) == body)


def shape_problem(stack: str, record: Json) -> str:
    """Return how a record differs from its type; empty if it does not."""
    problem = misfit(record, Record)
    if problem:
        return problem
    if record["stack"] != stack:
        return f"stack: {record['stack']!r}, not {stack!r}"
    later = record.get("proposed", {}).get("base")
    problem = under("proposed.base", misfit(later, Proposal)) if later else ""
    bodies = [record["body"], *(item["body"] for item in ([] if problem else proposals_of(record)))]
    return problem or next(filter(None, map(_body_problem, bodies)), "")


def _body_problem(body: Json) -> str:
    """What types do not say: definitions of format 1, which may be empty, and launches that revisions refer to."""
    launches = body.get("launches", {})
    for revision in body["revisions"]:
        definition = revision.get("definition")
        problem = under("definition", misfit(definition, Definition)) if definition else ""
        wanted = [] if "definition" in revision else revision["services"].values()
        unknown = [item["launch"] for item in wanted if "" not in _parts(launches, item)]
        problem = problem or (f"launches: {unknown[0]} has no first part" if unknown else "")
        if problem:
            return problem
    return ""


def _parts(launches: Json, desire: Json) -> Json:
    return dict(launches.get(desire["launch"], {}).get("parts", {}))
