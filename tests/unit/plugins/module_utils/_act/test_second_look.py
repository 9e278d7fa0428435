# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repair that was planned a while ago, or from old votes: the host looks at the member again."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act import second_look
from ansible_collections.drover.docker.plugins.module_utils._model.operation import SecondLook


def asked(
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    *,
    planned_s: float = 0.0,
    age_s: float = 0.0,
    result: str = "L7STS",
) -> str:
    names = {"backend": "shop.web.1", "server": "g-1"}
    report: dict[str, t.Any] = {**names, "status": status, "check_status": result}
    other = {**report, "server": "g-0", "status": "UP", "check_status": "L7OK"}
    seen = {"reports": [other, report]} if status else None
    monkeypatch.setattr(second_look, "observe_checker", lambda _folder: seen)
    look = SecondLook(backend="shop.web.1", server="g-1", age_s=age_s)
    return second_look.objection("/state", look, planned_s=planned_s)


def test_a_fresh_plan_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, "UP", planned_s=14, age_s=14) == ""


@pytest.mark.parametrize("ages", [{"planned_s": 16}, {"age_s": 40}, {"planned_s": -7200}])
def test_an_old_one_is_confirmed_by_the_checker_of_the_host(
    monkeypatch: pytest.MonkeyPatch, ages: dict[str, t.Any]
) -> None:
    assert asked(monkeypatch, "DOWN", **ages) == ""


def test_a_member_that_is_well_again_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, "UP", age_s=40, result="L7OK") == (
        "the verdict was made 40 s ago, and the checker on this host finds the member UP"
    )


@pytest.mark.parametrize("case", [{"status": ""}, {"status": "DOWN", "result": "INI"}])
def test_without_a_report_an_old_plan_expires(
    monkeypatch: pytest.MonkeyPatch, case: dict[str, str]
) -> None:
    text = asked(monkeypatch, case["status"], planned_s=16, result=case.get("result", ""))
    assert text == "the verdict was made 16 s ago"
