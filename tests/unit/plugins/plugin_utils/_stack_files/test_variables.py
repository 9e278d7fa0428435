# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where variables come from, in which order, and what is said of those that are not set."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    load,
    refused,
    service,
)

SOURCES = {
    "variables": {"X": "given"},
    "answers": "X: answered",
    "environ": {"X": "environment"},
    "catalog": "{questions: [{variable: X, default: asked}]}",
}


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ([], "given"),
        (["variables"], "answered"),
        (["variables", "answers"], "environment"),
        (["variables", "answers", "environ"], "asked"),
        (["variables", "answers", "environ", "catalog"], ""),
    ],
)
def test_the_first_source_that_has_it_wins(
    tmp_path: pathlib.Path, without: list[str], expected: str
) -> None:
    found: dict[str, t.Any] = {key: None if key in without else SOURCES[key] for key in SOURCES}
    files = {
        COMPOSE: "web: {image: a, labels: {x: $X}}",
        "answers.yml": found["answers"] or "",
        "rancher-compose.yml": f".catalog: {found['catalog'] or '{}'}",
    }
    definition, _warnings = load(
        tmp_path, files, variables=found["variables"], environ=found["environ"]
    )
    assert definition["services"]["web"]["container"]["labels"] == {"x": expected}


def test_an_empty_value_is_a_value(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: "web: {image: a, labels: {x: '${X-d}'}}", "answers.yml": "X:"}
    definition, warnings = load(tmp_path, files, environ={"X": "later"})
    assert definition["services"]["web"]["container"]["labels"] == {"x": ""}
    assert warnings == []


def test_answers_and_defaults_keep_their_text(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "web: {image: a, environment: [A=$A, B=$B, C=$C, D=$D]}",
        "answers.yml": "A: 1.10\nB: true\n",
        "rancher-compose.yml": ".catalog: {questions: [{variable: C, default: False}, "
        "{variable: D, default: 022, type: int, options: [a]}, {variable: E, default: }]}",
    }
    definition, _warnings = load(tmp_path, files)
    container = definition["services"]["web"]["container"]
    assert container["environment"] == {"A": "1.10", "B": "true", "C": "false", "D": "022"}


def test_one_warning_for_each_variable_and_file(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "web: {image: a, command: $B $A $A, labels: {x: $A}}",
        "rancher-compose.yml": "web: {metadata: {a: $A, b: $$A}}",
    }
    _definition, warnings = load(tmp_path, files)
    assert warnings == [
        'docker-compose.yml: the variable "A" is not set and counts as empty',
        'docker-compose.yml: the variable "B" is not set and counts as empty',
        'rancher-compose.yml: the variable "A" is not set and counts as empty',
    ]


def test_keys_are_never_replaced(tmp_path: pathlib.Path) -> None:
    container = service(tmp_path, "environment: {$A: $A}", environ={"A": "x"})["container"]
    assert container["environment"] == {"$A": "x"}


def test_names_of_the_environment_without_a_value_are_looked_up(tmp_path: pathlib.Path) -> None:
    keys = "environment:\n  - SET\n  - EMPTY=\n  - UNSET\n  - GIVEN=x"
    container = service(tmp_path, keys, environ={"SET": "y$Z", "EMPTY": "z", "GIVEN": "z"})[
        "container"
    ]
    assert container["environment"] == {"SET": "y$Z", "EMPTY": "", "GIVEN": "x"}


def test_nulls_of_the_environment_are_looked_up(tmp_path: pathlib.Path) -> None:
    keys = "environment: {SET: , EMPTY: '', UNSET: ~, WORD: 'null'}"
    container = service(tmp_path, keys, environ={"SET": "y"})["container"]
    assert container["environment"] == {"SET": "y", "EMPTY": "", "WORD": "null"}


def test_volumes_are_replaced_too(tmp_path: pathlib.Path) -> None:
    compose = "services: {web: {image: a}}\nvolumes: {a: {driver: '$D', driver_opts: {o: '$$x'}}}"
    definition, _warnings = load(tmp_path, compose, environ={"D": "nfs"})
    assert definition["volumes"]["a"]["driver"] == "nfs"
    assert definition["volumes"]["a"]["driver_opts"] == {"o": "$x"}


def test_a_volume_whose_key_is_a_variable_is_told_of(tmp_path: pathlib.Path) -> None:
    compose = "services: {web: {image: a, volumes: ['$V:/a']}}\nvolumes: {'${V}': }"
    definition, warnings = load(tmp_path, compose, environ={"V": "acme"})
    assert definition["volumes"] == {}
    assert definition["services"]["web"]["container"]["mounts"][0]["source"] == "acme"
    assert warnings == [
        'docker-compose.yml: key "volumes.${V}": variables are not replaced in keys; no service can use this volume'
    ]


def test_what_a_variable_leaves_empty_is_tolerated_where_rancher_did(
    tmp_path: pathlib.Path,
) -> None:
    keys = """\
ports: ['${P}:3000']
external_links: ['${L}:database']
volumes: ['${V}:/var/x']
volume_driver: ${D}
hostname: ${H}
mem_limit: ${M}
net: ${N}
labels: {'io.rancher.scheduler.affinity:host_label': '${A}', 'io.rancher.scheduler.global': '$G'}"""
    web = service(tmp_path, keys)
    assert sorted(web["container"]) == ["labels", "mounts", "ports"]
    assert (web["links"], web["global"], web["network"]) == ([], False, "managed")


def test_an_error_names_file_service_and_key(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "web: {image: a, labels: {x: '$'}, ports: ['80', '${X'], command: [a, [$]]}",
        "rancher-compose.yml": "web: {metadata: {a: [{b: '${X:?no X}'}]}}",
    }
    found = [(one.file, one.service, one.key) for one in refused(tmp_path, files)]
    assert found[:3] == [
        (COMPOSE, "web", "labels.x"),
        (COMPOSE, "web", "ports.1"),
        (COMPOSE, "web", "command.1.0"),
    ]
    assert ("rancher-compose.yml", "web", "metadata.a.0.b") in found


def test_nothing_in_a_file_is_evaluated(tmp_path: pathlib.Path) -> None:
    keys = """\
command: ["$$(touch {0})", "`touch {0}`", "; touch {0}", "{{{{ lookup('pipe', 'touch {0}') }}}}"]
environment: {{A: "$$(touch {0})", B: "{{{{ 7 * 7 }}}}", C: "${{X:-$$(touch {0})}}"}}""".format(
        tmp_path / "touched"
    )
    container = service(tmp_path, keys, environ={"X": "$(touch x) ${Y} {{ 1 }}"})["container"]
    assert container["command"][0] == f"$(touch {tmp_path / 'touched'})"
    assert container["environment"]["B"] == "{{ 7 * 7 }}"
    assert container["environment"]["C"] == "$(touch x) ${Y} {{ 1 }}"
    assert not (tmp_path / "touched").exists()
