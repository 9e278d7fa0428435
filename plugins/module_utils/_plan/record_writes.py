# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan the writes of records: a new version by its majorities, or copies of the valid one. Private; pure."""

from __future__ import annotations

import typing as t

from .._common.names import digest
from .._model.fact import Fact
from .._record.copies import RecordView, is_majority, make_record, needed
from .._record.revisions import current
from .operations.plan import Plan, RecordWrite
from .records import Records


class RecordWrites:
    """The record writes of one plan."""

    def __init__(self, plan: Plan, records: Records) -> None:
        self._plan = plan
        self._records = records
        self._world = records.world
        self._request = records.request

    def is_decided(self, stack: str) -> bool:
        """Whether a majority has the record, or this round first requires one."""
        written = any(item.required and item.stack == stack for item in self._plan.records)
        return written or self._records.views[stack].is_proven

    def version(self, stack: str) -> int:
        """The number of the record that this plan acts on; a host with a newer one refuses."""
        written = [
            write.record["version"]["number"]
            for write in self._plan.records
            if write.stack == stack
        ]
        return int(max([self._records.views[stack].number, *written]))

    def accept(
        self, stack: str, desired: dict[str, t.Any], body: dict[str, t.Any]
    ) -> dict[str, t.Any] | None:
        """Plan the record's write.

        Args:
            stack: Stack name.
            desired: The body after the command, with the placement before it.
            body: The same with its members placed.

        Returns:
            The body to converge to; None if there is nothing to act on.
        """
        view = self._records.views[stack]
        before = view.valid_body
        is_same = before is not None and digest(before) == digest(body)
        if is_same and view.is_finished and not view.rivals and self._is_stored_well(view):
            self._copy(view, body)
            return body
        names = self._request.rename
        voters = [names.get(host, host) for host in before["hosts"]] if before else body["hosts"]
        quorums = [voters, body["hosts"]]
        lacking = self._lacking_majority(quorums)
        if lacking:
            return self._without_majority(stack, desired, lacking)
        self._write(view, body, quorums, self._cause(view, desired))
        return body

    def _is_stored_well(self, view: RecordView) -> bool:
        """Whether the body has the present format. Without a majority an older one must do."""
        hosts = (view.body or {"hosts": []})["hosts"]
        return view.is_turned_over or bool(self._lacking_majority([hosts]))

    def _write(
        self, view: RecordView, body: dict[str, t.Any], quorums: list[list[str]], cause: str
    ) -> None:
        record = make_record(view.stack, body, number=view.number + 1, token=self._request.token)
        if self._request.rename:
            record["renamed"] = self._request.rename
        numbers = self._records.numbers(view.stack)
        seen = list(self._world.seen)
        base = view.record if view.counts else None
        made_on = {"version": base["version"], "is_known": view.is_finished} if base else None
        write = RecordWrite(record, seen, [], quorums, True, cause, numbers, True, made_on)
        self._plan.records.append(write)

    def _copy(self, view: RecordView, body: dict[str, t.Any]) -> None:
        """Copy the record to hosts that have an older copy or none, or have not heard that it is committed."""
        if not view.outdated or view.record is None or not view.is_turned_over:
            return
        fields = {key: view.record[key] for key in ("format", "stack", "version", "body")}
        possible = [host for host in body["hosts"] if host not in view.outdated]
        required = not is_majority(body["hosts"], possible)
        cause = "this copy is missing or old"
        self._plan.records.append(
            RecordWrite(fields, view.outdated, view.holders, [body["hosts"]], required, cause)
        )

    def _lacking_majority(self, quorums: list[list[str]]) -> dict[str, t.Any]:
        """Parameters of the first quorum without a reachable majority; empty if all have one."""
        for hosts in quorums:
            if not is_majority(hosts, self._world.seen):
                reached = [host for host in hosts if host in self._world.seen]
                return {"needed": needed(hosts), "hosts": list(hosts), "reached": reached}
        return {}

    def _without_majority(
        self, stack: str, desired: dict[str, t.Any], lacking: dict[str, t.Any]
    ) -> dict[str, t.Any] | None:
        """Without a majority, change neither desired state nor placement, but repair recorded members in place."""
        before = self._records.views[stack].valid_body
        self._plan.held = [fact for fact in self._plan.held if fact.stack != stack]
        if before is None or desired is not before:
            told = {"command": self._request.command, **lacking}
            self._plan.errors.append(Fact("no_majority", told, stack))
            return None
        self._plan.held.append(Fact("places_wait", lacking, stack))
        return before

    def _cause(self, view: RecordView, desired: dict[str, t.Any]) -> str:
        revision, before = current(desired), view.valid_body
        if self._request.rename:
            return "new host names"
        if view.undone and desired is before:
            return "an order that never reached a majority is undone"
        if not view.is_finished and desired is before:
            return "an order that may have reached a majority is finished"
        if not view.is_turned_over and desired is before:
            return "the record is stored in format 2"
        if revision and (before is None or revision != current(before)):
            return str(revision["note"])
        return "placement"
