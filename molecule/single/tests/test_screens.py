# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands under the callbacks that people use: valid, complete and readable, also when nobody reads to the end.

Callbacks of other collections come with DROVER_CALLBACKS, the folder of a collections path (make soak).
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.control import BIN, COLLECTIONS, Control
from ...shared.runs import Run
from ...shared.stacks import Stack

RUNNER = BIN / "ansible-runner"
OTHERS = os.environ.get("DROVER_CALLBACKS", "")
LINES = [
    "drover.docker.compact",
    "drover.docker.journal",
    "ansible.builtin.default",
    "ansible.builtin.minimal",
    "ansible.builtin.oneline",
]
MORE_LINES = ["ansible.posix.debug", "community.general.diy"]
MORE_LINES += ["community.general.unixy", "community.general.counter_enabled"]
JSON = ["ansible.posix.json", "ansible.posix.jsonl"]
HEADS = 200 if os.environ.get("DROVER_SOAK") else 2
LIMIT_S = 60


def lines() -> list[str]:
    return LINES + (MORE_LINES if OTHERS else [])


def run(control: Control, callback: str, *words: str) -> Run:
    """A playbook with a callback."""
    paths = ":".join(filter(None, [COLLECTIONS, OTHERS]))
    # Newer cores warn of deprecated code in callbacks of others, on the stream for errors, which is read here as well.
    given = {"ANSIBLE_DEPRECATION_WARNINGS": "0"}
    given |= {"ANSIBLE_COLLECTIONS_PATH": paths} if paths else {}
    command = ["ansible-playbook", "-i", str(control.inventory), *words]
    return control.command(command, ANSIBLE_STDOUT_CALLBACK=callback, **given)


@pytest.fixture(scope="module")
def seen(make_stack: MakeStack) -> t.Iterator[Stack]:
    with make_stack("seen").define(web={"scale": 2}).lasting() as made:
        yield made


@pytest.mark.parametrize("callback", lines())
def test_lines_are_whole(seen: Stack, control: Control, callback: str) -> None:
    """The table of status; a failure with its reason; what check mode foretells."""
    shown = run(control, callback, "drover.docker.status", "-e", "stack=seen")
    assert shown.code == 0, shown.output
    assert "seen/web  active  2       2" in shown.output
    scale = ["drover.docker.scale", "-e", "service=seen/nobody", "-e", "scale=2"]
    failed = run(control, callback, *scale)
    assert failed.code == 2
    assert "there is no service 'nobody'; there are: web" in failed.output
    scale[2] = "service=seen/web"
    foretold = run(control, callback, *scale[:-1], "scale=3", "--check", "--diff")
    assert foretold.code == 0
    assert "create  seen-web-3" in foretold.output


@pytest.mark.skipif(not OTHERS, reason="needs the callbacks of ansible.posix (make soak)")
@pytest.mark.parametrize("callback", JSON)
def test_json_is_valid_and_has_the_data(seen: Stack, control: Control, callback: str) -> None:
    shown = run(control, callback, "drover.docker.status", "-e", "stack=seen")
    documents = [shown.output] if callback.endswith("json") else shown.output.splitlines()
    assert any("seen" in json.dumps(json.loads(document)) for document in documents)


@pytest.mark.parametrize("callback", ["drover.docker.compact", "ansible.builtin.default"])
def test_nobody_needs_to_read_to_the_end(seen: Stack, control: Control, callback: str) -> None:
    """A reader that goes away ends the command; in 0.1.0 it hung for ever."""
    playbook = ["ansible-playbook", "-i", str(control.inventory), "drover.docker.status"]
    for _turn in range(HEADS):
        done = subprocess.run(
            ["sh", "-c", '"$@" | head -n 1', "sh", *playbook],
            env={**control.environment, "ANSIBLE_STDOUT_CALLBACK": callback},
            timeout=LIMIT_S,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0


@pytest.mark.skipif(not RUNNER.exists(), reason="needs ansible-runner (tools/plays)")
def test_events_of_ansible_runner_have_the_data(
    seen: Stack, control: Control, tmp_path: pathlib.Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "play.yml").write_text(
        "- ansible.builtin.import_playbook: drover.docker.status\n", encoding="utf-8"
    )
    words = ["run", str(tmp_path), "-p", "play.yml", "--inventory", str(control.inventory), "-j"]
    done = control.command([str(RUNNER), *words])
    assert done.code == 0, done.output
    events = [json.loads(line) for line in done.output.splitlines()]
    results = [event["event_data"].get("res", {}) for event in events if "event_data" in event]
    rows = [row for result in results for row in result.get("services", [])]
    assert [row["wanted"] for row in rows if row["stack"] == "seen"] == [2]
    assert not [event for event in events if event["event"] in ("verbose", "error")]
