# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad files, folders and stacks: each is refused with its place and what is wrong."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.problems import StackError
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    Files,
    load,
    refused,
)

NOT_RUN = "is not run by this release"
WEB = "web: {image: nginx}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
)


class Bad(t.NamedTuple):
    files: Files
    file: str
    key: str
    message: str
    service: str = ""


BAD_FILES = {
    "empty": Bad({COMPOSE: ""}, COMPOSE, "", "is empty"),
    "comments only": Bad({COMPOSE: "# nothing\n"}, COMPOSE, "", "is empty"),
    "empty map": Bad({COMPOSE: "{}"}, COMPOSE, "", "is empty"),
    "list": Bad({COMPOSE: "- web\n- db\n"}, COMPOSE, "", "must be a map of services, not a list"),
    "text": Bad({COMPOSE: "hello"}, COMPOSE, "", "not text"),
    "not utf-8": Bad({COMPOSE: b"web:\n  image: caf\xe9\n"}, COMPOSE, "", "line 2: is not UTF-8"),
    "utf-16": Bad({COMPOSE: WEB.encode("utf-16")}, COMPOSE, "", "is not UTF-8"),
    "tab": Bad({COMPOSE: "web:\n\timage: nginx\n"}, COMPOSE, "", "spaces, never with tabs"),
    "unclosed": Bad({COMPOSE: "web: {image: nginx\n"}, COMPOSE, "", "is not YAML"),
    "NUL": Bad({COMPOSE: b"web: {image: n\0}\n"}, COMPOSE, "", "is not YAML"),
    "two documents": Bad({COMPOSE: f"{WEB}---\n{WEB}"}, COMPOSE, "", "second YAML document"),
    "larger than 5 MB": Bad({COMPOSE: "#" * (5 * 2**20 + 1)}, COMPOSE, "", "larger than 5 MB"),
    "deep": Bad({COMPOSE: "a: " + "[" * 3000}, COMPOSE, "", "nested more than 60 deep"),
    "deep and huge": Bad({COMPOSE: "[" * 4_000_000}, COMPOSE, "", "nested more than 60 deep"),
    "alias bomb": Bad({COMPOSE: BOMB}, COMPOSE, "", "more than 100000 values"),
    "holds itself": Bad({COMPOSE: "a: &a [*a]\n"}, COMPOSE, "", "or holds itself"),
    "unknown alias": Bad({COMPOSE: "a: *b\n"}, COMPOSE, "", "undefined alias"),
    "python object": Bad(
        {COMPOSE: "a: !!python/object/apply:os.system [id]\n"}, COMPOSE, "", "the tag"
    ),
    "own tag": Bad({COMPOSE: "a: !mine 1\n"}, COMPOSE, "", 'the tag "!mine"'),
    "binary": Bad({COMPOSE: "a: !!binary aGk=\n"}, COMPOSE, "", 'the tag "!!binary"'),
    "key is a map": Bad({COMPOSE: "{{a: b}: c}\n"}, COMPOSE, "", "a key must be text"),
    "merge of text": Bad({COMPOSE: "a: {<<: b}\n"}, COMPOSE, "", "<< takes a map"),
    "go template": Bad(
        {COMPOSE: 'a:\n{{- if eq .Values.X "1" }}\n  image: b\n{{- end }}\n'}, COMPOSE, "", NOT_RUN
    ),
    "go template inside of text": Bad(
        {COMPOSE: 'a: {image: b, command: "{{ .Values.X }}"}'}, COMPOSE, "", "line 1: a Go template"
    ),
    "template file": Bad(
        {"docker-compose.yml.tpl": WEB}, "docker-compose.yml.tpl", "", f"a template {NOT_RUN}"
    ),
    "service is nothing": Bad({COMPOSE: "web:\n"}, COMPOSE, "", "not nothing", service="web"),
    "service is text": Bad({COMPOSE: "web: nginx\n"}, COMPOSE, "", "not text", service="web"),
    "no service": Bad({COMPOSE: "version: '2'\nservices: {}\n"}, COMPOSE, "", "holds no service"),
    "services is a list": Bad({COMPOSE: "services: [web]"}, COMPOSE, "services", "not a list"),
    "unknown version": Bad({COMPOSE: "version: '4'\nservices: {}"}, COMPOSE, "version", "'2', '3'"),
    "version of the first format": Bad(
        {COMPOSE: f"version: '2'\n{WEB}"}, COMPOSE, "web", 'written under "services"'
    ),
    "misspelt services": Bad(
        {COMPOSE: "version: '2'\nservcies: {}\n"}, COMPOSE, "servcies", 'did you mean "services"?'
    ),
    "no services in today's file": Bad(
        {"compose.yaml": WEB}, "compose.yaml", "services", "is missing"
    ),
    "volumes in the first format": Bad(
        {COMPOSE: f"{WEB}volumes: {{data: }}"}, COMPOSE, "volumes", "version: '2'"
    ),
    "networks": Bad(
        {COMPOSE: f"services: {{{WEB.strip()}}}\nnetworks: [a]"}, COMPOSE, "networks", "a map"
    ),
    "secrets": Bad(
        {COMPOSE: f"services: {{{WEB.strip()}}}\nsecrets: {{a: {{}}}}"}, COMPOSE, "secrets", NOT_RUN
    ),
    "include": Bad(
        {COMPOSE: f"services: {{{WEB.strip()}}}\ninclude: a"}, COMPOSE, "include", "must be a list"
    ),
    "answers are a list": Bad(
        {COMPOSE: WEB, "answers.yml": "- A=b"}, "answers.yml", "", "variable: value"
    ),
    "answer is a map": Bad(
        {COMPOSE: WEB, "answers.yml": "A: {b: c}"}, "answers.yml", "A", "must be one value"
    ),
    "answer without a name": Bad(
        {COMPOSE: WEB, "answers.yml": "a-b: c"}, "answers.yml", "a-b", "no name of a variable"
    ),
    "rancher file is a list": Bad(
        {COMPOSE: WEB, "rancher-compose.yml": "- a"}, "rancher-compose.yml", "", "map of services"
    ),
    "rancher file is no YAML": Bad(
        {COMPOSE: WEB, "rancher-compose.yml": "a: ["}, "rancher-compose.yml", "", "is not YAML"
    ),
    "rancher entry is text": Bad(
        {COMPOSE: WEB, "rancher-compose.yml": "web: 2"},
        "rancher-compose.yml",
        "",
        "must be a map",
        service="web",
    ),
    "hostname in the rancher file": Bad(
        {COMPOSE: WEB, "rancher-compose.yml": "web: {hostname: db example.com}"},
        "rancher-compose.yml",
        "hostname",
        "a host name such as db.example",
        service="web",
    ),
    "questions are a map": Bad(
        {COMPOSE: WEB, "rancher-compose.yml": ".catalog: {questions: {a: b}}"},
        "rancher-compose.yml",
        ".catalog.questions",
        "must be a list",
    ),
    "question without a variable": Bad(
        {COMPOSE: WEB, "rancher-compose.yml": ".catalog: {questions: [{default: b}]}"},
        "rancher-compose.yml",
        ".catalog.questions.0",
        '"variable"',
    ),
}

