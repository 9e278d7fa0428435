# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that count beside the compose file: .env, the override file and what is included."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load, refused

COMPOSE = "compose.yaml"
OVERRIDE = "compose.override.yaml"
WEB = """\
services:
  web:
    image: nginx:${TAG:-1}
    command: [from, base]
    environment: {A: base, B: base}
    ports: ['80:80']
    volumes: ['x:/x', 'y:/y']
    dns: 10.0.0.1
    healthcheck: {test: [CMD, base], retries: 3}
    logging: {driver: json-file, options: {max-size: 1m}}
"""


def container(folder: pathlib.Path, files: dict[str, str], **options: t.Any) -> dict[str, t.Any]:
    definition, _warnings = load(folder, files, **options)
    return t.cast("dict[str, t.Any]", definition["services"]["web"]["container"])


def image(folder: pathlib.Path, files: dict[str, str], **options: t.Any) -> str:
    definition, _warnings = load(folder, files, **options)
    return str(definition["services"]["web"]["image"])


# .env


def test_variables_of_dotenv_come_after_those_of_the_environment(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: WEB, ".env": "BASE=2\nTAG=${BASE}.1 # ours\n"}
    assert image(tmp_path, files) == "nginx:2.1"
    assert image(tmp_path, files, environ={"BASE": "3"}) == "nginx:3.1"
    assert image(tmp_path, files, environ={"TAG": "4"}) == "nginx:4"
    assert image(tmp_path, {**files, "answers.yml": "TAG: 5"}) == "nginx:5"


def test_variables_of_dotenv_come_before_defaults_of_questions(tmp_path: pathlib.Path) -> None:
    catalog = ".catalog: {questions: [{variable: TAG, default: 9}]}\n"
    assert image(tmp_path, {COMPOSE: catalog + WEB}) == "nginx:9"
    assert image(tmp_path, {COMPOSE: catalog + WEB, ".env": "TAG=2"}) == "nginx:2"


def test_dotenv_is_not_the_environment_of_containers(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: WEB, ".env": "SECRET='x$y'"}
    assert container(tmp_path, files)["environment"] == {"A": "base", "B": "base"}


def test_a_bad_line_of_dotenv_is_named_and_not_shown(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, {COMPOSE: WEB, ".env": "A=1\nhunter2 oops\n"})
    assert str(problem) == ".env: line 2: must be NAME=value"


def test_the_name_of_a_project_may_stand_in_dotenv(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: "name: other\n" + WEB, ".env": "COMPOSE_PROJECT_NAME=mine\n"}
    assert load(tmp_path, files, stack=None)[0]["stack"] == "mine"
    assert load(tmp_path, files, stack="given")[0]["stack"] == "given"


def test_the_name_of_the_project_is_a_variable(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: WEB.replace("nginx", "${COMPOSE_PROJECT_NAME}")}
    assert image(tmp_path, files, stack="shop") == "shop:1"


def test_compose_file_in_dotenv_is_refused(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, {COMPOSE: WEB, ".env": "COMPOSE_FILE=a.yml:b.yml"})
    assert problem.file == ".env"
    assert "include" in problem.message


# the override file


@pytest.mark.parametrize("name", [OVERRIDE, "compose.override.yml", "docker-compose.override.yml"])
def test_the_override_file_is_merged_over_the_compose_file(
    tmp_path: pathlib.Path, name: str
) -> None:
    over = """\
services:
  web:
    command: [from, over]
    environment: [B=over, C=$TAG]
    ports: ['80:80', '81:81']
    volumes: ['z:/y:ro']
    dns: [10.0.0.2]
    healthcheck: {test: [CMD, over]}
    logging: {options: {max-file: 2}}
  more: {image: b}
"""
    definition, warnings = load(tmp_path, {COMPOSE: WEB, name: over}, environ={"TAG": "7"})
    found = definition["services"]["web"]["container"]
    assert list(definition["services"]) == ["web", "more"]
    assert found["command"] == ["from", "over"]
    assert found["environment"] == {"A": "base", "B": "over", "C": "7"}
    assert [port["public"] for port in found["ports"]] == [80, 81]
    assert [(one["source"], one["target"]) for one in found["mounts"]] == [("x", "/x"), ("z", "/y")]
    assert found["dns"] == ["10.0.0.1", "10.0.0.2"]
    assert found["healthcheck"] == {"test": ["CMD", "over"], "retries": 3}
    assert found["logging"]["options"] == {"max-size": "1m", "max-file": "2"}
    assert not warnings


