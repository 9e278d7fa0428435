# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Top-level volumes, and which names may meet."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load

PLAIN = {"driver": "local", "driver_opts": {}, "external": False, "per_container": False}

VOLUMES: list[tuple[str, dict[str, t.Any]]] = [
    ("", {**PLAIN, "name": "shop_data"}),
    ("{}", {**PLAIN, "name": "shop_data"}),
    ("{driver: ''}", {**PLAIN, "name": "shop_data"}),
    ("{driver: local, driver_opts: }", {**PLAIN, "name": "shop_data"}),
    (
        "{driver: rancher-nfs, driver_opts: {host: 10.0.0.1, size: 5, on: true}}",
        {
            **PLAIN,
            "driver": "rancher-nfs",
            "driver_opts": {"host": "10.0.0.1", "size": "5", "on": "true"},
            "name": "shop_data",
        },
    ),
    ("{per_container: true}", {**PLAIN, "per_container": True, "name": "shop_data"}),
    ("{per_container: 'false'}", {**PLAIN, "name": "shop_data"}),
    ("{name: mine}", {**PLAIN, "name": "mine"}),
    ("{external: true}", {**PLAIN, "external": True, "name": "data"}),
    ("{external: true, name: mine}", {**PLAIN, "external": True, "name": "mine"}),
    ("{external: {name: mine}}", {**PLAIN, "external": True, "name": "mine"}),
    ("{external: false, x-note: a}", {**PLAIN, "name": "shop_data"}),
]


@pytest.mark.parametrize(("declared", "expected"), VOLUMES)
def test_a_volume(tmp_path: pathlib.Path, declared: str, expected: dict[str, t.Any]) -> None:
    compose = (
        f"services: {{web: {{image: a, volumes: ['data:/d']}}}}\nvolumes: {{data: {declared}}}"
    )
    definition, warnings = load(tmp_path, compose)
    assert definition["volumes"] == {"data": expected}
    assert definition["services"]["web"]["container"]["mounts"][0]["source"] == "data"
    assert warnings == []


@pytest.mark.parametrize(
    "volumes",
    [
        "{data: {per_container: true}, data_x: , data-1: }",
        "{data: , data_1: }",
        "{a: {external: true, name: same}, b: {external: true, name: same}}",
    ],
)
def test_volumes_that_do_not_meet(tmp_path: pathlib.Path, volumes: str) -> None:
    definition, _warnings = load(tmp_path, f"services: {{web: {{image: a}}}}\nvolumes: {volumes}")
    assert len(definition["volumes"]) > 1


def test_an_undeclared_volume_is_plain(tmp_path: pathlib.Path) -> None:
    definition, warnings = load(tmp_path, "services: {web: {image: a, volumes: ['data:/d']}}")
    assert definition["volumes"] == {}
    assert definition["services"]["web"]["container"]["mounts"][0] == {
        "kind": "volume",
        "source": "data",
        "target": "/d",
        "options": [],
    }
    assert warnings == []


def test_a_volume_that_is_nearly_declared_is_told_of(tmp_path: pathlib.Path) -> None:
    compose = "services: {web: {image: a, volumes: ['date:/d']}}\nvolumes: {data: }"
    _definition, warnings = load(tmp_path, compose)
    assert warnings == [
        'docker-compose.yml: service "web": key "volumes.0": '
        'the volume "date" is not declared; did you mean "data"?'
    ]
