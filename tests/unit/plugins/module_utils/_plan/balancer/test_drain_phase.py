# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a drain's phases, row by row."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer import drain_phase
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.drain_phase import (
    MOST_RENEWALS,
    DrainView,
    Phase,
    phase_of,
)

NOW = 1000.0


def report(*, sessions: int = 0, drain: bool = False) -> dict[str, t.Any]:
    return {"sessions": sessions, "drain": drain}


def noted(*, left_s: float = 5.0, container: str = "c1", **changes: t.Any) -> dict[str, t.Any]:
    return {
        "container": container,
        "until": NOW + left_s,
        "reason": "scaled down",
        "boot": "b",
        **changes,
    }


def view(**changes: t.Any) -> DrainView:
    fields: dict[str, t.Any] = {
        "is_running": True,
        "timeout_s": 10.0,
        "container_id": "c1",
        "drain": None,
        "serving": [],
        "old_workers": 0,
        "unseen": 0,
        "boot": "b",
        "now": NOW,
        "wall": NOW,
        **changes,
    }
    return DrainView(**fields)


IN_USE = [report(sessions=2)]
TOLD = [report(sessions=2, drain=True)]
IDLE = [report(drain=True)]

CASES = [
    ("nobody sends anything", view(), Phase.NOT_NEEDED),
    ("does not run", view(is_running=False, serving=IN_USE), Phase.NOT_NEEDED),
    ("does not run, noted", view(is_running=False, serving=TOLD, drain=noted()), Phase.NOT_NEEDED),
    ("no time for it", view(timeout_s=0.0, serving=IN_USE), Phase.NOT_NEEDED),
    ("in use", view(serving=IN_USE), Phase.DUE),
    ("the container before it was", view(serving=IN_USE, drain=noted(container="c0")), Phase.DUE),
    ("not told yet", view(serving=IN_USE, drain=noted()), Phase.RUNNING),
    ("told, in use", view(serving=TOLD, drain=noted()), Phase.RUNNING),
    ("told, old workers", view(serving=IDLE, drain=noted(), old_workers=1), Phase.RUNNING),
    ("told, nothing left", view(serving=IDLE, drain=noted()), Phase.OVER),
    ("out of all of them", view(drain=noted()), Phase.OVER),
    ("told, in use, late", view(serving=TOLD, drain=noted(left_s=0)), Phase.OVER),
    ("told, perhaps sent to from an unseen host", view(drain=noted(), unseen=1), Phase.RUNNING),
    ("the same, late", view(drain=noted(left_s=0), unseen=1), Phase.OVER),
    ("only an unseen host may send", view(unseen=1), Phase.DUE),
    ("noted before a reboot", view(serving=TOLD, drain=noted(boot="before")), Phase.DUE),
    ("not told, late", view(serving=IN_USE, drain=noted(left_s=-1)), Phase.UNTOLD),
    (
        "one of two not told, late",
        view(serving=[*TOLD, report()], drain=noted(left_s=-1)),
        Phase.UNTOLD,
    ),
    (
        "never told",
        view(serving=IN_USE, drain=noted(left_s=-1, renewed=MOST_RENEWALS)),
        Phase.OVER,
    ),
    (
        "begun again often",
        view(serving=IN_USE, drain=noted(renewed=MOST_RENEWALS)),
        Phase.RUNNING,
    ),
]


@pytest.mark.parametrize(
    ("seen", "expected"), [pytest.param(*item, id=name) for name, *item in CASES]
)
def test_the_phase_of_a_drain(seen: DrainView, expected: Phase) -> None:
    assert phase_of(seen) is expected


@pytest.mark.parametrize("row", range(len(drain_phase.PHASES)))
def test_each_row_is_needed(monkeypatch: pytest.MonkeyPatch, row: int) -> None:
    rest = (*drain_phase.PHASES[:row], *drain_phase.PHASES[row + 1 :], (None, lambda _: True))
    monkeypatch.setattr(drain_phase, "PHASES", rest)
    assert any(phase_of(seen) is not expected for _name, seen, expected in CASES)


def test_the_wall_clock_counts_for_drains_of_the_first_release_only() -> None:
    old = {key: value for key, value in noted(since=NOW - 5).items() if key != "boot"}
    assert view(drain=old, wall=NOW + 1).left_s == 4.0
    assert view(drain=noted(), wall=NOW - 7200).left_s == 5.0


def test_a_clock_that_was_set_back_ends_a_drain_of_the_first_release() -> None:
    old = {key: value for key, value in noted(since=NOW - 5).items() if key != "boot"}
    assert view(drain=old, wall=NOW - 7200).left_s == 0.0
