# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only what a killed validation left is swept."""

from __future__ import annotations

import os
import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act.preconditions import Stale
from ansible_collections.drover.docker.plugins.module_utils._act.sweep import (
    sweep_container,
    sweep_folder,
)
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image, Registry
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine


@pytest.fixture
def engine() -> FakeEngine:
    made = FakeEngine("h1", clock=Clock(), registry=Registry([]))
    made.images["haproxy:3.0"] = Image("haproxy:3.0")
    return made


def test_a_container_of_a_validation_goes(engine: FakeEngine) -> None:
    labels = {"io.drover.once": "validate"}
    made = engine.create("drover-once-1", {"Image": "haproxy:3.0", "Labels": labels})
    sweep_container(t.cast(t.Any, engine), made)
    assert engine.containers() == []
    with pytest.raises(Stale, match="gone"):
        sweep_container(t.cast(t.Any, engine), made)


def test_another_container_stays(engine: FakeEngine) -> None:
    made = engine.create("drover-once-2", {"Image": "haproxy:3.0", "Labels": {}})
    with pytest.raises(Stale, match="not ours"):
        sweep_container(t.cast(t.Any, engine), made)
    assert len(engine.containers()) == 1


def test_an_old_folder_goes_with_its_keys(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "balancers" / "shop.lb.1.validate"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "key.pem").write_text("secret")
    with pytest.raises(Stale, match="in use"):
        sweep_folder(str(tmp_path), folder.name)
    sweep_folder(str(tmp_path), folder.name, clock=lambda: time.time() + 700)
    assert os.listdir(tmp_path / "balancers") == []
    with pytest.raises(Stale, match="gone"):
        sweep_folder(str(tmp_path), folder.name)


@pytest.mark.parametrize("name", ["shop.lb.1", "../stacks", "..", "x.validate"])
def test_other_folders_stay(tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "balancers" / "shop.lb.1").mkdir(parents=True)
    with pytest.raises(Stale, match="not the folder of a validation"):
        sweep_folder(str(tmp_path), name, clock=lambda: time.time() + 700)
