# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan and request of a run, between its tasks. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Message,
    Plan,
    RecordWrite,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request

from . import run_files


def save_plan(plan: Plan) -> None:
    """Keep the plan for the tasks that act on it."""
    run_files.save("plan", dataclasses.asdict(plan))


def load_plan() -> Plan | None:
    """The plan that was made last, or None."""
    saved = run_files.load("plan")
    if saved is None:
        return None
    records = [RecordWrite(**item) for item in saved["records"]]
    kept = [tuple(pair) for pair in saved["kept_volumes"]]
    return Plan(
        records=records,
        operations=saved["operations"],
        validations=saved["validations"],
        kept_volumes=kept,
        refusals=saved["refusals"],
        refused=saved["refused"],
        errors=_messages(saved["errors"]),
        held=_messages(saved["held"]),
        notes=_messages(saved["notes"]),
    )


def _messages(saved: list[dict[str, t.Any]]) -> list[Message]:
    return [Message(**item) for item in saved]


def save_request(request: Request, *, rounds: int) -> None:
    """Keep the request and how many rounds it had."""
    run_files.save("request", {"request": dataclasses.asdict(request), "rounds": rounds})


def load_request() -> tuple[Request, int]:
    """The request of this run and how many rounds it had."""
    saved = run_files.load("request")
    return Request(**saved["request"]), int(saved["rounds"])
