# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""env_file: what its lines mean, and that no message shows them. A value with None is an error."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.problems import Invalid
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.dotenv import parse
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    load,
    refused,
    with_keys,
)

ONE_FILE = with_keys("env_file: a.env")


def read(
    folder: pathlib.Path, content: str | bytes, **options: t.Any
) -> tuple[dict[str, str], list[str]]:
    """The environment of a service with one env file, and the warnings."""
    definition, warnings = load(folder, {COMPOSE: ONE_FILE, "a.env": content}, **options)
    return definition["services"]["web"]["container"].get("environment", {}), warnings


# content, variable -> value
VALUES = [
    ("A=val#whole", "A", "val#whole"),
    ("A=two words", "A", "two words"),
    ("A=bar ", "A", "bar"),
    ("A =bar", "A", "bar"),
    ("A= bar", "A", "bar"),
    ("  A=bar", "A", "bar"),
    ("\tA=bar", "A", "bar"),
    ("A=", "A", ""),
    ("A=# a note", "A", "# a note"),
    ("A= # a note", "A", ""),
    ("A=bar # a note", "A", "bar"),
    ("A=bar\t# a note", "A", "bar"),
    ("A=postgres://u:p@db/x?a=b", "A", "postgres://u:p@db/x?a=b"),
    ('A="bar"', "A", "bar"),
    ("A='bar'", "A", "bar"),
    ("A=\"'d'\"", "A", "'d'"),
    ('A="val #in" # a note', "A", "val #in"),
    ("A='val #in' # a note", "A", "val #in"),
    ("export A=2", "A", "2"),
    ("export\tA=2", "A", "2"),
    ("exportA=2", "exportA", "2"),
    ("a.b-c=1", "a.b-c", "1"),
    # escapes and several lines
    ('A="x\\ny"', "A", "x\ny"),
    ('A="x\\ty\\"z"', "A", 'x\ty"z'),
    ('A="\\x07"', "A", "\\x07"),
    ("A='x\\ny'", "A", "x\\ny"),
    ('A="x:1\ny:2"\nB=3', "A", "x:1\ny:2"),
    ('A="x:1\ny:2"\nB=3', "B", "3"),
    ("A=1\r\nB=2\r\n", "A", "1"),
    ("\ufeffA=1", "A", "1"),
    # variables
    ("A=$SET/x", "A", "here/x"),
    ('A="<${SET}>"', "A", "<here>"),
    ("A='$SET'", "A", "$SET"),
    ('A="\\${SET}"', "A", "${SET}"),
    ("B=test\nA=${B}bar", "A", "testbar"),
    ("SET=file\nA=$SET", "A", "here"),
    ("A=${NONE:-d}", "A", "d"),
    ("A=pass$word", "A", "pass"),
    ("A=costs $5$", "A", "costs $5$"),
    ("A=$(date)", "A", "$(date)"),
    ("A=a$$b", "A", "a$b"),
    ("SET", "SET", "here"),
]


@pytest.mark.parametrize(("content", "name", "value"), VALUES)
def test_a_line_means_what_it_means_to_compose(
    tmp_path: pathlib.Path, content: str, name: str, value: str
) -> None:
    found, _warnings = read(tmp_path, content, environ={"SET": "here"})
    assert found[name] == value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("=x", "line 1: must be NAME=value"),
        ("A=1\nhunter 2=c", "line 2: must be NAME=value"),
        ("root:*:20228:0:99999:7:::", "line 1: must be NAME=value"),
        ("hunter$2", "line 1: must be NAME=value"),
        ('A=1\nKEY="hunter2', 'line 2: a quote " is not closed'),
        ('KEY="', 'line 1: a quote " is not closed'),
        ("KEY='hun'ter2", "line 1: something follows the closing quote"),
    ],
)
def test_a_bad_line_is_named_by_its_number_only(content: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(content)
    assert str(caught.value) == message


def test_a_bad_variable_in_a_value_is_not_shown(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, {COMPOSE: ONE_FILE, "a.env": "A=1\nB=hunter2${x!y}"})
    assert problem.message.startswith('"a.env": line 2: the ${...} in the value is not possible')
    assert "hunter" not in problem.message
    assert "x!y" not in problem.message


def test_what_is_not_set_is_told_without_the_content_of_the_file(tmp_path: pathlib.Path) -> None:
    found, warnings = read(tmp_path, "A=1\nhunter2\nB=pass$word")
    assert found == {"A": "1", "B": "pass"}
    where = 'docker-compose.yml: service "web": key "env_file": "a.env": line'
    assert warnings == [
        f"{where} 2: the variable is not set, and is left out of the environment",
        f"{where} 3: the variable has a variable in its value that is not set and counts as empty",
    ]


def test_a_file_of_passwords_of_a_system_shows_no_line(tmp_path: pathlib.Path) -> None:
    content = "root:$y$j9T$abc:20228:0:99999:7:::\ndaemon:*:20228:0:99999:7:::\n"
    problems = refused(tmp_path, {COMPOSE: ONE_FILE, "a.env": content})
    assert [item.message for item in problems] == ['"a.env": line 1: must be NAME=value']


def test_an_entry_of_environment_that_is_no_name_is_not_shown(tmp_path: pathlib.Path) -> None:
    compose = with_keys("environment: ['PASSWORD: hunter2']")
    _definition, warnings = load(tmp_path, compose)
    assert len(warnings) == 1
    assert "hunter2" not in warnings[0]
    assert "neither NAME=value nor the name of a variable" in warnings[0]


def test_later_files_and_environment_win(tmp_path: pathlib.Path) -> None:
    keys = "env_file: [a.env, {path: b.env}, {path: none.env, required: false}]\nenvironment: [C=3]"
    files = {COMPOSE: with_keys(keys), "a.env": "A=1\nB=1\nC=1", "b.env": "B=2\r\nC=2\r\nA\n"}
    definition, warnings = load(tmp_path, files)
    environment = definition["services"]["web"]["container"]["environment"]
    assert environment == {"A": "1", "B": "2", "C": "3"}
    assert len(warnings) == 1  # A in b.env


def test_nothing_is_said_of_what_environment_sets(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: with_keys("env_file: a.env\nenvironment: {A: 1}"), "a.env": "A\n"}
    assert load(tmp_path, files)[1] == []


def test_a_raw_file_is_taken_as_it_is(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: with_keys("env_file: [{path: a.env, format: raw}]"),
        "a.env": '# no\nA="kept $X" # too\nB= x \n',
    }
    definition, _warnings = load(tmp_path, files)
    environment = definition["services"]["web"]["container"]["environment"]
    assert environment == {"A": '"kept $X" # too', "B": " x "}


def test_an_env_file_that_is_not_utf8(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, {COMPOSE: ONE_FILE, "a.env": b"A=\xff"})
    assert (problem.key, problem.message) == (
        "env_file",
        '"a.env": line 1: is not UTF-8 text; save the file as UTF-8',
    )
