# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A timer's pass prints what the playbooks say and what failed, and nothing of Ansible's own."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
# Under ansible-test the checkout is a copy on a collections path; else the venv shows it.
PLACE = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2])} if ROOT.parent.name == "drover" else {}
PLAY = """
- hosts: docker_hosts
  gather_facts: false
  tasks:
    - name: Fine
      ansible.builtin.debug: {msg: not shown}
    - name: Not so bad
      ansible.builtin.fail: {msg: ignored}
      ignore_errors: true
    - name: Break
      ansible.builtin.fail: {msg: "no\\n  luck"}
      when: breaks | default(false) | bool
    - name: Break in silence
      ansible.builtin.fail: {msg: secret}
      no_log: true
      when: hides | default(false) | bool
"""


@pytest.fixture
def play(tmp_path: Path) -> t.Callable[..., tuple[int, str]]:
    """Runs the play; its exit status and what it printed."""
    (tmp_path / "play.yml").write_text(PLAY)

    def run(*options: str, hosts: str = "[docker_hosts]\nh1") -> tuple[int, str]:
        (tmp_path / "hosts").write_text(f"{hosts} ansible_connection=local\n")
        words = [sys.executable, "-m", "ansible", "playbook", "-i", str(tmp_path / "hosts")]
        environment = {
            **os.environ,
            **PLACE,
            "ANSIBLE_STDOUT_CALLBACK": "drover.docker.journal",
            "ANSIBLE_HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            [*words, str(tmp_path / "play.yml"), *options],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return run


def test_nothing_to_say(play: t.Callable[..., tuple[int, str]]) -> None:
    assert play() == (0, "")


def test_failure_is_one_line(play: t.Callable[..., tuple[int, str]]) -> None:
    assert play("-e", "breaks=true") == (2, "failed h1: Break: no luck\n")


def test_hidden_failure_stays_hidden(play: t.Callable[..., tuple[int, str]]) -> None:
    code, said = play("-e", "hides=true")
    assert code == 2
    assert said.startswith("failed h1: Break in silence: the output has been hidden")
    assert said.count("\n") == 1
    assert "secret" not in said


def test_inventory_without_the_group_is_said(play: t.Callable[..., tuple[int, str]]) -> None:
    assert "no host in the group docker_hosts" in play(hosts="[others]\nh1")[1]