def test_options_of_another_log_driver_are_not_mixed(tmp_path: pathlib.Path) -> None:
    over = "services: {web: {logging: {driver: syslog}}}"
    found = container(tmp_path, {COMPOSE: WEB, OVERRIDE: over})["logging"]
    assert found == {"driver": "syslog", "options": {}}


def test_reset_and_override(tmp_path: pathlib.Path) -> None:
    over = """\
services:
  web:
    ports: !override ['8080:80']
    environment: !override {D: $TAG}
    volumes: !reset []
    healthcheck: {retries: !reset null}
    command: !reset null
"""
    found = container(tmp_path, {COMPOSE: WEB, OVERRIDE: over}, environ={"TAG": "7"})
    assert [port["public"] for port in found["ports"]] == [8080]
    assert found["environment"] == {"D": "7"}
    assert found["healthcheck"] == {"test": ["CMD", "base"]}
    assert not {"mounts", "command"} & set(found)


def test_reset_takes_away_what_a_service_extends(tmp_path: pathlib.Path) -> None:
    compose = WEB.replace("  web:", "  base:") + "  web: {extends: base, ports: !reset []}\n"
    assert "ports" not in container(tmp_path, {COMPOSE: compose})


def test_the_two_tags_say_nothing_where_there_is_nothing_below(tmp_path: pathlib.Path) -> None:
    compose = "services: {web: {image: a, ports: !override ['80:80'], environment: !reset {A: b}}}"
    found = container(tmp_path, {COMPOSE: compose})
    assert len(found["ports"]) == 1
    assert "environment" not in found


def test_volumes_of_both_files_are_merged(tmp_path: pathlib.Path) -> None:
    over = "volumes: {x: {driver_opts: {b: '2'}}, z: {}}"
    base = WEB + "volumes: {x: {driver: local, driver_opts: {a: '1'}}}"
    definition, _warnings = load(tmp_path, {COMPOSE: base, OVERRIDE: over})
    assert list(definition["volumes"]) == ["x", "z"]
    assert definition["volumes"]["x"]["driver_opts"] == {"a": "1", "b": "2"}


def test_the_override_file_of_a_first_format_has_the_first_format(tmp_path: pathlib.Path) -> None:
    files = {
        "docker-compose.yml": "web: {image: a}",
        "docker-compose.override.yml": "web: {tty: true}",
    }
    assert container(tmp_path, files)["tty"] is True


def test_what_is_wrong_in_the_override_file_is_said_there(tmp_path: pathlib.Path) -> None:
    over = "services: {web: {imge: b, tty: '${'}, new: {tty: true}}"
    found = refused(tmp_path, {COMPOSE: WEB, OVERRIDE: over})
    assert {(one.file, one.service, one.key) for one in found} == {
        (OVERRIDE, "web", "imge"),
        (OVERRIDE, "web", "tty"),
        (OVERRIDE, "new", "image"),
    }


def test_two_override_files_are_refused(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: WEB, OVERRIDE: "services: {}", "compose.override.yml": "services: {}"}
    assert "keep one of them" in refused(tmp_path, files)[0].message


def test_environment_comes_before_env_files_of_either_file(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "services: {web: {image: a, environment: {A: base}, env_file: one.env}}",
        OVERRIDE: "services: {web: {env_file: [{path: two.env}]}}",
        "one.env": "A=1\nB=1\nC=1",
        "two.env": "A=2\nB=2",
    }
    assert container(tmp_path, files)["environment"] == {"A": "base", "B": "2", "C": "1"}


def test_labels_of_files_come_after_those_of_the_service(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "services: {web: {image: a, label_file: ./one.labels, labels: {a: own}}}",
        OVERRIDE: "services: {web: {label_file: [sub/two.labels]}}",
        "one.labels": "a=1\nb=1\nc=$V # note\n",
        "sub/two.labels": "b=2",
    }
    found = container(tmp_path, files, environ={"V": "v"})
    assert found["labels"] == {"a": "own", "b": "2", "c": "v"}


# include


def test_included_files_bring_their_own_variables_and_paths(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "include: [db/compose.yaml]\n" + WEB,
        "db/compose.yaml": "services: {db: {image: 'db:$TAG', env_file: own.env}}\nvolumes: {d: {}}",
        "db/own.env": "A=$TAG",
        "db/.env": "TAG=inner",
    }
    definition, _warnings = load(tmp_path, files)
    services = definition["services"]
    assert (services["db"]["image"], services["web"]["image"]) == ("db:inner", "nginx:1")
    assert services["db"]["container"]["environment"] == {"A": "inner"}
    assert list(definition["volumes"]) == ["d"]
    outer, _warnings = load(tmp_path, files, environ={"TAG": "outer"})
    assert outer["services"]["db"]["image"] == "db:outer"


