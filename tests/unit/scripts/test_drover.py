# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command drover: what it makes of its words. Instead of ansible-playbook, a script prints what it is given."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pytest
from ansible.parsing.splitter import parse_kv
from ansible_collections.drover.docker.plugins.plugin_utils._run.short_options import OPTIONS

ROOT = pathlib.Path(__file__).parents[3]
PROGRAM = ROOT / "scripts" / "drover"
STAND_IN = """#!/bin/sh
python3 -c 'import json, os, sys
print(json.dumps([os.environ["ANSIBLE_STDOUT_CALLBACK"], *sys.argv[1:]]))' "$@"
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder for PATH with the script."""
    program = tmp_path / "ansible-playbook"
    program.write_text(STAND_IN, encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def run(folder: pathlib.Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder}:{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(
        ["sh", str(PROGRAM), *words],
        env={**kept, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def called(folder: pathlib.Path, *words: str) -> list[str]:
    """What ansible-playbook gets."""
    told = run(folder, *words).stdout.removeprefix("UNKNOWN: ")
    found: list[str] = json.loads(told)
    return found[1:]


@pytest.mark.parametrize(
    ("words", "playbook", "options"),
    [
        ("up shop", "up", ["stack_dir=shop"]),
        ("config shop", "config", ["stack_dir=shop"]),
        ("scale shop/web 3", "scale", ["service=shop/web", "scale=3"]),
        ("upgrade shop/web web2", "upgrade", ["from=shop/web", "to=web2"]),
        ("stop shop", "stop", ["stack=shop"]),
        ("start shop/web", "start", ["service=shop/web"]),
        ("down shop remove_volumes=a,b", "down", ["stack=shop", "remove_volumes=a,b"]),
        ("status", "status", []),
        ("reconcile shop", "reconcile", ["stack=shop"]),
        ("audit shop since=2h", "audit", ["stack=shop", "since=2h"]),
        (
            "volume_backup shop/db dest=backups",
            "volume_backup",
            ["service=shop/db", "dest=backups"],
        ),
        ("volume_restore shop/db src=b", "volume_restore", ["service=shop/db", "src=b"]),
        ("volume_move shop/db web2", "volume_move", ["service=shop/db", "to=web2"]),
        ("network", "network", []),
        ("preflight install=true", "preflight", ["install=true"]),
        ("check shop format=json", "check", ["stack=shop", "format=json"]),
    ],
)
def test_arguments_become_options(
    folder: pathlib.Path, words: str, playbook: str, options: list[str]
) -> None:
    expected = [word for option in options for word in ("-e", option)]
    assert called(folder, *words.split()) == [f"drover.docker.{playbook}", *expected]
    names = {option.split("=")[0] for option in options}
    assert names <= set(OPTIONS.get(playbook, ()))


def test_options_of_ansible_are_passed_on_in_their_order(folder: pathlib.Path) -> None:
    words = ["-i", "hosts.yml", "up", "--check"]
    assert run(folder, *words).returncode == 2  # the command comes first
    found = called(
        folder, "up", "-i", "hosts.yml", "shop", "--check", "-e", "a=1", "-vv", "-l", "h1"
    )
    assert found == [
        "drover.docker.up",
        *("-i", "hosts.yml", "-e", "stack_dir=shop", "--check", "-e", "a=1", "-vv", "-l", "h1"),
    ]


def test_a_value_with_blanks_stays_in_one_piece(folder: pathlib.Path) -> None:
    *_words, first, _option, second = called(folder, "up", "my stacks/shop", "stack=my shop")
    assert parse_kv(first) == {"stack_dir": "my stacks/shop"}
    assert parse_kv(second) == {"stack": "my shop"}


def test_the_screen_is_the_collections_own_unless_another_is_set(folder: pathlib.Path) -> None:
    assert json.loads(run(folder, "status").stdout)[0] == "drover.docker.compact"
    other = run(folder, "status", ANSIBLE_STDOUT_CALLBACK="minimal")
    assert json.loads(other.stdout)[0] == "minimal"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("statsu", "there is no command statsu"),
        ("down a b", "down: one argument too many: b"),
        ("up shop -w", "only status has -w"),
        ("network x", "network: one argument too many: x"),
    ],
)
def test_mistakes_are_told_and_nothing_is_run(
    folder: pathlib.Path, words: str, message: str
) -> None:
    done = run(folder, *words.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"drover: {message}"


@pytest.mark.parametrize("word", ["", "-h", "--help"])
def test_usage_names_every_command(folder: pathlib.Path, word: str) -> None:
    done = run(folder, *([word] if word else []))
    assert done.returncode == 0
    playbooks = {
        path.stem for path in (ROOT / "playbooks").glob("*.yml") if path.suffixes == [".yml"]
    }
    assert all(f"{name}" in done.stdout for name in playbooks)


@pytest.mark.parametrize(
    ("line", "code", "shown"),
    [
        ("OK: 2 stacks, 4 of 4 members on 3 hosts", 0, ""),
        ("WARNING: shop/web 1 of 2 run", 1, ""),
        ("CRITICAL: shop/web 0 of 2 run", 2, ""),
        ('{"level":"WARNING","problems":[],"summary":""}', 1, ""),
        ("[ERROR]: the inventory is broken", 3, "UNKNOWN: [ERROR]: the inventory is broken"),
        ("error  no group docker_hosts", 3, "UNKNOWN: no group docker_hosts"),
    ],
)
def test_check_has_the_exit_status_of_a_monitoring_plugin(
    folder: pathlib.Path, line: str, code: int, shown: str
) -> None:
    program = folder / "ansible-playbook"
    program.write_text(f"#!/bin/sh\necho a warning >&2\necho '{line}'\nexit 2\n", encoding="utf-8")
    done = run(folder, "check")
    assert (done.stdout, done.returncode) == (f"{shown or line}\n", code)
