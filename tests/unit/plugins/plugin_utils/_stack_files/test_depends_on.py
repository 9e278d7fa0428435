# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""depends_on in its long form: what orders the creation, and what holds a start."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load, refused


def compose(of_db: str) -> str:
    return f"services: {{web: {{image: a, depends_on: {{{of_db}}}}}, db: {{image: b}}}}"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("db: ", ["db"]),
        ("db: {condition: service_started}", ["db"]),
        ("db: {condition: service_started, required: false, restart: false}", ["db"]),
        ("gone: {condition: service_started, required: false}", []),
    ],
)
def test_what_orders_the_creation(tmp_path: pathlib.Path, written: str, names: list[str]) -> None:
    definition, warnings = load(tmp_path, compose(written))
    assert definition["services"]["web"]["depends_on"] == names
    assert not warnings


def test_restart_is_said_to_have_no_effect(tmp_path: pathlib.Path) -> None:
    definition, warnings = load(tmp_path, compose("db: {restart: true}"))
    assert definition["services"]["web"]["depends_on"] == ["db"]
    assert ['key "depends_on.db.restart": has no effect' in text for text in warnings] == [True]


def test_a_service_that_must_be_healthy(tmp_path: pathlib.Path) -> None:
    definition, warnings = load(tmp_path, compose("db: {condition: service_healthy}"))
    assert definition["services"]["web"]["gates"] == {"db": "healthy"}
    assert definition["services"]["web"]["depends_on"] == ["db"]
    assert "gates" not in definition["services"]["db"]
    assert not warnings


def test_a_service_that_must_end_runs_once_which_is_said(tmp_path: pathlib.Path) -> None:
    definition, warnings = load(
        tmp_path, compose("db: {condition: service_completed_successfully}")
    )
    assert definition["services"]["web"]["gates"] == {"db": "completed"}
    assert definition["services"]["db"]["start_once"]
    (said,) = warnings
    assert 'service "db": runs once, as "web" waits for its end' in said


def test_a_service_that_never_ends_is_not_waited_for(tmp_path: pathlib.Path) -> None:
    written = """
services:
  web: {image: a, depends_on: {db: {condition: service_completed_successfully}}}
  db: {image: b, health_check: {port: 80}}
"""
    (problem,) = refused(tmp_path, written)
    assert problem.message == 'never ends, and "web" waits for its end'


def test_what_has_no_containers_is_never_healthy(tmp_path: pathlib.Path) -> None:
    written = """
services:
  web: {image: a, depends_on: {db: {condition: service_healthy}}}
  db: {image: rancher/external-service, external_ips: [192.0.2.1]}
"""
    (problem,) = refused(tmp_path, written)
    assert "has no containers; write service_started" in problem.message


def test_a_missing_service_that_is_not_required_is_no_gate(tmp_path: pathlib.Path) -> None:
    written = compose("gone: {condition: service_healthy, required: false}")
    definition, _warnings = load(tmp_path, written)
    assert "gates" not in definition["services"]["web"]


def test_an_unknown_condition(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, compose("db: {condition: service_health}"))
    assert problem.message.startswith("must be one of service_started, service_healthy, ")
    assert 'did you mean "service_healthy"' in problem.message


@pytest.mark.parametrize("written", ["gone: ", "gone: {required: true}"])
def test_a_service_that_must_be_there(tmp_path: pathlib.Path, written: str) -> None:
    (problem,) = refused(tmp_path, compose(written))
    assert 'no service "gone"' in problem.message
