# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations, facts and the plan that holds them. Private to the collection; docs/schema.md sections 8 and 9."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._model.fact import Fact, Refusals
from ..._model.ledger import Ledger
from ..._model.member import MemberId
from ..._model.operation import (
    BALANCER,
    CHECKER,
    CONNECT,
    DISCONNECT,
    DRAIN,
    FORGET,
    NETWORK,
    PULL,
    REMOVE_VOLUME,
    VERDICT,
    Args,
    Kind,
    Operation,
)
from ..._record.copies import Refuted
from ..world.world import Container


@dataclasses.dataclass(frozen=True)
class Subject:
    """What an operation is about. C(container) is a name; C(container_id) is empty until it exists."""

    host: str
    stack: str = ""
    service: str = ""
    index: int = 0
    container: str = ""
    container_id: str = ""
    slot: int = 0

    @classmethod
    def member(cls, host: str, member: MemberId, container_id: str = "") -> Subject:
        """A member's container, by its present or future name."""
        place = (member.stack, member.service, member.index)
        return cls(host, *place, member.container, container_id, member.slot)

    @classmethod
    def existing(cls, host: str, container: Container) -> Subject:
        """An existing container."""
        place = (container["stack"], container["service"], container["index"])
        return cls(host, *place, container["name"], container["id"], container.get("slot", 0))


def make_operation(
    kind: Kind[Args],
    args: Args,
    subject: Subject,
    *,
    cause: Fact,
    after: t.Iterable[int] = (),
    version: int = 0,
) -> Operation:
    """An operation that is not yet in a plan."""
    operation = Operation(
        id=1,
        version=version,
        kind=kind.name,
        host=subject.host,
        stack=subject.stack,
        service=subject.service,
        index=subject.index,
        container=subject.container,
        container_id=subject.container_id,
        cause=cause.as_data,
        after=sorted(after),
        args=dict(args),
    )
    if subject.slot:
        operation["slot"] = subject.slot
    return operation


@dataclasses.dataclass
class RecordWrite:
    """A record to write: its hosts, and the hosts whose majority must agree first."""

    record: dict[str, t.Any]
    hosts: list[str]
    holders: list[str]
    quorums: list[list[str]]
    required: bool
    cause: Fact
    based_on: dict[str, int] = dataclasses.field(default_factory=dict)
    """The record number on each host: a host that has a newer version by now refuses this one."""
    ledgers: dict[str, Ledger] = dataclasses.field(default_factory=dict)
    """What hosts that lost their record must remember of their members."""
    refuted: list[Refuted] = dataclasses.field(default_factory=list)
    """Versions that it replaces because they never counted: that must still be so where it is stored."""
    is_proposal: bool = False
    """A new version: hosts do not act on it before they hear that its majorities have it."""
    base: dict[str, t.Any] | None = None
    """The version that it was made on, with C(is_known): whether that one is known to count."""

    @property
    def stack(self) -> str:
        """The stack that the record is of."""
        return str(self.record["stack"])


@dataclasses.dataclass
class Plan:
    """The operations and messages of one round."""

    records: list[RecordWrite] = dataclasses.field(default_factory=list)
    operations: list[Operation] = dataclasses.field(default_factory=list)
    validations: list[Operation] = dataclasses.field(default_factory=list)
    """Operations that one host does before any record is written; if one fails, nothing else is done."""
    errors: list[Fact] = dataclasses.field(default_factory=list)
    held: list[Fact] = dataclasses.field(default_factory=list)
    notes: list[Fact] = dataclasses.field(default_factory=list)
    kept_volumes: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    refusals: dict[str, Refusals] = dataclasses.field(default_factory=dict)
    """New refusals for the hosts to store, for the audit."""

    upgrading: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    """Stack and service of the upgrades under way: what they do goes on in later rounds and passes."""

    refused: bool = False
    """Whether the command cannot be carried out: then nothing is done, and its error stands."""

    def refuse(self) -> None:
        """Remove all operations and record writes; keep the messages."""
        self.refused = True
        self.records, self.operations, self.validations, self.refusals = [], [], [], {}

    def add(
        self,
        kind: Kind[Args],
        args: Args,
        subject: Subject,
        *,
        cause: Fact,
        after: t.Iterable[int] = (),
        version: int = 0,
    ) -> int:
        """Append an operation; returns its id, for operations that come after it."""
        operation = make_operation(kind, args, subject, cause=cause, after=after, version=version)
        operation["id"] = len(self.operations) + 1
        self.operations.append(operation)
        return operation["id"]

    @property
    def validator(self) -> str:
        """The host of the validations; empty if there are none."""
        return self.validations[0]["host"] if self.validations else ""

    @property
    def has_work(self) -> bool:
        """Whether a round would write anything."""
        return bool(self.operations or self.records or self.refusals)

    def lines(self) -> list[str]:
        """The plan as text, as check mode prints it and tests compare it."""
        return [
            *map(operation_line, self.validations),
            *map(record_line, self.records),
            *map(operation_line, self.operations),
        ]


STEPS = ("upgrade_step", "upgrade_failed")
"""Causes of writes that carry an upgrade on."""

LASTING_KINDS = tuple(
    kind.name for kind in (VERDICT, CHECKER, BALANCER, DRAIN, CONNECT, DISCONNECT)
)


def goes_on_later(plan: Plan) -> bool:
    """Whether all remaining work continues from pass to pass: judging, replacing, changing connections one by one."""
    judged = {MemberId.of(item) for item in plan.operations if VERDICT.names(item)}
    return all(item.cause.code in STEPS for item in plan.records) and all(
        item["kind"] in LASTING_KINDS
        or MemberId.of(item) in judged
        or (item["stack"], item["service"]) in plan.upgrading
        for item in plan.operations
    )


def record_line(write: RecordWrite) -> str:
    """One record write as text."""
    version = write.record["version"]["number"]
    return f"{','.join(write.hosts)}  record  {write.stack} v{version}  {write.cause.text}"


def operation_line(operation: Operation) -> str:
    """One operation as text: host, kind, what it acts on, cause."""
    cause = Fact.read(operation["cause"]).text
    return "  ".join([operation["host"], operation["kind"], acted_on(operation), cause])


def acted_on(operation: Operation) -> str:
    """The target of an operation, as text."""
    if pull := PULL.args_of(operation):
        return pull["image"]
    if network := NETWORK.args_of(operation):
        return network["name"]
    if volume := REMOVE_VOLUME.args_of(operation):
        return volume["volume"]
    if FORGET.names(operation):
        return operation["stack"]
    if endpoint := CONNECT.args_of(operation) or DISCONNECT.args_of(operation):
        return f"{operation['container']} {endpoint['network']}"
    return operation["container"]
