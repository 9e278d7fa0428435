# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals, and since when they last. The audit gets a line when a refusal begins, changes or ends.

Private to the collection. The planner reports its refusals (C(Plan.held)) in every pass; a host stores them.
"""

from __future__ import annotations

import json
import os

from .._common.regular_files import read_regular
from .._common.replaced_files import replace_file
from .._model.fact import Fact, FactData, Refusals, kind_of
from .._model.fact_texts import is_fact
from .log import Audit, audit_folder, cause_fields

FILE = "refusals.json"
LARGEST_BYTES = 16 * 2**20


def read_refusals(state_dir: str) -> Refusals:
    """The refusals stored on this host; empty if none can be read."""
    try:
        data = read_regular(os.path.join(audit_folder(state_dir), FILE), limit=LARGEST_BYTES)
        found = json.loads(data.decode("utf-8"))
        return {
            str(place): Fact.read(reason).as_data
            for place, reason in found.items()
            if is_fact(reason) or isinstance(reason, str)
        }
    except (OSError, ValueError, AttributeError):
        return {}


def note_refusals(state_dir: str, refusals: Refusals, audit: Audit) -> None:
    """Store the refusals, and write a line for each that began, changed or ended. Disk errors are ignored."""
    before = read_refusals(state_dir)
    if not _store(state_dir, refusals):
        return
    for place, reason in sorted(refusals.items()):
        if place not in before:
            _tell(audit, place, "began", reason)
        elif kind_of(before[place]) != kind_of(reason):
            _tell(audit, place, "changed", reason)
    for place in sorted(set(before) - set(refusals)):
        _tell(audit, place, "ended", before[place])


def _tell(audit: Audit, place: str, result: str, reason: FactData) -> None:
    stack, service, index = [*place.split("/"), "", ""][:3]
    audit.write(
        stack=stack,
        service=service,
        member=f"{service}/{index}" if index else "",
        action="refusal",
        **cause_fields(Fact.read(reason)),
        result=result,
    )


def _store(state_dir: str, refusals: Refusals) -> bool:
    path = os.path.join(audit_folder(state_dir), FILE)
    try:
        replace_file(path, json.dumps(refusals), durable=False)
    except OSError:
        return False
    return True
