# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host that acts: a fake engine, a state directory, and operations on the members of one service."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._act.runner import execute
from ansible_collections.drover.docker.plugins.module_utils._engine.networks import bridge_body
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    Operation,
    Result,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import (
    read_record,
    write_record,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import service
from ansible_collections.drover.docker.tests.unit.shared.operations import operation as an_operation
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image, Registry
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine

Json = dict[str, t.Any]


NOW = 1_795_341_600.0
NETWORK = "drover-local"
HASH = "c" * 64


class Host:
    """A fake engine with state directory, and shorthands for operations of the members of shop/web."""

    def __init__(self, state: pathlib.Path) -> None:
        self.state = str(state)
        self.registry = Registry([Image("app:1", volumes=("/data",)), Image("new:1")])
        self.engine = FakeEngine("h1", clock=Clock(), registry=self.registry)
        self.engine.images["app:1"] = self.registry.images["app:1"]
        self.engine.create_network(NETWORK, bridge_body("10.43.0.0/16"))
        self.store(1)

    def store(self, number: int, **entry: t.Any) -> None:
        """The record of the stack, with the members web/1 to web/3."""
        member = {"host": "h1", "retired": False, **entry}
        body = {"hosts": ["h1"], "members": {f"web/{index}": dict(member) for index in (1, 2, 3)}}
        write_record(
            self.state, {**make_record("shop", body, number=number, token="t"), "host": "h1"}
        )

    def operation(self, kind: str, index: int = 1, **given: t.Any) -> Operation:
        """An operation on shop-web-INDEX."""
        own = {"index": index, "container": f"shop-web-{index}"}
        return an_operation(kind, **{**own, **given})

    def create(
        self, index: int = 1, *, number: int = 1, after: t.Iterable[int] = (), **args: t.Any
    ) -> Operation:
        """The creation of shop-web-INDEX."""
        full = {
            "service": service(),
            "declared": {},
            "create_index": index,
            "revision": 1,
            "config_hash": HASH,
            "managed": "stack",
            "network": NETWORK,
            "address": f"10.43.200.{index}",
            "volumes": {},
            "new_volumes": [],
            **args,
        }
        return self.operation("create", index, id=number, after=list(after), args=full)

    def start(
        self, index: int = 1, *, number: int = 2, after: t.Iterable[int] = (), **given: t.Any
    ) -> Operation:
        """The start of shop-web-INDEX."""
        args = {"config_hash": HASH}
        return self.operation("start", index, id=number, after=list(after), args=args, **given)

    def run(self, *operations: Operation, engine: t.Any = None, workers: int = 1) -> list[Result]:
        return execute(
            engine or self.engine,
            list(operations),
            host="h1",
            state_dir=self.state,
            clock=lambda: NOW,
            workers=workers,
        )

    def outcome(self, *operations: Operation, engine: t.Any = None) -> tuple[str, str]:
        """Status and error of the last operation."""
        result = self.run(*operations, engine=engine)[-1]
        return result["status"], result["error"]

    def up(self, index: int = 1, **args: t.Any) -> t.Any:
        """A running member."""
        for result in self.run(self.create(index, **args), self.start(index, after=[1])):
            assert result["status"] == "done", result
        return self.engine.find(f"shop-web-{index}")

    def life(self) -> Json:
        record = read_record(self.state, "shop")
        return record["life"] if record else {}
