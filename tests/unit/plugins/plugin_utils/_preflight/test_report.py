# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of preflight: its texts, its lines, and what an installation would do."""

from __future__ import annotations

import pathlib
import re
import string
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._preflight import (
    judgement,
    report,
    texts,
)
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.install import (
    CURED,
    installation,
)
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.problem import Look, Problem
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.texts import (
    CODES,
    cause_and_cure,
)
from ansible_collections.drover.docker.tests.unit.shared.preflight_looks import look

NO_SDK = Problem("sdk_missing", {"python": "/usr/bin/python3"})
NO_ENGINE = Problem("engine_missing")
STOPPED = Problem("engine_stopped", {"address": "unix:///run/docker.sock"})
LOW = Problem("disk_low", {"folder": "/x", "free": "1.0 GB", "percent": "3"}, "warning")
FULL = Problem("disk_full", {"folder": "/x", "free": "1 MB"})


def test_each_problem_that_is_found_has_its_texts() -> None:
    folder = pathlib.Path(judgement.__file__).parent
    code = "".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.stem != "texts")
    named = {name for name in re.findall(r'"([a-z]+(?:_[a-z]+)*)"', code) if name in CODES}
    assert {code for code in CODES if not code.startswith("engine_")} <= named
    assert named | {f"engine_{fault}" for fault in ("no_permission", "timeout")} <= CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_texts_are_filled_in(code: str) -> None:
    names = {
        name
        for text in texts._TEXTS[code]
        for _before, name, _form, _how in string.Formatter().parse(text)
        if name
    }
    cause, cure = cause_and_cure(Problem(code, {name: f"<{name}>" for name in names}))
    assert cause
    assert cure or code in ("misfit",)
    assert all(f"<{name}>" in cause + cure for name in names)


def test_what_a_host_says_is_neither_a_template_nor_a_control_character() -> None:
    told = Problem("port_taken", {"port": "2377/tcp", "program": "{{ 1 }}\x1b[2J{% x %}"})
    cause, _cure = cause_and_cure(told)
    assert "\\x7b{ 1 }}\\x1b[2J\\x7b% x %}" in cause


def test_a_program_that_is_not_seen_is_another_program() -> None:
    cause, _cure = cause_and_cure(Problem("port_taken", {"port": "2377/tcp", "program": ""}))
    assert cause.startswith("port 2377/tcp is taken by another program")


def test_lines_and_data() -> None:
    found = {"h1": [], "h2": [NO_SDK, LOW], "h3": [LOW]}
    assert [(host, severity) for host, severity, _text in report.lines(found)] == [
        ("h2", "error"),
        ("h2", "warning"),
        ("h3", "warning"),
    ]
    assert report.lines(found)[0][2] == (
        "/usr/bin/python3 lacks the package docker; install python3-docker (Debian, Ubuntu, Fedora), "
        "or docker by pip"
    )
    assert report.summary(found) == "preflight: 3 hosts, 2 with problems"
    data = report.as_data(found)
    assert {host: item["ok"] for host, item in data.items()} == {
        "h1": True,
        "h2": False,
        "h3": True,
    }
    assert set(data["h2"]["problems"][0]) == {"code", "severity", "text", "cure"}


def test_nothing_wrong_is_one_line() -> None:
    assert report.lines({"h1": []}) == []
    assert report.summary({"h1": []}) == "preflight: 1 host, no problems"


@pytest.mark.parametrize(
    ("problems", "packages", "start"),
    [
        ([NO_SDK], ["python3-docker"], False),
        ([NO_ENGINE, LOW], ["docker.io"], True),
        ([NO_SDK, NO_ENGINE], ["docker.io", "python3-docker"], True),
        ([NO_SDK, STOPPED], ["python3-docker"], True),
        ([STOPPED], [], True),
    ],
)
def test_an_installation_brings_what_is_missing(
    problems: list[Problem], packages: list[str], start: bool
) -> None:
    assert installation(look(), problems) == {"packages": packages, "start": start}


@pytest.mark.parametrize("problems", [[], [LOW], [NO_SDK, FULL], [FULL]])
def test_a_host_that_it_does_not_cure_is_left_alone(problems: list[Problem]) -> None:
    assert installation(look(), problems) is None


def test_another_distribution_is_left_alone_but_its_engine_is_started() -> None:
    fedora: dict[str, t.Any] = {"distribution": ["fedora"]}
    assert installation(look(**fedora), [NO_SDK]) is None
    assert installation(look(**fedora), [STOPPED]) == {"packages": [], "start": True}
    assert installation(look(distribution=["ubuntu", "debian"]), [NO_SDK]) is not None


def test_a_host_without_an_answer_is_left_alone() -> None:
    assert installation(Look(None), [NO_SDK]) is None
    assert CURED <= CODES
