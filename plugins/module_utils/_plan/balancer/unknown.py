# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers of stacks of which it is unknown what is wanted: they keep their targets. Private; pure."""

from __future__ import annotations

import typing as t

from .routes import Directory

Json = t.Dict[str, t.Any]


def unknown_targets(directory: Directory, balancer: Json, unknown: t.Collection[str]) -> list[str]:
    """The unknown stacks that a load balancer may have targets in. A selector may match services of any stack."""
    if not unknown:
        return []
    if any(not rule["service"] for rule in balancer["rules"]):
        return sorted(unknown)
    wanted = [rule["service"] for rule in balancer["rules"]]
    return sorted(_stacks(directory, wanted) & set(unknown))


def _stacks(directory: Directory, references: list[str]) -> set[str]:
    """The stacks of these services and of those behind aliases."""
    found: dict[str, None] = {}
    waiting = list(references)
    while waiting:
        reference = waiting.pop()
        if reference not in found:
            found[reference] = None
            waiting += (directory.service(reference) or {}).get("alias_of") or []
    return {reference.partition("/")[0] for reference in found}
