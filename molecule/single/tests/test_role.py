# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role stack in a play of a user: two stacks in a loop, and what it returns."""

from __future__ import annotations

import json
import pathlib

import pytest
import yaml

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.health import CHECK
from ...shared.hosts import Host
from ...shared.stacks import Stack

PLAY = """\
- hosts: docker_hosts
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: drover.docker.stack
      vars: {drover_stack_src: "{{ item }}", drover_stack_wait_timeout: 60}
      loop: "{{ folders }}"
      register: ended
    - ansible.builtin.assert:
        that: drover_stack_result.services | map(attribute='healthy') | list == [2]
"""


@pytest.fixture
def two(make_stack: MakeStack, tmp_path: pathlib.Path) -> list[Stack]:
    made = [make_stack(name) for name in ("left", "right")]
    for stack in made:
        stack.define(web={"scale": 2})
        rancher = {"version": "2", "services": {"web": {"health_check": CHECK}}}
        (stack.folder / "rancher-compose.yml").write_text(yaml.safe_dump(rancher))
    (tmp_path / "play.yml").write_text(PLAY)
    return made


def test_ten_lines_bring_up_two_stacks_and_wait_until_they_are_healthy(
    two: list[Stack], tmp_path: pathlib.Path, control: Control, h1: Host
) -> None:
    folders = {"folders": [str(stack.folder) for stack in two]}
    words = ["ansible-playbook", "-i", str(control.inventory), str(tmp_path / "play.yml")]
    try:
        run = control.command([*words, "-e", json.dumps(folders)])
        assert run.code == 0, run.output
        assert [len(h1.containers(name)) for name in ("left", "right")] == [2, 2]
        again = control.command([*words, "-e", json.dumps(folders)])
        assert (again.code, again.changed) == (0, 0), again.output
    finally:
        for stack in two:
            stack.down()


def test_it_fails_where_a_stack_is_not_healthy_in_time(
    two: list[Stack], tmp_path: pathlib.Path, control: Control
) -> None:
    sick = {"port": 8080, "request_line": "GET /nothing-here HTTP/1.0", "interval": 500}
    rancher = {"version": "2", "services": {"web": {"health_check": sick}}}
    (two[0].folder / "rancher-compose.yml").write_text(yaml.safe_dump(rancher))
    given = {"folders": [str(two[0].folder)], "drover_stack_wait_timeout": 4}
    words = ["ansible-playbook", "-i", str(control.inventory), str(tmp_path / "play.yml")]
    try:
        run = control.command([*words, "-e", json.dumps(given)])
        assert run.code == 2, run.output
        assert "left/web: not ready after 4 s: 2 of 2 run, 0 healthy" in run.output
    finally:
        two[0].down()
