# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan the writes of records: a new version by its majorities, or copies of the valid one. Private; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.constants import RELEASE
from .._model.fact import Fact
from .._record.copies import RecordView, is_majority, make_record, needed
from .._record.forgotten import is_forgotten
from .._record.revisions import current
from .lost_volumes import LostVolumes
from .operations.plan import Plan, RecordWrite
from .records import Records
from .release import must_name_release, release_to_write


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
        self,
        stack: str,
        desired: dict[str, t.Any],
        body: dict[str, t.Any],
        *,
        step: Fact | None = None,
    ) -> dict[str, t.Any] | None:
        """Plan the record's write.

        Args:
            stack: Stack name.
            desired: The body after the command, with the placement before it.
            body: The same with its members placed.
            step: The step of an upgrade that was made with it; None without.

        Returns:
            The body to converge to; None if there is nothing to act on.
        """
        view = self._records.views[stack]
        before = view.valid_body
        if self._records.is_sealed(stack):
            return self._without_key(stack, desired, body)
        is_same = before is not None and before == body
        settled = view.is_finished and not view.rivals and stack not in self._world.down_names
        if is_same and settled and not self._must_rewrite(view, body):
            self._copy(view, body)
            return body
        names = self._names(stack)
        voters = [names.get(host, host) for host in before["hosts"]] if before else body["hosts"]
        pending = [[names.get(host, host) for host in jury] for jury in view.pending_juries]
        quorums = [voters, body["hosts"], *pending]
        if self._request.waits_for or stack in self._request.unstored:
            self._report_wait(stack)
            return before
        lacking = self._lacking_majority(quorums)
        if lacking:
            return self._without_majority(stack, desired, lacking)
        self._write(view, body, quorums, self._cause(view, desired, step))
        return body

    def _report_wait(self, stack: str) -> None:
        self._plan.held = [fact for fact in self._plan.held if fact.stack != stack]
        holder = dict(self._request.waits_for)
        waits = Fact("places_wait_lease", holder) if holder else Fact("places_unstored")
        self._plan.held.append(dataclasses.replace(waits, stack=stack))

    def _without_key(
        self, stack: str, desired: dict[str, t.Any], body: dict[str, t.Any]
    ) -> dict[str, t.Any] | None:
        """Without the key, write nothing at all, but repair recorded members in place."""
        before = self._records.views[stack].valid_body
        is_asked = before is None or desired is not before or bool(self._request.take)
        if not is_asked and before == body:
            return before
        self._plan.held = [fact for fact in self._plan.held if fact.stack != stack]
        if is_asked:
            told = {"command": self._request.command}
            self._plan.errors.append(Fact("key_needed", told, stack))
            return None
        self._plan.held.append(Fact("places_need_key", {}, stack))
        return before

    def _must_rewrite(self, view: RecordView, body: dict[str, t.Any]) -> bool:
        """Whether the same body is written again: signed, in the present format or by this release.

        It needs a majority.
        """
        old = not view.is_turned_over or must_name_release(view.stack, body, self._request)
        told = self._must_sign(view) or self._must_unsign(view)
        return (old or told) and not self._lacking_majority([body["hosts"]])

    def _must_sign(self, view: RecordView) -> bool:
        """Whether the version counts only by a person's word."""
        accepted = self._request.unsigned.get(view.stack, [])
        return view.record is not None and view.record["version"] in accepted

    def _must_unsign(self, view: RecordView) -> bool:
        """Whether a person wants no signature any more."""
        return view.is_signed and self._request.unsign_records

    def _write(
        self, view: RecordView, body: dict[str, t.Any], quorums: list[list[str]], cause: Fact
    ) -> None:
        named = {**body, "release": release_to_write(body, self._request)}
        record = make_record(view.stack, named, number=view.number + 1, token=self._request.token)
        names = self._names(view.stack)
        if names:
            record["renamed"] = names
        numbers = self._records.numbers(view.stack)
        seen = list(self._world.seen)
        base = view.record if view.counts else None
        made_on = {"version": base["version"], "is_known": view.is_finished} if base else None
        write = RecordWrite(record, seen, [], quorums, True, cause, numbers)
        write.is_proposal, write.base = True, made_on
        write.refuted = [item.renamed(names) for item in view.refuted]
        write.ledgers = self.lost_volumes(view.stack).ledgers(seen)
        self._plan.records.append(write)

    def _names(self, stack: str) -> dict[str, str]:
        """New inventory names of hosts for a record, by the old ones."""
        return {**self._world.down_names.get(stack, {}), **self._request.rename}

    def lost_volumes(self, stack: str) -> LostVolumes:
        """The recorded volumes of a stack's members that are gone."""
        view = self._records.views[stack]
        before, renew = view.valid_body, self._request.new_volumes
        return LostVolumes(self._world, stack, before=before, ledger=view.ledger, renew=renew)

    def _copy(self, view: RecordView, body: dict[str, t.Any]) -> None:
        """Copy the record to hosts that have an older copy or none, or have not heard that it is committed."""
        outdated = view.outdated
        if is_forgotten(body):  # where the file is deleted already, it is not made again
            numbers = self._records.numbers(view.stack)
            outdated = [host for host in outdated if numbers[host]]
        if not outdated or view.record is None or not view.is_turned_over:
            return
        fields = {key: view.record[key] for key in ("format", "stack", "version", "body")}
        possible = [host for host in body["hosts"] if host not in view.outdated]
        required = not is_majority(body["hosts"], possible)
        if required and (self._request.waits_for or view.stack in self._request.unstored):
            return
        cause, quorums = Fact("copy_outdated"), [body["hosts"]]
        write = RecordWrite(fields, outdated, view.holders, quorums, required, cause)
        write.ledgers = self.lost_volumes(view.stack).ledgers(outdated)
        self._plan.records.append(write)

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

    def _cause(self, view: RecordView, desired: dict[str, t.Any], step: Fact | None) -> Fact:
        revision, before = current(desired), view.valid_body
        if self._names(view.stack):
            return Fact("hosts_renamed")
        if self._must_sign(view) and desired is before:
            return Fact("record_signed")
        if self._must_unsign(view) and desired is before:
            return Fact("signature_dropped")
        if view.undone and desired is before:
            return Fact("order_undone")
        if self._records.unsigned(view.stack) and view.rivals and desired is before:
            return Fact("copy_unsigned")
        if not view.is_finished and desired is before:
            return Fact("order_finished")
        if not view.is_turned_over and desired is before:
            return Fact("format_raised")
        if desired is before and must_name_release(view.stack, desired, self._request):
            return Fact("release_renders", {"release": RELEASE})
        if revision and (before is None or revision != current(before)):
            return Fact("revision", {"note": revision["note"]})
        return step or Fact("placement")
