# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that status shows, for every driver. Private to the collection; pure."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._common.constants import SYSTEM_STACK
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner

from .balancer_lines import balancer_lines
from .status import ServiceRow, service_rows, table


def rows_of(planner: Planner, plan: Plan, *, system: bool = False) -> list[ServiceRow]:
    """Return rows of the requested stacks; system services only with C(system)."""
    stacks = planner.request.stacks
    hidden = () if system else (SYSTEM_STACK,)
    bodies = {name: body for name, body in planner.asked_bodies.items() if name not in hidden}
    balancers = planner.balancers()

    def details(stack: str, name: str) -> list[str]:
        return balancer_lines(planner.world, balancers, stack, name, bodies[stack])

    rows = service_rows(planner.world, bodies, plan, planner.judgements, details=details)
    return [row for row in rows if stacks is None or row.stack in stacks]


def table_of(planner: Planner, rows: list[ServiceRow]) -> list[str]:
    """Format the rows as aligned lines; empty if the requested stack has no rows."""
    return table(rows) if rows or planner.request.stacks is None else []
