# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write operations and records to the audit. Private to the collection."""

from __future__ import annotations

import typing as t

from .._engine.client import Engine
from .._model.fact import Fact
from .._model.member import MemberId
from .._model.operation import Operation, Result
from .evidence import Evidence
from .log import Audit, cause_fields

Json = t.Dict[str, t.Any]


class Chronicle:
    """Writes what one call does to the audit."""

    def __init__(
        self, audit: Audit, engine: Engine, operations: list[Operation], *, now: float
    ) -> None:
        """Collect the evidence for each operation, before any of them runs."""
        self._audit = audit
        self._by_id = {item["id"]: item for item in operations}
        self._evidence = Evidence(engine, operations, now=now)

    def result(self, result: Result) -> None:
        """Write one operation, with its cause, evidence and result."""
        operation = self._by_id[result["id"]]
        self._audit.write(
            stack=operation["stack"],
            service=operation["service"],
            member=MemberId.of(operation).key if operation["index"] else "",
            container=operation["container"],
            action=operation["kind"],
            **cause_fields(Fact.read(operation["cause"])),
            evidence=self._evidence.of(operation),
            result=result["status"],
            error=result["error"],
            seconds=result["seconds"],
        )

    def record(self, record: Json, result: str, error: str = "") -> None:
        """Write one stored stack record: the effect of a command."""
        version = record["version"]["number"]
        self._audit.write(
            stack=record["stack"],
            service="",
            member="",
            container="",
            action="record",
            **cause_fields(Fact.read(record.get("cause", ""))),
            evidence={"version": version},
            result=result,
            error=error,
        )
