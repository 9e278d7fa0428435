# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play over three hosts, with a temporary directory of its own as each run of Ansible has one."""

from __future__ import annotations

import pathlib

import pytest
from ansible import constants
from ansible_collections.drover.docker.tests.unit.plugins.action.play import Play


@pytest.fixture
def play(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return Play(monkeypatch, "h1", "h2", "h3")