def test_an_entry_of_include_may_name_files_that_are_merged(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "include: [{path: [a.yaml, '${B}.yaml'], env_file: [x.env]}]\n" + WEB,
        "a.yaml": "services: {db: {image: a, tty: true}}",
        "b.yaml": "services: {db: {image: $IMAGE}}",
        "x.env": "IMAGE=b",
    }
    definition, _warnings = load(tmp_path, files, environ={"B": "b"})
    assert definition["services"]["db"]["image"] == "b"
    assert definition["services"]["db"]["container"]["tty"] is True


def test_included_files_include_others(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "include: [a/a.yaml]\n" + WEB,
        "a/a.yaml": "include: [../b.yaml]\nservices: {a: {image: a}}",
        "b.yaml": "services: {b: {image: b}}",
    }
    assert set(load(tmp_path, files)[0]["services"]) == {"web", "a", "b"}


def test_the_override_file_changes_what_is_included(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "include: [a.yaml]\n" + WEB,
        "a.yaml": "services: {a: {image: a}}",
        OVERRIDE: "services: {a: {image: b}}",
    }
    assert load(tmp_path, files)[0]["services"]["a"]["image"] == "b"


def test_the_same_service_in_two_files_is_refused_unless_it_is_the_same(
    tmp_path: pathlib.Path,
) -> None:
    files = {
        COMPOSE: "include: [a.yaml]\nservices: {a: {image: a}, b: {image: b}}",
        "a.yaml": "services: {a: {image: a}, b: {image: c}}",
    }
    (problem,) = refused(tmp_path, files)
    assert (problem.file, problem.key) == (COMPOSE, "include.0")
    assert '"a.yaml" has "b" under services too' in problem.message


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("../a.yaml", "outside of the stack's folder"),
        ("none.yaml", "can't be read"),
        ("compose.yaml", "a circle"),
        ("https://example.org/a.yaml", "copy it into the stack's folder"),
        ("{path: a.yaml, project_directory: other}", "it is the folder of the file"),
        ("{paths: a.yaml}", 'did you mean "path"'),
        ("{env_file: a}", 'needs a "path"'),
        ("[[a]]", "must be the path of a file, not a list"),
    ],
)
def test_an_include_that_is_not_possible(tmp_path: pathlib.Path, entry: str, message: str) -> None:
    files = {COMPOSE: f"include: [{entry}]\n{WEB}", "a.yaml": "services: {a: {image: a}}"}
    assert message in str(refused(tmp_path, files)[0])


# profiles

PROFILES = """\
services:
  web: {image: a, depends_on: {db: {condition: service_started, required: false}}}
  db: {image: b, profiles: [data, all]}
  tool: {image: c, profiles: ['${P:-tools}']}
"""


@pytest.mark.parametrize(
    ("profiles", "names"),
    [
        ([], ["web"]),
        (["data"], ["web", "db"]),
        (["all", "tools"], ["web", "db", "tool"]),
        (["*"], ["web", "db", "tool"]),
        (["other"], ["web"]),
    ],
)
def test_services_of_profiles_that_nobody_wants_are_left_out(
    tmp_path: pathlib.Path, profiles: list[str], names: list[str]
) -> None:
    definition, warnings = load(tmp_path, PROFILES, profiles=profiles)
    assert list(definition["services"]) == names
    assert definition["services"]["web"]["depends_on"] == [name for name in names if name == "db"]
    assert not warnings


def test_profiles_may_stand_in_dotenv(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: PROFILES, ".env": "COMPOSE_PROFILES=data, tools\nP=tools"}
    assert set(load(tmp_path, files)[0]["services"]) == {"web", "db", "tool"}
    assert set(load(tmp_path, files, profiles=[])[0]["services"]) == {"web"}


@pytest.mark.parametrize("key", ["depends_on: [db]", "depends_on: {db: }", "links: ['db:x']"])
def test_what_needs_a_service_of_a_profile_says_so(tmp_path: pathlib.Path, key: str) -> None:
    compose = f"services: {{web: {{image: a, {key}}}, db: {{image: b, profiles: [data]}}}}"
    (problem,) = refused(tmp_path, compose)
    assert (problem.service, problem.key) == ("web", key.partition(":")[0])
    assert '"-e profiles=data"' in problem.message
    load(tmp_path, compose, profiles=["data"])
