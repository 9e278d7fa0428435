# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage of one member's upgrade, and what counts as its failure: each row of the tables."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.entry import (
    KEPT,
    NEWCOMER,
    MemberEntry,
)
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._plan.health.wellbeing import Wellbeing
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.member import (
    WantedMember,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade.home import (
    Home,
    SlotView,
    Stage,
    fault_of,
    stage_of,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade.policy import Policy
from ansible_collections.drover.docker.tests.unit.shared.builders import service

POLICY = Policy(bake_s=10.0, deadline_s=60.0)


def slot(role: str = "", **changes: t.Any) -> SlotView:
    """A slot that serves well since long, unless it is changed."""
    number = 0 if changes.pop("old", False) else 7
    definition = service(**changes.pop("service", {}))
    entry = MemberEntry(
        host="h1",
        launch="1:a",
        address="10.42.128.1",
        network="drover",
        create_index=1,
        volumes={},
        retired=changes.get("is_retired", False),
    )
    member = WantedMember(MemberId("shop", "web", 1, number), entry, definition, "active")
    seen: dict[str, t.Any] = {
        "is_retired": False,
        "is_target": True,
        "container": container(),
        "is_live": True,
        "wellbeing": Wellbeing.WELL,
        "well_for_s": 100.0,
        "age_s": 100.0,
        **changes,
    }
    return SlotView(member, role, **seen)


def container(**changes: t.Any) -> t.Any:
    return {
        "name": "shop-web-1-r7",
        "state": "running",
        "restart_count": 0,
        "exit_code": 0,
        **changes,
    }


OLD = slot(old=True, is_target=False)
STOPPED = slot(KEPT, old=True, is_target=False, is_live=False)


def updated(applied: str, failures: int = 0) -> Home:
    """A member that is changed in place."""
    serving = slot(old=True, applied=applied, failures=failures)
    serving.member.entry["made"] = ["1:old"]
    return Home([serving], POLICY)


STAGES = {
    "has its old limits": (updated("1:old"), Stage.UPDATING),
    "Docker refused": (updated("1:old", failures=1), Stage.REFUSED),
    "has its new limits": (updated("1:a", failures=1), Stage.DONE),
    "is made anew": (updated(""), Stage.DONE),
    "its host is away": (Home([slot()], POLICY, is_seen=False), Stage.AWAY),
    "third revision": (Home([OLD, slot(NEWCOMER, is_target=False)], POLICY), Stage.STALE),
    "proven": (Home([OLD, slot(NEWCOMER)], POLICY), Stage.PROVEN),
    "short": (Home([OLD, slot(NEWCOMER, well_for_s=9.0)], POLICY), Stage.PROVING),
    "sick": (Home([OLD, slot(NEWCOMER, wellbeing=Wellbeing.SICK)], POLICY), Stage.PROVING),
    "done": (Home([STOPPED, slot()], POLICY), Stage.DONE),
    "pending": (Home([OLD], POLICY), Stage.PENDING),
    "stopping": (Home([slot(KEPT, old=True)], POLICY), Stage.STOPPING),
    "vacant": (Home([STOPPED], POLICY), Stage.VACANT),
    "what is retired still runs": (Home([STOPPED, slot(is_retired=True)], POLICY), Stage.STOPPING),
}


@pytest.mark.parametrize("case", STAGES)
def test_stages(case: str) -> None:
    home, stage = STAGES[case]
    assert stage_of(home) is stage


def test_each_stage_has_a_case() -> None:
    assert {stage for _home, stage in STAGES.values()} == set(Stage)


ENDED = container(state="exited", exit_code=0)
FAULTS = {
    "well": (slot(), ""),
    "one failed start may be an accident": (slot(NEWCOMER, failures=1), ""),
    "two are none": (slot(NEWCOMER, failures=2, error="no such image"), "upgrade_no_start"),
    "one restart": (slot(NEWCOMER, container=container(restart_count=1)), ""),
    "two restarts": (slot(NEWCOMER, container=container(restart_count=2)), "upgrade_crashes"),
    "ended": (slot(NEWCOMER, container=container(state="exited", exit_code=3)), "upgrade_exits"),
    "runs once": (slot(NEWCOMER, service={"start_once": True}, container=ENDED), ""),
    "sick": (slot(wellbeing=Wellbeing.SICK), "upgrade_unhealthy"),
    "slow": (slot(NEWCOMER, wellbeing=Wellbeing.STARTING, age_s=61.0), "upgrade_too_slow"),
    "in time": (slot(NEWCOMER, wellbeing=Wellbeing.STARTING, age_s=59.0), ""),
    "healthy late, in its bake": (slot(NEWCOMER, well_for_s=1.0, age_s=61.0), ""),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults(case: str) -> None:
    """Rows 2, 3 and 35: a deadline for all that may come, and no text is compared."""
    seen, code = FAULTS[case]
    fault = fault_of(seen, POLICY)
    assert (fault.code if fault else "") == code


def test_a_job_that_ended_well_need_not_run_on() -> None:
    done = slot(NEWCOMER, service={"start_once": True}, container=ENDED, well_for_s=0.0)
    assert stage_of(Home([OLD, done], POLICY)) is Stage.PROVEN


def test_going_back_a_job_counts_however_it_ended() -> None:
    """It is not started again: to wait for it would be to wait for ever."""
    stopped = container(state="exited", exit_code=137)
    job = slot(
        NEWCOMER, service={"start_once": True}, container=stopped, wellbeing=Wellbeing.ABSENT
    )
    assert stage_of(Home([job], POLICY, is_forward=False)) is Stage.PROVEN
    assert stage_of(Home([job], POLICY)) is Stage.PROVING


def test_what_serves_worst_goes_first() -> None:
    """Row 32: unhealthy ones, then those restarted most often, then the oldest."""
    sick = Home([slot(old=True, wellbeing=Wellbeing.SICK)], POLICY)
    restarted = Home([slot(old=True, container=container(restart_count=3))], POLICY)
    plain = Home([slot(old=True)], POLICY)
    assert sorted([plain, restarted, sick], key=lambda item: item.rank) == [sick, restarted, plain]
