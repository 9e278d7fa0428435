# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the hosts that a plan tells of or sweeps."""

from __future__ import annotations

from ansible_collections.drover.docker.tests.unit.shared.builders import Bench


def test_files_that_cannot_be_read_are_notes_of_their_host() -> None:
    bench = Bench("h1", "h2")
    bench["h1"]["unreadable"] = {"/var/lib/drover/lease": "is a FIFO, not a regular file"}
    plan = bench.plan()
    assert [str(item) for item in plan.notes] == [
        "on h1: /var/lib/drover/lease: is a FIFO, not a regular file"
    ]
    assert not plan.has_work


def test_leftovers_are_swept() -> None:
    bench = Bench("h1", "h2")
    bench["h2"]["leftovers"] = {
        "containers": {"c0ffee": "drover-once-1"},
        "folders": ["shop.lb.1.validate"],
    }
    assert bench.plan().lines() == [
        "h2  sweep  drover-once-1  left by a run that was killed",
        "h2  sweep  shop.lb.1.validate  left by a run that was killed",
    ]
