# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""extends: done when the stack is loaded, from files of its folder."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.raw_services import (
    LONGEST_CHAIN,
)
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    load,
    refused,
)


def container(folder: pathlib.Path, files: dict[str, str], **options: t.Any) -> dict[str, t.Any]:
    definition, _warnings = load(folder, files, **options)
    return t.cast("dict[str, t.Any]", definition["services"]["web"]["container"])


BASE = """\
services:
  base:
    image: base:1
    command: from base
    environment: {A: base, B: base}
    labels: [a=base]
    ports: ['80:80']
    volumes: ['x:/x', 'y:/y']
    env_file: base.env
    depends_on: [db]
"""


def test_a_service_is_laid_over_what_it_extends(tmp_path: pathlib.Path) -> None:
    compose = """\
services:
  web:
    extends: {service: base, file: common/base.yml}
    command: from web
    environment: [B=web]
    labels: {b: web}
    ports: ['81:81']
    volumes: ['z:/y:ro']
"""
    files = {COMPOSE: compose, "common/base.yml": BASE, "common/base.env": "C=file"}
    definition, warnings = load(tmp_path, files)
    web = definition["services"]["web"]
    found = web["container"]
    assert web["image"] == "base:1"
    assert web["depends_on"] == []
    assert found["command"] == ["from", "web"]
    assert found["environment"] == {"A": "base", "B": "web", "C": "file"}
    assert found["labels"] == {"a": "base", "b": "web"}
    assert [port["public"] for port in found["ports"]] == [80, 81]
    assert [(one["source"], one["target"]) for one in found["mounts"]] == [("x", "/x"), ("z", "/y")]
    assert warnings == [
        'docker-compose.yml: service "web": key "extends": "depends_on" is not taken over'
    ]


def test_extends_goes_over_several_services_and_files(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "web: {extends: middle, environment: {A: $V}}\n"
        "middle: {extends: {service: b, file: b.yml}, tty: true}",
        "b.yml": "version: '2'\nservices: {b: {image: 'b:$V', net: host, tty: false}}",
    }
    definition, _warnings = load(tmp_path, files, environ={"V": "5"})
    web = definition["services"]["web"]
    assert (web["image"], web["network"]) == ("b:5", "host")
    assert web["container"] == {"environment": {"A": "5"}, "tty": True}


def test_a_newer_name_replaces_an_older_one(tmp_path: pathlib.Path) -> None:
    compose = (
        "web: {extends: base, network_mode: bridge, logging: {driver: b}}\n"
        "base: {image: a, net: host, log_driver: a}"
    )
    definition, _warnings = load(tmp_path, compose)
    web = definition["services"]["web"]
    assert web["network"] == "bridge"
    assert web["container"]["logging"] == {"driver": "b", "options": {}}


def test_what_is_wrong_in_the_extended_file_is_said_there(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "web: {extends: {service: b, file: b.yml}, labels: {a: [b]}}",
        "b.yml": "b: {image: B, imge: a, tty: $}",
    }
    found = [(one.file, one.service, one.key) for one in refused(tmp_path, files)]
    assert sorted(found) == [
        ("b.yml", "b", "tty"),
        ("b.yml", "web", "image"),
        ("b.yml", "web", "imge"),
        (COMPOSE, "web", "labels.a"),
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"b.yml": "a: {image: a, extends: {service: web, file: docker-compose.yml}}"},
            '"web" -> "a" -> "web"',
        ),
        ({"b.yml": "c: {image: a}"}, 'the file "b.yml" has no service "a"'),
        ({}, "b.yml: can't be read: No such file or directory"),
    ],
)
def test_extends_that_leads_nowhere(
    tmp_path: pathlib.Path, files: dict[str, str], message: str
) -> None:
    compose = "web: {image: a, extends: {service: a, file: b.yml}}"
    (problem,) = refused(tmp_path, {COMPOSE: compose, **files})
    assert message in str(problem)


def chain(length: int) -> str:
    """A file in which each service extends the next one."""
    links = [f"  s{at}: {{extends: s{at + 1}}}" for at in range(length)]
    return "\n".join(["services:", *links, f"  s{length}: {{image: a}}", ""])


def test_a_chain_as_long_as_possible(tmp_path: pathlib.Path) -> None:
    definition, _warnings = load(tmp_path, chain(LONGEST_CHAIN))
    assert definition["services"]["s0"]["image"] == "a"


def test_a_longer_chain_is_refused_with_file_and_service(tmp_path: pathlib.Path) -> None:
    problem = refused(tmp_path, chain(3000))[0]
    assert (problem.file, problem.service, problem.key) == (COMPOSE, "s32", "extends")
    assert "a chain of more than 32 services" in problem.message