# What is wrong with a whole stack: compose file -> service, key, message.
BAD_STACKS = {
    "name with a space": ("my web: {image: a}", "my web", "", 'for example "my-web"'),
    "name with an underscore first": ("_web: {image: a}", "_web", "", 'for example "web"'),
    "name with two dots": ("a..b: {image: a}", "a..b", "", 'for example "a-b"'),
    "names that differ in a dot": ("a.b: {image: a}\na_b: {image: a}", "a_b", "", "in - _ and ."),
    "name with two hyphens": ("a--b: {image: a}", "a--b", "", "single hyphens"),
    "name with a hyphen at its end": ("a-: {image: a}", "a-", "", "single hyphens"),
    "name with a line break": ('"a\\nb": {image: a}', "a\nb", "", "letters, digits"),
    "name that is empty": ('"": {image: a}', "", "", "letters, digits"),
    "name that is too long": (f"{'a' * 54}: {{image: a}}", "a" * 54, "", "longer than 57"),
    "names that differ in case": (
        "Web: {image: a}\nweb: {image: a}",
        "web",
        "",
        "only in upper and lower case",
    ),
    "circle of two": (
        "a: {image: a, depends_on: [b]}\nb: {image: a, depends_on: [a]}",
        "a",
        "depends_on",
        'a circle: "a" -> "b" -> "a"',
    ),
    "circle behind a service": (
        "x: {image: a, depends_on: [a]}\na: {image: a, depends_on: [b]}\n"
        "b: {image: a, depends_on: {c: }}\nc: {image: a, depends_on: [a]}",
        "a",
        "depends_on",
        '"a" -> "b" -> "c" -> "a"',
    ),
    "extends in a circle": (
        "a: {extends: b, image: a}\nb: {extends: a}\nc: {image: a}",
        "a",
        "extends",
        "a circle",
    ),
    "volume is text": ("volumes: {a: local}", "", "volumes.a", "must be a map"),
    "volume's name": ("volumes: {'a b': }", "", "volumes.a b", "letters, digits"),
    "volume's key": ("volumes: {a: {drivr: b}}", "", "volumes.a.drivr", 'did you mean "driver"?'),
    "volume's labels": ("volumes: {a: {labels: [b]}}", "", "volumes.a.labels", NOT_RUN),
    "volume's driver": ("volumes: {a: {driver: [b]}}", "", "volumes.a.driver", "must be text"),
    "volume's options": (
        "volumes: {a: {driver_opts: {b: [c]}}}",
        "",
        "volumes.a.driver_opts.b",
        "must be text",
    ),
    "external with a driver": (
        "volumes: {a: {external: true, driver: nfs}}",
        "",
        "volumes.a.driver",
        "exists already",
    ),
    "external is text": ("volumes: {a: {external: b}}", "", "volumes.a.external", "true or false"),
    "name of per_container": (
        "volumes: {a: {per_container: true, name: b}}",
        "",
        "volumes.a.name",
        "every member has its own",
    ),
    "two volumes of one name": (
        "volumes: {a: , b: {name: shop_a}}",
        "",
        "volumes.b",
        'the name "shop_a"',
    ),
    "per_container meets a stack volume": (
        "volumes: {data: {per_container: true}, data_1: }",
        "",
        "volumes.data_1",
        'a member\'s volume "data"',
    ),
    "plain volume meets a declared one": (
        "services: {web: {image: a, volumes: ['shop_data:/x']}}\nvolumes: {data: }",
        "web",
        "volumes",
        'the declared volume "data"',
    ),
    "plain volume meets an unnamed one": (
        "services: {web: {image: a, volumes: ['shop_web_1_data_1b2c3d4e:/x']}}",
        "web",
        "volumes",
        "a volume without a name",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_its_place(tmp_path: pathlib.Path, case: str) -> None:
    bad = BAD_FILES[case]
    problems = refused(tmp_path, bad.files)
    found = [(one.file, one.service, one.key) for one in problems]
    assert found == [(bad.file, bad.service, bad.key)], [str(one) for one in problems]
    assert bad.message in problems[0].message
    assert "\n" not in str(problems[0])


@pytest.mark.parametrize("case", BAD_STACKS)
def test_a_bad_stack_is_refused_with_its_place(tmp_path: pathlib.Path, case: str) -> None:
    compose, service, key, message = BAD_STACKS[case]
    if compose.startswith("volumes:"):
        compose = f"version: '2'\nservices: {{web: {{image: a}}}}\n{compose}"
    problems = [one for one in refused(tmp_path, compose) if one.service == service]
    assert [(one.file, one.key) for one in problems] == [(COMPOSE, key)], problems
    assert message in problems[0].message
    assert "\n" not in str(problems[0])


def test_no_compose_file(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, {"rancher-compose.yml": WEB})
    assert "holds no docker-compose.yml" in str(problem)
    assert problem.file == str(tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (COMPOSE, "compose.yaml"),
        (COMPOSE, "docker-compose.yaml"),
        ("rancher-compose.yml", "rancher-compose.yaml"),
        ("answers.yml", "answers.yaml"),
    ],
)
def test_two_files_of_one_meaning(tmp_path: pathlib.Path, one: str, other: str) -> None:
    (problem,) = refused(tmp_path, {COMPOSE: WEB, one: WEB, other: WEB})
    assert f'"{one}"' in problem.message
    assert f'"{other}"' in problem.message


@pytest.mark.parametrize("folder", ["missing", "a-file"])
def test_no_folder(tmp_path: pathlib.Path, folder: str) -> None:
    (tmp_path / "a-file").write_text("", encoding="utf-8")
    with pytest.raises(StackError, match="is no folder that can be read"):
        load_stack(str(tmp_path / folder), stack=None, variables={})


def test_a_compose_file_that_is_no_file_does_not_block(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / COMPOSE)
    with pytest.raises(StackError, match=r"docker-compose.yml: is a FIFO, not a regular file"):
        load_stack(str(tmp_path), stack=None, variables={})


def test_a_dangling_link(tmp_path: pathlib.Path) -> None:
    (tmp_path / COMPOSE).symlink_to(tmp_path / "nowhere")
    with pytest.raises(StackError, match="can't be read: No such file"):
        load_stack(str(tmp_path), stack=None, variables={})


@pytest.mark.parametrize("stack", ["---", "é", " "])
def test_a_name_without_a_letter(tmp_path: pathlib.Path, stack: str) -> None:
    problems = refused(tmp_path, WEB, stack=stack)
    assert [one.message for one in problems] == [
        f'"{stack}" gives the stack no name: it has no letter or digit'
    ]


def test_a_container_name_leaves_room_for_four_digits(tmp_path: pathlib.Path) -> None:
    definition, _warnings = load(tmp_path, f"{'a' * 53}: {{image: a}}")
    assert len(f"shop-{'a' * 53}-9999") == 63
    assert list(definition["services"]) == ["a" * 53]


def test_names_in_messages_cannot_draw_on_the_terminal(tmp_path: pathlib.Path) -> None:
    text = str(refused(tmp_path, '"a\\e[31m\\u202e": {image: a}')[0])
    assert text.isprintable()
    assert r"a\x1b[31m\u202e" in text


def test_many_problems_are_cut_in_the_text_only(tmp_path: pathlib.Path) -> None:
    compose = "\n".join(f"s{number}: {{image: A}}" for number in range(60))
    with pytest.raises(StackError) as caught:
        load(tmp_path, compose)
    assert len(caught.value.problems) == 60
    assert str(caught.value).splitlines()[-1] == "... and 10 more"
