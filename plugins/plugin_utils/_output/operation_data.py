# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a round did, as data: one entry for each config validated, record stored and operation done.

Private to the collection; pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    RecordWrite,
    acted_on,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import Round
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import objections, results_of

from .fact_data import fact_data
from .told_records import told_records

Json = dict[str, t.Any]


def operations_of(done: Round) -> list[Json]:
    """Return the entries of a round, in the order in which they were done."""
    against = objections(done.plan, done.recorded)
    found = [
        _operation(item, "failed", against[item["id"]])
        for item in done.plan.validations
        if item["id"] in against
    ]
    if not against:
        found += [_record(write, host, error) for write, host, error in told_records(done)]
    found += [
        _operation(operation, result["status"], result["error"], result["seconds"])
        for operation, result in results_of(done.plan, done.acted)
    ]
    return found


def _operation(operation: Operation, status: str, error: str, seconds: float = 0.0) -> Json:
    return {
        "host": operation["host"],
        "kind": operation["kind"],
        "target": acted_on(operation),
        "stack": operation["stack"],
        "service": operation["service"],
        "index": operation["index"],
        "cause": fact_data(Fact.read(operation["cause"])),
        "status": status,
        "error": error,
        "seconds": round(seconds, 3),
    }


def _record(write: RecordWrite, host: str, error: str) -> Json:
    return {
        "host": host,
        "kind": "record",
        "target": f"{write.stack} v{write.record['version']['number']}",
        "stack": write.stack,
        "service": "",
        "index": 0,
        "cause": fact_data(write.cause),
        "status": "refused" if error else "done",
        "error": error,
        "seconds": 0.0,
    }
