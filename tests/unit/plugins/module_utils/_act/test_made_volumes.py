# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host remembers of its members' volumes, and that it makes no empty one in the place of a lost one."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act.made_volumes import (
    note_made_volumes,
)
from ansible_collections.drover.docker.tests.unit.shared.acting_host import Host
from ansible_collections.drover.docker.tests.unit.shared.faulty_engine import Faulty

VOLUME = "shop_web_1_data_bd47413b"
RECORDED: dict[str, t.Any] = {"volumes": {"/data": VOLUME}}


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    made = Host(tmp_path)
    made.store(2, **RECORDED)
    return made


def volumes(host: Host) -> list[str]:
    return list(host.life().get("web/1", {}).get("volumes", []))


def test_a_create_remembers_the_volumes(host: Host) -> None:
    host.up(**RECORDED)
    assert volumes(host) == [VOLUME]


def test_it_remembers_them_before_the_container_exists(host: Host) -> None:
    """A run that dies in between leaves a volume that may have data at the next look."""
    host.run(host.create(**RECORDED), engine=Faulty(host.engine, {"create": KeyError("died")}))
    assert volumes(host) == [VOLUME]


def test_a_lost_volume_is_not_made_anew(host: Host) -> None:
    host.up(**RECORDED)
    host.engine.remove("shop-web-1")
    host.engine.drop_volume(VOLUME)
    again = host.create(**RECORDED)
    assert host.outcome(again) == ("stale", f"volume {VOLUME} is gone from this host")
    assert VOLUME not in host.engine.volume_map
    asked = host.create(**RECORDED, new_volumes=[VOLUME])
    assert host.outcome(asked) == ("done", "")
    assert VOLUME in host.engine.volume_map


def test_a_volume_that_a_person_had_removed_is_forgotten(host: Host) -> None:
    host.up(**RECORDED)
    host.engine.remove("shop-web-1")
    assert host.outcome(host.operation("remove_volume", args={"volume": VOLUME})) == ("done", "")
    assert volumes(host) == []
    assert host.outcome(host.create(**RECORDED)) == ("done", "")


def test_volumes_of_an_earlier_release_are_noted_when_they_exist(host: Host) -> None:
    note_made_volumes(host.engine, host.state, ["shop"], host="h1")
    assert volumes(host) == []
    host.engine.make_volume(VOLUME, "local", {})
    note_made_volumes(host.engine, host.state, ["shop", "none"], host="other")
    assert volumes(host) == []
    note_made_volumes(host.engine, host.state, ["shop", "none"], host="h1")
    assert volumes(host) == [VOLUME]


def test_what_is_noted_costs_no_call(host: Host) -> None:
    for index in (1, 2, 3):
        host.up(index, **RECORDED)
    engine = Faulty(host.engine, {})
    note_made_volumes(engine, host.state, ["shop"], host="h1")
    assert engine.calls == []
