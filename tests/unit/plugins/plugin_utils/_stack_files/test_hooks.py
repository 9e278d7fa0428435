# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs before an upgrade: what a file says of it becomes, and what is refused."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.config_hash import (
    changed_keys,
    config_hash,
)
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    load,
    refused,
    service,
    with_keys,
)

HOUR = 3_600_000
WRITTEN = {
    "{command: bin/migrate --all}": {"command": ["bin/migrate", "--all"], "timeout_ms": HOUR},
    "{command: [sh, -c, 'a b']}": {"command": ["sh", "-c", "a b"], "timeout_ms": HOUR},
    "{command: a, timeout: 1m30s}": {"command": ["a"], "timeout_ms": 90_000},
    "{command: a, timeout: ''}": {"command": ["a"], "timeout_ms": HOUR},
    "": None,
    "{}": None,
}
WRONG = {
    "x-drover: {pre_deploy: {timeout: 1m}}": ("command", "is missing"),
    "x-drover: {pre_deploy: {command: a, timeout: 0s}}": ("timeout", "must be from 1s to 24h"),
    "x-drover: {pre_deploy: {command: a, timeout: 25h}}": ("timeout", "must be from 1s to 24h"),
    "x-drover: {pre_deploy: {comand: a}}": ("comand", 'did you mean "command"'),
    "x-drover: {predeploy: {command: a}}": ("predeploy", 'did you mean "pre_deploy"'),
    "x-drover: {pre_deploy: migrate}": ("pre_deploy", 'must be a map such as "command: ..."'),
    "x-drover: migrate": ("x-drover", 'must be a map such as "pre_deploy: ..."'),
    "x-drover: {pre_deploy: {command: a}}\nexternal_ips: [10.0.0.1]": ("x-drover", "has no hooks"),
}


@pytest.mark.parametrize(("written", "becomes"), WRITTEN.items())
def test_it_becomes_a_command_and_a_time(
    tmp_path: pathlib.Path, written: str, becomes: dict[str, t.Any] | None
) -> None:
    assert service(tmp_path, f"x-drover: {{pre_deploy: {written}}}").get("pre_deploy") == becomes


@pytest.mark.parametrize(("keys", "told"), WRONG.items())
def test_what_is_wrong_is_named(tmp_path: pathlib.Path, keys: str, told: tuple[str, str]) -> None:
    found = {
        str(item.key).rpartition(".")[2]: item.message
        for item in refused(tmp_path, with_keys(keys))
    }
    assert told[1] in found[told[0]]


def test_a_load_balancer_has_none(tmp_path: pathlib.Path) -> None:
    keys = (
        "lb_config: {port_rules: [{source_port: 80, target_port: 80, service: web}]}\n"
        "x-drover: {pre_deploy: {command: a}}"
    )
    assert any(
        "a load balancer has no hooks" in item.message
        for item in refused(tmp_path, with_keys(keys))
    )


@pytest.mark.parametrize("key", ["post_start", "pre_start", "pre_stop"])
def test_composes_own_hooks_are_refused_with_what_to_write(
    tmp_path: pathlib.Path, key: str
) -> None:
    (problem,) = refused(tmp_path, with_keys(f"{key}: [{{command: a}}]"))
    assert problem.key == key
    assert "is not run by this release; " in problem.message


def test_a_change_of_it_alone_needs_no_new_container(tmp_path: pathlib.Path) -> None:
    old = service(tmp_path, "x-drover: {pre_deploy: {command: a}}")
    new = service(tmp_path, "x-drover: {pre_deploy: {command: b}}")
    assert config_hash(old, {}) == config_hash(new, {})
    assert changed_keys(old, new) == ["x-drover"]


def test_other_extensions_are_nobodys_business(tmp_path: pathlib.Path) -> None:
    _found, warnings = load(tmp_path, {COMPOSE: with_keys("x-note: {pre_deploy: 1}")})
    assert not warnings
