# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Order and pace of an upgrade: defaults, what a service says, what a command says."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.check_times import least_bake_s
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade.policy import (
    Policy,
    policy_of,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import service

CHECK: dict[str, t.Any] = {
    "interval_ms": 5000,
    "response_timeout_ms": 2000,
    "unhealthy_threshold": 3,
    "initializing_timeout_ms": 90000,
}


def test_defaults() -> None:
    assert policy_of(service(), {}) == Policy()


def test_bake_and_deadline_come_from_the_check() -> None:
    """Rows 3 and 4: a tool must not give up before its check can know."""
    policy = policy_of(service(health_check=CHECK), {})
    assert (policy.bake_s, policy.deadline_s) == (17.0, 90.0)
    quick = {**CHECK, "interval_ms": 500, "response_timeout_ms": 500}
    assert policy_of(service(health_check=quick), {}).bake_s == 10.0
    assert least_bake_s(quick) == 2.0


def test_a_command_overrides_what_a_service_says() -> None:
    said = {"order": "stop-first", "batch_size": 2, "interval_ms": 500, "monitor_ms": 3000}
    policy = policy_of(service(upgrade_strategy=said), {"batch_size": 3})
    assert (policy.order, policy.batch_size, policy.interval_s, policy.bake_s) == (
        "stop-first",
        3,
        0.5,
        3.0,
    )


def test_nothing_confirms_itself_unless_it_is_said() -> None:
    assert policy_of(service(), {}).confirm_after_s is None
    confirms = service(upgrade_strategy={"confirm_after_ms": 0})
    assert policy_of(confirms, {}).confirm_after_s == 0.0
