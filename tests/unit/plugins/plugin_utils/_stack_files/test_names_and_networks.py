# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that a service answers to, and Compose's networks, of which there is one."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    load,
    refused,
    service,
)

COMPOSE = "docker-compose.yml"


def services(folder: pathlib.Path, compose: str) -> tuple[dict[str, t.Any], list[str]]:
    definition, warnings = load(folder, {COMPOSE: compose})
    return definition["services"], warnings


@pytest.mark.parametrize("name", ["my_web", "web.v2", "a_b.c-d", "Web_1"])
def test_names_of_services_may_have_underscores_and_dots(tmp_path: pathlib.Path, name: str) -> None:
    found, warnings = services(tmp_path, f"services: {{{name}: {{image: a}}}}")
    assert list(found) == [name]
    assert not warnings


def test_a_name_with_a_dot_is_found_by_a_link(tmp_path: pathlib.Path) -> None:
    """Asked for as it is, C(db.v2) would be the service db of a stack v2."""
    compose = """\
services:
  web: {image: a, links: ['plain:x']}
  own: {image: a, links: ['db.v2:DB.V2']}
  plain: {image: a}
  away: {image: a, network_mode: host}
  db.v2: {image: b}
"""
    found, _warnings = services(tmp_path, compose)
    link = {"stack": "shop", "service": "db.v2", "alias": "db.v2"}
    assert found["web"]["links"] == [{"stack": "shop", "service": "plain", "alias": "x"}, link]
    assert found["own"]["links"] == [{**link, "alias": "DB.V2"}]
    assert found["plain"]["links"] == [link]
    assert found["away"]["links"] == found["db.v2"]["links"] == []


def test_the_name_of_a_container_is_a_further_name_of_a_single_member(
    tmp_path: pathlib.Path,
) -> None:
    assert service(tmp_path, "container_name: my_app")["aliases"] == ["my_app"]
    assert "aliases" not in service(tmp_path, "container_name: web")
    assert "aliases" not in service(tmp_path, "container_name: app\nscale: 2")
    compose = "services: {a: {image: a, container_name: one.two}, b: {image: b}}"
    found, _warnings = services(tmp_path, compose)
    assert found["b"]["links"] == [{"stack": "shop", "service": "a", "alias": "one.two"}]


def test_aliases_of_all_networks_count_on_the_one(tmp_path: pathlib.Path) -> None:
    compose = """\
services:
  web: {image: a, networks: {front: {aliases: [www, web]}, back: , default: {aliases: [www, in], priority: 5}}}
  db: {image: b, networks: [back]}
networks: {front: {driver: bridge}, back: , outer: {external: true, name: proxy}}
"""
    found, warnings = services(tmp_path, compose)
    assert found["web"]["aliases"] == ["www", "in"]
    assert "aliases" not in found["db"]
    (told,) = warnings
    assert told.startswith(
        'docker-compose.yml: key "networks": all services share the managed network'
    )
    assert 'nothing joins "outer"' in told


PROMISES = [
    ("{a: {internal: true}}", "[a]", "networks.a.internal"),
    ("{a: {driver: macvlan}}", "[a]", "networks.a.driver"),
    ("{a: {driver_opts: {encrypted: ''}}}", "[a]", "networks.a.driver_opts"),
    ("{a: }", "{a: {ipv4_address: 10.0.0.2}}", "networks.a.ipv4_address"),
]


@pytest.mark.parametrize(("top", "own", "key"), PROMISES)
def test_a_promise_that_is_not_kept_is_refused_unless_it_is_accepted(
    tmp_path: pathlib.Path, top: str, own: str, key: str
) -> None:
    compose = f"services: {{web: {{image: a, networks: {own}}}}}\nnetworks: {top}\n"
    (problem,) = refused(tmp_path, {COMPOSE: compose})
    assert problem.key == key
    assert "write x-drover: {shared_network: true}" in problem.message
    accepted = compose + "x-drover: {shared_network: true}\n"
    _found, warnings = services(tmp_path, accepted)
    assert any("is not kept" in text and f'"{key}"' in text for text in warnings)
    assert refused(tmp_path, {COMPOSE: compose + "x-drover: {shared_network: false}\n"})


@pytest.mark.parametrize(
    ("more", "key", "message"),
    [
        ("x-drover: {shared_net: true}", "x-drover.shared_net", 'did you mean "shared_network"'),
        ("x-drover: true", "x-drover", "must be a map"),
        ("networks: {a: [b]}", "networks.a", "must be a map"),
        ("networks: {a: {drive: x}}", "networks.a.drive", 'did you mean "driver"'),
    ],
)
def test_what_is_wrong_with_networks_is_said(
    tmp_path: pathlib.Path, more: str, key: str, message: str
) -> None:
    (problem,) = refused(tmp_path, {COMPOSE: f"services: {{web: {{image: a}}}}\n{more}"})
    assert problem.key == key
    assert message in problem.message


def test_networks_of_an_override_file_are_merged(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "services: {web: {image: a, networks: [a]}}\nnetworks: {a: {internal: true}}",
        "compose.override.yaml": "services: {web: {networks: {b: {aliases: [x]}}}}\n"
        "networks: {a: {internal: false}, b: {}}",
    }
    assert load(tmp_path, files)[0]["services"]["web"]["aliases"] == ["x"]
