# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole stacks as people write them, and the canonical stacks that they are."""

from __future__ import annotations

import json
import pathlib

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack

STACKS = pathlib.Path(__file__).resolve().parents[3] / "data" / "stacks"
NAMES = sorted(folder.name for folder in STACKS.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_stack(name: str) -> None:
    definition, warnings = load_stack(
        str(STACKS / name), stack=None, variables={}, environ={"REGION": "north"}
    )
    assert definition == json.loads((STACKS / name / "expected.json").read_text(encoding="utf-8"))
    assert warnings == []


@pytest.mark.parametrize("name", NAMES)
def test_loading_again_gives_the_same(name: str) -> None:
    first, second = (
        load_stack(str(STACKS / name), stack="x", variables={}, environ={}) for once in range(2)
    )
    assert json.dumps(first) == json.dumps(second)


def test_the_environment_of_the_control_node_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAG", "from-environment")
    definition, _warnings = load_stack(str(STACKS / "board"), stack=None, variables={})
    assert definition["services"]["web"]["image"] == "board/app:from-environment"
