# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call by a channel is over when its pipes close, and when its time is."""

from __future__ import annotations

import os

from ansible_collections.drover.docker.plugins.module_utils._host.caller import LATE, Caller
from ansible_collections.drover.docker.plugins.module_utils._lock.caller_gone import REASON


def test_a_call_lasts_for_its_time() -> None:
    now = [100.0]
    caller = Caller((), 5.0, timer=lambda: now[0])
    now[0] = 104.9
    assert caller.gone() == ""
    now[0] = 105.1
    assert caller.gone() == LATE


def test_a_call_ends_with_either_pipe() -> None:
    for end in (0, 1):
        given, answers = os.pipe(), os.pipe()
        caller = Caller((given[0], answers[1]), 60.0)
        assert caller.gone() == ""
        os.close((given[1], answers[0])[end])
        assert caller.gone() == REASON
        for descriptor in (given[0], answers[1], (answers[0], given[1])[end]):
            os.close(descriptor)
