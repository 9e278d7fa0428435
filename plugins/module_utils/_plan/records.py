# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts' records say of each stack, and of which stacks nobody knows what is wanted. Private; pure."""

from __future__ import annotations

import functools
import typing as t

from .._common.constants import SYSTEM_STACK
from .._model.fact import Fact
from .._model.observation import UnsignedRecord
from .._record.copies import RecordView, is_majority, view_records
from .._record.revisions import Request
from .._record.states import highest
from .world.world import World

REBUILDS = ("up", "down")
"""Commands that do not need the recorded desired state."""


class Records:
    """The views of all stacks that a seen host has a file of, and of those that the request names."""

    def __init__(self, world: World, request: Request) -> None:
        self.world = world
        self.request = request
        self.views = {stack: self._view(stack) for stack in self._stacks()}
        self.bodies: dict[str, dict[str, t.Any]] = {
            stack: view.valid_body for stack, view in self.views.items() if view.valid_body
        }
        """Bodies of the versions that count."""
        self.unknown = {
            stack: fact for stack, view in self.views.items() for fact in self._doubt(view)
        }
        """Stacks whose desired state is unknown, with the reason. Nothing that serves them is changed."""

    def _stacks(self) -> list[str]:
        found = {stack for host in self.world.seen for stack in self._files(host)}
        return sorted(found | set(self.request.stacks or []) | {SYSTEM_STACK})

    def _files(self, host: str) -> list[str]:
        seen = self.world.observation(host)
        return [*seen["records"], *seen["damaged_records"], *seen["newer_records"]]

    def _view(self, stack: str) -> RecordView:
        copies = {host: records.get(stack) for host, records in self._readable.items()}
        hidden = [*self.damaged(stack), *self.newer(stack)]
        unsigned = {host: copy["number"] for host, copy in self.unsigned(stack).items()}
        take = self.request.take or None
        return view_records(stack, copies, take=take, unreadable=hidden, unsigned=unsigned)

    @functools.cached_property
    def _readable(self) -> dict[str, dict[str, t.Any]]:
        """The records of each seen host, by stack."""
        return {host: self.world.observation(host)["records"] for host in self.world.seen}

    @functools.cached_property
    def _unreadable(self) -> dict[str, dict[str, dict[str, t.Any]]]:
        """What is told of files that do not count, by kind, stack and host: gathered once."""
        found: dict[str, dict[str, dict[str, t.Any]]] = {}
        for kind in ("damaged_records", "newer_records", "unsigned_records"):
            index = found[kind] = {}
            for host in self.world.seen:
                files = t.cast("dict[str, t.Any]", self.world.observation(host)).get(kind, {})
                for stack, file in files.items():
                    index.setdefault(stack, {})[host] = file
        return found

    def _doubt(self, view: RecordView) -> t.Iterator[Fact]:
        """Why it is unknown what is wanted for a stack; nothing if it is known."""
        newer = self.newer(view.stack)
        if newer:
            yield Fact("record_newer", {"hosts": newer}, view.stack)
        elif view.conflict:
            yield Fact("records_conflict", {"sides": view.conflict}, view.stack)
        elif (
            view.body is None and view.stack != SYSTEM_STACK
        ):  # that one is derived from the others
            yield from self._lost(view.stack)

    def _lost(self, stack: str) -> t.Iterator[Fact]:
        """Why no copy counts, if it is not for certain that there never was one."""
        damaged, unsigned = self.damaged(stack), list(self.unsigned(stack))
        without = set(self.world.seen) - {*damaged, *unsigned}
        if is_majority(self.world.hosts, without):
            return
        if unsigned:
            yield Fact("records_unsigned", {"hosts": unsigned}, stack)
        elif damaged:
            yield Fact("record_lost", {"hosts": damaged}, stack)

    def newer(self, stack: str) -> list[str]:
        """Hosts with a record that only a newer release can read."""
        return list(self._unreadable["newer_records"].get(stack, {}))

    def damaged(self, stack: str) -> list[str]:
        """Hosts with a damaged record."""
        return list(self._unreadable["damaged_records"].get(stack, {}))

    def unsigned(self, stack: str) -> dict[str, UnsignedRecord]:
        """Versions that the key of this control node did not sign, by host."""
        return dict(self._unreadable["unsigned_records"].get(stack, {}))

    def is_sealed(self, stack: str) -> bool:
        """Whether this control node must not write a record: it is signed, and there is no key to sign the next one."""
        may_write = self.request.signs or self.request.unsign_records
        return self.views[stack].is_signed and not may_write

    def is_barred(self, stack: str) -> bool:
        """Whether this command must not act on a stack. C(up) makes a lost record anew."""
        fact = self.unknown.get(stack)
        if fact is not None:
            return fact.code != "record_lost" or self.request.command != "up"
        view = self.views[stack]
        return not view.counts and self.request.command not in REBUILDS

    def numbers(self, stack: str) -> dict[str, int]:
        """The highest record number on each seen host, unsigned ones included; 0 for none."""
        signed = {host: highest(found.get(stack)) for host, found in self._readable.items()}
        unsigned = self.unsigned(stack)
        return {
            host: max(number, unsigned[host]["number"]) if host in unsigned else number
            for host, number in signed.items()
        }
