# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assessment of all stacks in one line, for monitoring. Private to the collection; pure.

The levels are those of monitoring plugins: OK, WARNING and CRITICAL, with the exit codes 0, 1 and 2.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.cause_texts import plural
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.fact_texts import count_text
from ansible_collections.drover.docker.plugins.module_utils._plan.counts import Count
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.upgrades import (
    PAUSED,
    ROLLED_BACK,
)

from .status import ServiceRow

OK, WARNING, CRITICAL = "OK", "WARNING", "CRITICAL"
EXIT_CODES = {OK: 0, WARNING: 1, CRITICAL: 2}
_OF_ONE_HOST = ("host_not_seen", "host_unable", "record_damaged")
_GIVEN_UP = (PAUSED, ROLLED_BACK)
"""Phases of an upgrade that wait for a person."""
_MOST = 5
"""Problems that the line names."""


class Problem(t.NamedTuple):
    """One reason for a level above OK."""

    level: str
    text: str


@dataclasses.dataclass(frozen=True)
class Assessment:
    """What monitoring is told."""

    problems: list[Problem]
    summary: str

    @property
    def level(self) -> str:
        """The worst level."""
        return max((item.level for item in self.problems), key=EXIT_CODES.__getitem__, default=OK)

    @property
    def line(self) -> str:
        """The level, and what is wrong, the worst first; or how much is right."""
        told = [item.text for item in self.problems[:_MOST]]
        more = len(self.problems) - len(told)
        told += [f"{more} more"] if more else []
        return f"{self.level}: {'; '.join(told) or self.summary}"

    @property
    def as_data(self) -> dict[str, t.Any]:
        """The same as data."""
        problems = [item._asdict() for item in self.problems]
        return {"level": self.level, "summary": self.summary, "problems": problems}


def assess(rows: list[ServiceRow], plan: Plan, seen: t.Collection[str]) -> Assessment:
    """Assess what status shows. C(seen): the hosts that could be looked at."""
    found = [*_of_services(rows), *_of_stacks(plan), *_of_hosts(plan, seen)]
    found.sort(key=lambda item: -EXIT_CODES[item.level])
    return Assessment(found, _summary(rows, seen))


def _of_hosts(plan: Plan, seen: t.Collection[str]) -> t.Iterator[Problem]:
    if not seen:
        yield Problem(CRITICAL, Fact("no_host").text)
    for fact in [*plan.errors, *plan.notes]:
        if fact.code in _OF_ONE_HOST:
            yield Problem(WARNING, str(fact))


def _of_services(rows: list[ServiceRow]) -> t.Iterator[Problem]:
    """A service that does not work at all is critical; one that misses members, or whose upgrade failed, is not."""
    for row in rows:
        count = Count(row.wanted, row.running, row.healthy)
        if not count.is_met:
            text = f"{row.stack}/{row.service} {count_text(dataclasses.asdict(count))}"
            yield Problem(WARNING if count.working else CRITICAL, text)
        for fact in row.facts:
            if fact["code"] == "upgrade_state" and fact["parameters"]["phase"] in _GIVEN_UP:
                yield Problem(WARNING, f"{row.stack}/{row.service} {fact['text']}")


def _of_stacks(plan: Plan) -> t.Iterator[Problem]:
    """What needs a person, or waits, beside single services."""
    for error in plan.errors:
        if error.code not in ("no_host", *_OF_ONE_HOST):
            yield Problem(CRITICAL, str(error))
    for fact in plan.held:
        if not fact.service:
            yield Problem(WARNING, str(fact))


def _summary(rows: list[ServiceRow], seen: t.Collection[str]) -> str:
    stacks = plural(len({row.stack for row in rows}), "stack")
    running, wanted = sum(row.running for row in rows), sum(row.wanted for row in rows)
    return f"{stacks}, {running} of {wanted} members on {plural(len(seen), 'host')}"
