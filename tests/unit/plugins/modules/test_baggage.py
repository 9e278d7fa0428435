# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module takes along to each host, where it is compiled anew in every call: a pass should carry little."""

from __future__ import annotations

import ast
import io
import pathlib
import zipfile

import pytest
from ansible_collections.drover.docker.plugins.modules import internal_observe
from ansible_collections.drover.docker.plugins.plugin_utils._channel.code import host_code

PLUGINS = pathlib.Path(internal_observe.__file__).parent.parent
UTILS = PLUGINS / "module_utils"
RENDER = "_haproxy/render"
WRITERS = {f"{RENDER}/{name}.py" for name in ("balancer", "backends", "frontends", "checker")}
"""They write configs of HAProxy."""
PLANNER = "_plan/"
"""The package of what is the control node's alone."""


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
    """All files of module_utils that a module imports, and what those import."""
    return needed(PLUGINS / "modules" / f"{module}.py")


def needed(path: pathlib.Path) -> set[str]:
    """The file, where it is one of module_utils, and all that it imports there."""
    known: set[pathlib.Path] = set()
    waiting = {path}
    while waiting:
        path = waiting.pop()
        known.add(path)
        waiting |= imported(path) - known
    return {path.relative_to(UTILS).as_posix() for path in known if UTILS in path.parents}


@pytest.mark.parametrize(
    ("module", "own"), [("internal_observe", "_observe"), ("internal_act", "_act")]
)
def test_no_host_gets_the_planner(module: str, own: str) -> None:
    assert any((UTILS / PLANNER).glob("*.py")), "the planner has moved: name its package here"
    assert [path for path in baggage(module) if path.startswith(f"{own}/")]
    assert [path for path in baggage(module) if path.startswith(PLANNER)] == []


def test_who_only_looks_carries_nothing_that_writes_configs() -> None:
    assert not baggage("internal_observe") & WRITERS
    assert baggage("internal_act") >= WRITERS


@pytest.mark.parametrize(("also", "more"), [("", set()), ("_volumes", {"_volumes"})])
def test_a_channel_takes_along_what_is_needed_and_no_other_package(
    also: str, more: set[str]
) -> None:
    """A backup has its own program on the host; it is sent for nothing else."""
    with zipfile.ZipFile(io.BytesIO(host_code(also=also).archive)) as archive:
        sent = {name.partition("/")[2] for name in archive.namelist()}
    files = needed(UTILS / (also or "_host") / "serve.py")
    assert files <= sent
    packages = {name.partition("/")[0] for name in needed(UTILS / "_host" / "serve.py")}
    assert {name.partition("/")[0] for name in sent if "/" in name} == packages | more


def test_no_module_imports_in_a_way_that_is_not_followed() -> None:
    """A module's imports of this collection are relative, as those are the ones that C(imported) sees."""
    files = [*(PLUGINS / "modules").glob("*.py"), *UTILS.rglob("*.py")]
    assert len(files) > 100
    assert not [path.name for path in files if "import ansible_collections" in path.read_text()]
    assert not [path.name for path in files if "from ansible_collections" in path.read_text()]
