# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module takes along to each host, where it is compiled anew in every call: a pass should carry little."""

from __future__ import annotations

import ast
import pathlib

import pytest
from ansible_collections.drover.docker.plugins.modules import observe

PLUGINS = pathlib.Path(observe.__file__).parent.parent
WRITERS = {"balancer_config", "balancer_backends", "balancer_frontends", "checker_config"}
"""They write configs of HAProxy."""
PLANNERS = {"plan", "heal", "settle", "converge"}
"""They are the control node's."""


def imported(path: pathlib.Path) -> set[pathlib.Path]:
    """The files of this collection that a file imports at once."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            names = [folder / alias.name for alias in node.names]
            found |= {item.with_suffix(".py") for item in [folder, *names]}
    return {item for item in found if item.is_file()}


def baggage(module: str) -> set[str]:
    """The names of all that a module imports, and what that imports."""
    known: set[pathlib.Path] = set()
    waiting = {PLUGINS / "modules" / f"{module}.py"}
    while waiting:
        path = waiting.pop()
        known.add(path)
        waiting |= imported(path) - known
    return {path.stem for path in known}


@pytest.mark.parametrize("module", ["observe", "act"])
def test_no_host_gets_the_planner(module: str) -> None:
    assert not baggage(module) & PLANNERS


def test_who_only_looks_carries_nothing_that_writes_configs() -> None:
    assert not baggage("observe") & WRITERS
    assert baggage("act") >= WRITERS
