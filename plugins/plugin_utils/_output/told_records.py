# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts stored the records of a round, and which refused. Private to the collection; pure."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    RecordWrite,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import Round


def told_records(done: Round) -> list[tuple[RecordWrite, str, str]]:
    """Return each record with each host that answered, and why that host refused it; empty if it stored it."""
    found = []
    for write in done.plan.records:
        outcomes = done.recorded if write.required else done.acted
        for host in write.hosts:
            outcome = outcomes.get(host)
            if outcome and not outcome.lease and not outcome.unable:
                found.append((write, host, outcome.refused.get(write.stack, "")))
    return found
