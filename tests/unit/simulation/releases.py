# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two releases: the older one stays away from each stack of which it sees a record that it cannot read."""

from __future__ import annotations

from .checks import Broken, claimed
from .control_nodes import NEXT
from .world import SimulatedWorld


class StaysAway:
    """Remembers, before an order of the older release, what is the newer one's, and looks at it again after it."""

    def __init__(self, world: SimulatedWorld, *, hidden: set[str]) -> None:
        self.world = world
        seen = [host for host in world.machines if host not in hidden and world.shows(host)]
        self.stacks = {
            stack
            for stack in world.records.all_stacks()
            for host, copy in world.records.copies(stack).items()
            if host in seen and copy["format"] == NEXT.record_format
        }
        self.before = self._state()

    def check(self) -> None:
        """No file of these stacks was written, no container made or removed."""
        after = self._state()
        if after != self.before:
            raise Broken(f"the older release did not stay away: {self.before} is now {after}")

    def _state(self) -> tuple[dict[tuple[str, str], str], list[str]]:
        texts = self.world.records.texts()
        files = {key: text for key, text in texts.items() if key[1] in self.stacks}
        found = claimed(self.world).items()
        made = [
            item.id for key, items in found if key.stack in self.stacks for _host, item in items
        ]
        return files, sorted(made)
