# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find hosts that have the engine of another one. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._plan.world.host_faults import (
    is_same_machine,
)
from ansible_collections.drover.docker.plugins.module_utils._preflight.facts import HostFacts

from .problem import Look, Problem


def engine_twins(looks: t.Mapping[str, Look]) -> t.Iterator[tuple[str, Problem]]:
    """Return the problem of each host with the engine id of one before it, by name."""
    first: dict[str, str] = {}
    for host in sorted(looks):
        facts = _facts(looks[host])
        engine = facts["engine"]["id"]
        if engine and engine in first:
            is_same = is_same_machine(facts, _facts(looks[first[engine]]))
            code = "same_engine" if is_same else "cloned_engine"
            yield host, Problem(code, {"other": first[engine]})
        first.setdefault(engine, host)


def _facts(look: Look) -> HostFacts:
    return t.cast("HostFacts", look.facts)
