# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The next actions of role network. Private to the collection; pure."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class SwarmPlan:
    """The next actions of the role; none if there are errors."""

    needed: bool = True
    errors: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    missing: list[str] = dataclasses.field(default_factory=list)
    faults: dict[str, str] = dataclasses.field(default_factory=dict)
    """Hosts that cannot take part now, each with the reason; the others continue."""
    seed: str = ""
    """The manager that makes the common changes; empty if there is none."""
    start: bool = False
    force_new_cluster: bool = False
    leave: list[str] = dataclasses.field(default_factory=list)
    joins: dict[str, str] = dataclasses.field(default_factory=dict)
    promote: list[str] = dataclasses.field(default_factory=list)
    demote: list[str] = dataclasses.field(default_factory=list)
    remove: list[str] = dataclasses.field(default_factory=list)
    create_network: bool = False
    remove_network: bool = False
    changes: list[str] = dataclasses.field(default_factory=list)

    def settle(self) -> bool:
        """Whether the seed has work left after all hosts have joined."""
        return bool(self.promote or self.demote or self.remove or self.create_network)
