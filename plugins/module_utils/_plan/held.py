# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host remembers what the plan holds back. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._model.fact import Fact, Refusals, kind_of
from .operations.plan import Plan


class Keeper(t.NamedTuple):
    """What decides which host remembers a refusal."""

    stack_hosts: dict[str, list[str]]
    """Stack -> hosts in its record."""
    remembered: dict[str, Refusals]
    """Seen host -> its stored refusals."""
    scope: list[str] | None
    """Stacks of the plan; None for all."""


def refusals_to_note(plan: Plan, keeper: Keeper) -> dict[str, Refusals]:
    """The hosts whose stored refusals change, each with all of its refusals."""
    wanted: dict[str, Refusals] = {host: {} for host in keeper.remembered}
    for fact in plan.held:
        host = _home(fact, keeper)
        if host:
            wanted[host][fact.place] = fact.as_data
    for host, before in keeper.remembered.items():
        wanted[host].update(_out_of_scope(before, keeper.scope))
    return {
        host: refusals
        for host, refusals in sorted(wanted.items())
        if _kinds(refusals) != _kinds(keeper.remembered[host])
    }


def _home(fact: Fact, keeper: Keeper) -> str:
    """The host of the fact, else the first seen host of its stack; empty if there is none."""
    if fact.host in keeper.remembered:
        return fact.host
    seen = [
        host for host in sorted(keeper.stack_hosts.get(fact.stack, [])) if host in keeper.remembered
    ]
    return seen[0] if seen and fact.stack else ""


def _out_of_scope(before: Refusals, scope: list[str] | None) -> Refusals:
    if scope is None:
        return {}
    return {place: data for place, data in before.items() if place.split("/")[0] not in scope}


def _kinds(refusals: Refusals) -> dict[str, t.Any]:
    return {place: kind_of(Fact.read(reason).as_data) for place, reason in refusals.items()}
