# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused may hold a secret: a message names its place, and does not show it."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import refused, with_keys

SECRET = "hunter2"


@pytest.mark.parametrize(
    "keys",
    [
        f"environment: PASSWORD={SECRET}",
        f"environment: {{PASSWORD: [{SECRET}]}}",
        f"metadata: {SECRET}",
        f"logging: {{driver: splunk, options: {SECRET}}}",
        f"log_opt: {SECRET}",
        f"health_check: {{port: 80, request_line: 'GET / Authorization:{SECRET}'}}",
        f"image: https://user:{SECRET}@registry.example/web:1",
        f"image: user:{SECRET}@registry.example/web:1",
    ],
)
def test_a_refused_value(tmp_path: pathlib.Path, keys: str) -> None:
    problems = refused(tmp_path, with_keys(keys))
    assert problems
    assert [SECRET in str(item) for item in problems] == [False] * len(problems), problems


def test_options_of_a_volume(tmp_path: pathlib.Path) -> None:
    problems = refused(tmp_path, f"services: {{}}\nvolumes: {{a: {{driver_opts: {SECRET}}}}}")
    assert problems
    assert [SECRET in str(item) for item in problems] == [False] * len(problems)


def test_a_line_of_a_custom_config(tmp_path: pathlib.Path) -> None:
    compose = f"""
services:
  lb:
    image: rancher/lb-service-haproxy
    ports: [80]
    lb_config:
      config: |
        global
          user {SECRET}
        defaults
          load-server-state-from-file {SECRET}
"""
    problems = refused(tmp_path, compose)
    assert len(problems) >= 2
    assert [SECRET in str(item) for item in problems] == [False] * len(problems), problems
