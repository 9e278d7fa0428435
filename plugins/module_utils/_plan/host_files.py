# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the hosts: report those that cannot be read, and sweep what killed runs left. Private; pure."""

from __future__ import annotations

from .._model.fact import Fact
from .._model.operation import SWEEP, SweepArgs
from .operations.plan import Plan, Subject
from .world.world import World

CAUSE = Fact("left_behind")


def tell_unreadable(plan: Plan, world: World) -> None:
    """Add a note for each file that is something else than it should be."""
    for host in world.seen:
        for path, why in sorted((world.observation(host).get("unreadable") or {}).items()):
            plan.notes.append(Fact("file_unreadable", {"path": path, "error": why}, host=host))


def sweep(plan: Plan, world: World) -> None:
    """Add the operations that remove leftovers."""
    for host in world.seen:
        found = world.observation(host).get("leftovers")
        if not found:
            continue
        for container, name in sorted(found["containers"].items()):
            subject = Subject(host, container=name, container_id=container)
            plan.add(SWEEP, SweepArgs(folder=""), subject, cause=CAUSE)
        for name in sorted(found["folders"]):
            plan.add(SWEEP, SweepArgs(folder=name), Subject(host, container=name), cause=CAUSE)
