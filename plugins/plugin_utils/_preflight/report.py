# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of preflight: as data, and as lines. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.cause_texts import plural

from .problem import ERROR, Problem
from .texts import cause_and_cure

Json = dict[str, t.Any]
Found = t.Mapping[str, t.Sequence[Problem]]


def as_data(found: Found) -> Json:
    """Return the problems of each host with their texts."""
    return {
        host: {"ok": not has_error(problems), "problems": [_data(item) for item in problems]}
        for host, problems in found.items()
    }


def has_error(problems: t.Iterable[Problem]) -> bool:
    """Whether the host cannot be used as it is."""
    return any(problem.severity == ERROR for problem in problems)


def _data(problem: Problem) -> Json:
    cause, cure = cause_and_cure(problem)
    return {"code": problem.code, "severity": problem.severity, "text": cause, "cure": cure}


def lines(found: Found) -> list[tuple[str, str, str]]:
    """Return a line for each problem, as host, severity and text."""
    return [
        (host, problem.severity, "; ".join(part for part in cause_and_cure(problem) if part))
        for host, problems in found.items()
        for problem in problems
    ]


def summary(found: Found) -> str:
    """Return the last line."""
    bad = sum(1 for problems in found.values() if problems)
    return f"preflight: {plural(len(found), 'host')}, {f'{bad} with problems' if bad else 'no problems'}"
