# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of lb_config that Rancher did not have: retry and statistics."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._compose.balancer.extras import extras
from ansible_collections.drover.docker.plugins.module_utils._model.problems import Notes, Place
from ansible_collections.drover.docker.tests.unit.shared.balancer_files import PLAIN, two_files
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load


def read(**config: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    notes = Notes()
    found = extras(config, {80}, Place(notes, service="lb").at("lb_config"))
    return found, [str(problem) for problem in notes.problems]


def test_nothing_said() -> None:
    assert read() == ({"retry": True, "statistics": None}, [])


@pytest.mark.parametrize("value", [False, "false", "no", 0])
def test_retries_can_be_turned_off(value: t.Any) -> None:
    assert read(retry=value)[0]["retry"] is False


def test_the_statistics_page_has_a_password() -> None:
    page = {"port": "9000", "password": "s3cret#"}
    assert read(statistics=page) == (
        {"retry": True, "statistics": {"port": 9000, "user": "admin", "password": "s3cret#"}},
        [],
    )


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ({"port": 9000}, 'statistics.password": is missing'),
        ({"password": "x"}, 'statistics.port": is missing'),
        ({"port": 80, "password": "x"}, "80 is a source port of a rule"),
        ({"port": 42, "password": "x"}, "42 is the port of its own health check"),
        ({"port": 8404, "password": "x"}, "8404 is the port of its metrics"),
        ({"port": 70000, "password": "x"}, "statistics.port"),
        ({"port": 9000, "password": "a b"}, "without spaces and colons"),
        ({"port": 9000, "password": "a:b"}, "without spaces and colons"),
        ({"port": 9000, "password": "a\nb"}, "statistics.password"),
        ({"port": 9000, "password": "x", "pasword": "y"}, 'did you mean "password"?'),
        ("9000", "must be a map"),
    ],
)
def test_a_bad_page_is_refused(page: t.Any, text: str) -> None:
    problems = read(statistics=page)[1]
    assert len(problems) == 1
    assert text in problems[0]


PAGE = f"port_rules:\n- {{{PLAIN}}}\nstatistics: {{port: 9000, password: x}}"


@pytest.mark.parametrize(
    ("written", "public"), [("9000:9000", 9000), ("19000:9000", 19000), ("9000", 9000)]
)
def test_the_page_can_be_published(tmp_path: pathlib.Path, written: str, public: int) -> None:
    definition, warnings = load(tmp_path, two_files(PAGE, f"    ports: ['{written}']\n"))
    (port,) = definition["services"]["lb"]["container"]["ports"]
    assert (port["public"], port["private"], warnings) == (public, 9000, [])


def test_a_bad_retry_is_refused() -> None:
    assert "lb_config.retry" in read(retry="perhaps")[1][0]
