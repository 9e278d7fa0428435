# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of a run hand to each other comes out as it went in, and nobody else can read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible import constants
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Message,
    Plan,
    RecordWrite,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._run import plan_file, run_files


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path / "drover"


def test_plan_comes_back_equal() -> None:
    record = make_record("shop", {"hosts": ["h1"]}, number=1, token="t")
    plan = Plan(
        records=[RecordWrite(record, ["h1"], [], [["h1"]], True, "up")],
        errors=[Message("e", "shop")],
        held=[Message("h", "shop", "web", 1, "h1")],
        notes=[Message("n")],
        kept_volumes=[("h1", "v")],
    )
    plan.add("start", "h1", cause="c", container="x")
    plan_file.save_plan(plan)
    assert plan_file.load_plan() == plan


def test_request_comes_back_equal() -> None:
    request = Request("scale", stacks=["shop"], service="web", scale=3, inventory=["h1"])
    plan_file.save_request(request, rounds=2)
    assert plan_file.load_request() == (request, 2)


def test_files_are_for_their_owner_only(folder: Path) -> None:
    run_files.save("definition", {"secret": 1})
    assert stat.S_IMODE((folder / "definition.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_taken_values_are_gone() -> None:
    run_files.save("x", [1])
    assert run_files.take("x") == [1]
    assert run_files.load("x") is None
    assert plan_file.load_plan() is None


def test_any_inventory_name_gives_a_file_name() -> None:
    run_files.save(run_files.for_host("observation", "../h1 {{x}}"), {})
    assert run_files.load(run_files.for_host("observation", "../h1 {{x}}")) == {}
