# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Four members go to something bad, under load: the service rolls back by itself, says why, and loses no request."""

from __future__ import annotations

import typing as t

import pytest

from .store import QUICK_STRATEGY, Store, ids

SLOW = {"start_first": True, "interval_millis": 0}
"""The default bake of 10 s: what fails later than that is not noticed by a shorter one."""

BAD_LINES = {"TESTAPP_EXIT_AFTER": "0.2", "TESTAPP_EXIT_CODE": "3"}
BAD: dict[str, dict[str, t.Any]] = {
    "missing": {"version": "does-not-exist"},
    "exits": {"environment": BAD_LINES},
    "never healthy": {
        "environment": {"TESTAPP_HEALTH": "500"},
        "strategy": {**QUICK_STRATEGY, "healthy_deadline_millis": 6000},
    },
    "sick later": {"environment": {"TESTAPP_SICK_AFTER": "15"}, "strategy": SLOW},
}
SAYS = {
    "missing": "could not be started: cannot pull",
    "exits": "crashed: restarted",
    "never healthy": "did not get healthy within 6 s",
    "sick later": "is unhealthy",
}


@pytest.mark.parametrize("case", BAD)
def test_bad_upgrades_roll_back_and_lose_no_request(store: Store, case: str) -> None:
    """Rows 1, 2, 3, 6, 10, 16 and 24: the original containers serve, the same ids, and the message says why."""
    before = ids(store.running())
    with store.load() as load:
        run = store.define(**BAD[case]).stack.control.run(
            "up", stack_dir=store.stack.folder, wait="true", fails=True
        )
    print(load.told(f"upgrade to something bad: {case}"))
    assert load.failures() == []
    assert SAYS[case] in run.output
    assert "rolled back" in run.output
    assert ("its last lines: testapp" in run.output) == (case != "missing")
    store.stack.reconcile()
    assert ids(store.web()) == before
    assert ids(store.running()) == before
