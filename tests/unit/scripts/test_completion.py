# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion of the program drover in a real bash. Instead of drover, a script prints a table of status."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[3]
STAND_IN = """#!/bin/sh
echo "$@" >>"$CALLS"
cat <<'END'
SERVICE    STATE   WANTED  RUNNING
shop/web   active  2       2
    1: unhealthy, see a/b
blog/db    active  1       1
END
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "drover").write_text(STAND_IN, encoding="utf-8")
    (tmp_path / "drover").chmod(0o755)
    for name in ("stacks", "other"):
        (tmp_path / "work" / name).mkdir(parents=True)
    return tmp_path


def complete(folder: pathlib.Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    script = (
        f'. {ROOT}/scripts/drover-completion.bash; COMP_WORDS=(drover "$@"); COMP_CWORD=$#;'
        " _drover; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", *words],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "HOME": str(folder),
            "CALLS": str(folder / "calls"),
        },
        cwd=folder / "work",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def calls(folder: pathlib.Path) -> list[str]:
    return (folder / "calls").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["sc"], ["scale"]),
        (["st"], ["status", "stop", "start"]),
        (["up", "st"], ["stacks"]),
        (["scale", ""], ["shop/web", "blog/db"]),
        (["scale", "b"], ["blog/db"]),
        (["down", ""], ["blog", "shop"]),
        (["stop", "shop"], ["shop", "shop/web"]),
        (["network", ""], []),
    ],
)
def test_words(folder: pathlib.Path, words: list[str], offered: list[str]) -> None:
    assert complete(folder, *words) == offered


def test_names_are_kept_for_each_inventory(folder: pathlib.Path) -> None:
    for _turn in range(2):
        assert complete(folder, "down", "-i", "hosts.yml", "s") == ["shop"]
    assert calls(folder) == ["status -i hosts.yml"]
    complete(folder, "down", "")
    assert calls(folder)[1:] == ["status"]


def test_all_commands_are_offered(folder: pathlib.Path) -> None:
    program = (ROOT / "scripts" / "drover").read_text(encoding="utf-8")
    known = re.search(r"^  ([a-z_ |]+)\) command=", program, re.MULTILINE)
    assert known
    assert sorted(complete(folder, "")) == sorted(known[1].split(" | "))
