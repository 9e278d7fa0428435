# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operation of a plan on one of our HAProxys, as a host carries it out."""

from __future__ import annotations

import functools
import pathlib
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._act.runner import execute
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Result
from ansible_collections.drover.docker.tests.unit.shared.fake_haproxy import FakeEngine
from ansible_collections.drover.docker.tests.unit.shared.operations import operation

Json = dict[str, t.Any]
Member = tuple[str, str, int]


def labels_of(member: Member) -> dict[str, str]:
    """The labels of a member's container."""
    stack, service, index = member
    return {
        "io.drover.managed": "stack",
        "io.drover.stack": stack,
        "io.drover.service": service,
        "io.drover.index": str(index),
    }


class Engine(FakeEngine):
    """Also knows whose the container is."""

    def __init__(self, labels: dict[str, str], **state: t.Any) -> None:
        super().__init__(**state)
        self.labels = labels

    def inspect(self, container: str) -> Json:
        return {**super().inspect(container), "Config": {"Labels": self.labels}}


def perform(
    kind: str,
    engine: Engine,
    member: Member,
    *,
    state_dir: pathlib.Path,
    args: Json,
    now: float = 1,
) -> Result:
    """Carry the operation out; its result."""
    stack, service, index = member
    asked = operation(
        kind,
        stack=stack,
        service=service,
        index=index,
        container=f"{stack}-{service}-{index}",
        args={"image": "haproxy:3.0", "wait_s": 0, **args},
    )
    (result,) = execute(
        t.cast(t.Any, engine),
        [asked],
        host="h1",
        state_dir=str(state_dir),
        clock=functools.partial(float, now),
    )
    return result
