# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes that no wanted member has: listed, and removed only by name. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .operations import Message, Plan
from .revisions import is_live
from .world import World


class UnusedVolumes:
    """Those of all stacks of one plan. C(wanted): names that a person gave for removal."""

    def __init__(self, plan: Plan, world: World, *, wanted: list[str]) -> None:
        self.plan = plan
        self.world = world
        self._wanted = wanted

    def of_stack(self, stack: str, body: dict[str, t.Any], *, version: int) -> None:
        """List what scale-down and down keep; remove only what a person named."""
        for host, name in self._unused(stack, body):
            if name in self._wanted:
                self._remove(stack, host, name, version)
            else:
                self.plan.kept_volumes.append((host, name))

    def tell_unknown(self) -> None:
        """Say which of the names given are not of an unused volume."""
        planned = {
            item["args"]["volume"]
            for item in self.plan.operations
            if item["kind"] == "remove_volume"
        }
        for name in self._wanted:
            if name not in planned:
                text = f"volume {name}: not an unused volume of this stack on a host that was reached; not removed"
                self.plan.notes.append(Message(text))

    def _unused(self, stack: str, body: dict[str, t.Any]) -> list[tuple[str, str]]:
        """Volumes of the stack that none of its wanted members has, with their hosts."""
        used = {
            (entry["host"], name)
            for entry in body["members"].values()
            if not entry["retired"] and is_live(body)
            for name in entry["volumes"].values()
        }
        remembered = {
            name for entry in body["members"].values() for name in entry["volumes"].values()
        }
        found = []
        for host in self.world.seen:
            for name, volume in sorted(self.world.observation(host)["volumes"].items()):
                ours = volume["labels"].get("io.drover.stack") == stack or name in remembered
                if ours and (host, name) not in used:
                    found.append((host, name))
        return found

    def _remove(self, stack: str, host: str, name: str, version: int) -> None:
        after = [
            item["id"]
            for item in self.plan.operations
            if item["kind"] == "remove" and item["host"] == host and item["stack"] == stack
        ]
        args = {"volume": name}
        self.plan.add(
            "remove_volume",
            host,
            cause="named by the command",
            after=after,
            stack=stack,
            version=version,
            args=args,
        )
