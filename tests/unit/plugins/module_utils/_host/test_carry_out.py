# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage that nobody waits for changes nothing."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.module_utils._host.carry_out import (
    STAGES,
    carry_out,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record


@pytest.mark.parametrize("stage", STAGES)
def test_whose_caller_is_gone_changes_nothing(stage: str, tmp_path: Path) -> None:
    payload: dict[str, t.Any] = {
        "host": "h1",
        "docker_host": f"unix://{tmp_path}/none.sock",
        "state_dir": str(tmp_path / "drover"),
        "images": [],
        "records": [make_record("shop", {"hosts": ["h1"]}, number=1, token="t")],
        "operations": [],
        "refusals": None,
        "claim": {},
        "owner": "me",
        "last": False,
        "alone": False,
        "pull_timeout_s": 60.0,
        "registries": {},
    }
    assert carry_out(stage, payload, abandoned=lambda: "gone") == {"error": "gone"}
    assert not (tmp_path / "drover" / "stacks").exists()
