# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of a command as its steps come."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.plugin_utils._output.command_report import (
    CommandReport,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import Step
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    OBSERVE,
    OPERATIONS,
    PULL,
    Work,
)


def test_notes_are_told_before_anything_is_done_also_if_hosts_were_asked_first() -> None:
    report, calls = CommandReport("up"), {"h1": Work()}
    assert report.step(Step(OBSERVE, calls, completes=True)) == []
    plan = Plan(notes=[Fact("no_host")])
    told = [report.step(Step(OPERATIONS, calls, plan=plan)) for _step in range(2)]
    assert [len(messages) for messages in told] == [1, 0]


def test_notes_of_the_plan_come_after_what_a_person_asked_to_pull() -> None:
    report, calls = CommandReport("up"), {"h1": Work()}
    assert report.step(Step(PULL, calls, plan=Plan())) == []
    plan = Plan(notes=[Fact("no_host")])
    assert len(report.step(Step(OPERATIONS, calls, plan=plan))) == 1
