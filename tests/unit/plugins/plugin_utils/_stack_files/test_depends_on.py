# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""depends_on in its long form: what orders the creation is taken, what would hold a start is refused by name."""

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


@pytest.mark.parametrize("condition", ["service_healthy", "service_completed_successfully"])
def test_a_gate_is_refused_with_what_to_write(tmp_path: pathlib.Path, condition: str) -> None:
    (problem,) = refused(tmp_path, compose(f"db: {{condition: {condition}}}"))
    assert (problem.service, problem.key) == ("web", "depends_on.db.condition")
    assert problem.message.startswith(
        f'"{condition}" is not run by this release; write service_started'
    )


@pytest.mark.parametrize("written", ["gone: ", "gone: {required: true}"])
def test_a_service_that_must_be_there(tmp_path: pathlib.Path, written: str) -> None:
    (problem,) = refused(tmp_path, compose(written))
    assert 'no service "gone"' in problem.message
