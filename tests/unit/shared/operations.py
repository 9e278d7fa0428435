# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations as a plan has them, of which a test gives only what it is about."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan


def operation(kind: str = "start", **given: t.Any) -> Operation:
    """An operation on shop/web/1 of host h1."""
    base = {
        "id": 1,
        "version": 0,
        "host": "h1",
        "stack": "shop",
        "service": "web",
        "index": 1,
        "container": "shop-web-1",
        "container_id": "",
        "cause": {"code": "no_container", "parameters": {}},
        "after": [],
        "args": {},
    }
    return t.cast("Operation", {**base, "kind": kind, **given})


def crossings(plan: Plan) -> list[tuple[str, str]]:
    """Pairs of stacks of which an operation of the first waits for the second. What has no stack is of none."""
    stacks = {item["id"]: item["stack"] for item in plan.operations}
    pairs = [(item["stack"], stacks[other]) for item in plan.operations for other in item["after"]]
    return [pair for pair in pairs if pair[1] not in (pair[0], "")]
