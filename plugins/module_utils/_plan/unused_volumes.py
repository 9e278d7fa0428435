# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes of no wanted member: listed, and removed only by name. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._common.constants import LABEL_STACK
from .._model.entry import MemberEntry
from .._model.fact import Fact
from .._model.operation import REMOVE, REMOVE_VOLUME, RemoveVolumeArgs
from .._record.revisions import declared_volumes, is_live
from .operations.plan import Plan, Subject
from .world.world import World


class UnusedVolumes:
    """The unused volumes of all stacks of one plan. C(wanted): names that a person gave for removal."""

    def __init__(self, plan: Plan, world: World, *, wanted: list[str]) -> None:
        self.plan = plan
        self.world = world
        self._wanted = wanted

    def list_unused(self, versions: dict[str, int], bodies: dict[str, dict[str, t.Any]]) -> None:
        """List volumes that scale-down and down keep; remove only those that a person named.

        Args:
            versions: The stacks to look at, each with the number of its record.
            bodies: Bodies of all stacks; volumes that any of them uses are never listed.
        """
        used = {place for body in bodies.values() for place in _used(body)}
        for stack, version in versions.items():
            for host, name in self._made_for(stack, bodies[stack]):
                if (host, name) in used:
                    continue
                if name in self._wanted:
                    self._remove(stack, host, name, version)
                else:
                    self.plan.kept_volumes.append((host, name))

    def tell_unknown(self) -> None:
        """Report the given names that match no unused volume."""
        removals = map(REMOVE_VOLUME.args_of, self.plan.operations)
        planned = {args["volume"] for args in removals if args}
        for name in self._wanted:
            if name not in planned:
                self.plan.notes.append(Fact("volume_not_unused", {"volume": name}))

    def _made_for(self, stack: str, body: dict[str, t.Any]) -> list[tuple[str, str]]:
        """Volumes that we made for the stack, by their labels, with their hosts.

        External volumes and plain names that a member only mounts do not belong to the stack.
        """
        external = _external_names(body)
        return [
            (host, name)
            for host, name in self.world.labelled_volumes(LABEL_STACK, stack)
            if name not in external
        ]

    def _remove(self, stack: str, host: str, name: str, version: int) -> None:
        after = [
            item["id"]
            for item in self.plan.operations
            if REMOVE.names(item) and item["host"] == host and item["stack"] == stack
        ]
        self.plan.add(
            REMOVE_VOLUME,
            RemoveVolumeArgs(volume=name),
            Subject(host, stack),
            cause=Fact("volume_named"),
            after=after,
            version=version,
        )


def _used(body: dict[str, t.Any]) -> set[tuple[str, str]]:
    """Volumes of the wanted members of a body, with their hosts."""
    return {
        (host, name)
        for entry in body["members"].values()
        if not entry["retired"] and is_live(body)
        for host in _places(entry)
        for name in entry["volumes"].values()
    }


def _places(entry: MemberEntry) -> set[str]:
    """The hosts with data of a member: while it is moved, those that count are where it comes from."""
    ends = {entry["move"]["from"], entry["move"]["to"]} if "move" in entry else set()
    return {entry["host"], *ends}


def _external_names(body: dict[str, t.Any]) -> set[str]:
    """Names of volumes that any kept revision declares as external."""
    return {
        declared["name"]
        for revision in body["revisions"]
        for declared in declared_volumes(revision).values()
        if declared["external"]
    }
