# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks that nobody here wrote: the public catalogs of Rancher 1.x. They are not part of this project.

DROVER_CATALOG names a folder that holds one folder for each stack. Every stack either loads, or is refused with
the places of what this release does not run.
"""

from __future__ import annotations

import json
import os
import pathlib

import pytest
from ansible_collections.drover.docker.plugins.module_utils.compose.errors import (
    Problem,
    StackError,
)
from ansible_collections.drover.docker.plugins.module_utils.compose.keys import NOT_RUN
from ansible_collections.drover.docker.plugins.plugin_utils.documents import (
    COMPOSE_KEYS,
    NOT_RUN_TOP,
)
from ansible_collections.drover.docker.plugins.plugin_utils.stack_files import load_stack

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
CATALOG = pathlib.Path(os.environ.get("DROVER_CATALOG") or CHECKOUT.parent / "shared" / "catalog")
STACKS = sorted(file.parent for file in CATALOG.glob("*/docker-compose.yml*"))
# Of the 71 stacks that are at hand, so many load; a release that runs more raises the number.
AT_HAND, LOAD_TODAY = 71, 17
TOP_LEVEL = {*COMPOSE_KEYS, *NOT_RUN_TOP}

pytestmark = pytest.mark.skipif(not STACKS, reason=f"no catalog in {CATALOG} (DROVER_CATALOG)")


def problems_of(stack: pathlib.Path) -> list[Problem]:
    """What is refused of a stack; nothing if it loads."""
    try:
        definition, _warnings = load_stack(str(stack), stack=None, variables={}, environ={})
    except StackError as error:
        return error.problems
    assert definition["services"]
    assert json.loads(json.dumps(definition)) == definition
    return []


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: str(stack.name))
def test_a_stack_loads_or_is_refused_with_its_places(stack: pathlib.Path) -> None:
    for problem in problems_of(stack):
        # Where a question has no default answer, a number or a tag may be missing.
        assert NOT_RUN in problem.message or "is a variable not set?" in problem.message
        of_the_file = "template" in problem.message or problem.key.split(".")[0] in TOP_LEVEL
        assert problem.file
        assert of_the_file or (problem.service and problem.key), str(problem)


def test_so_many_load(capsys: pytest.CaptureFixture[str]) -> None:
    plain = [stack for stack in STACKS if not (stack / "docker-compose.yml.tpl").exists()]
    loaded = [stack.name for stack in plain if not problems_of(stack)]
    with capsys.disabled():
        print(
            f"\ncatalog: {len(loaded)} of {len(STACKS)} stacks load ({len(plain)} are no templates)"
        )
    assert loaded
    if len(STACKS) == AT_HAND:
        assert len(loaded) == LOAD_TODAY, loaded
