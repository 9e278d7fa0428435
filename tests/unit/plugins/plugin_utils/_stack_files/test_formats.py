# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of compose and rancher-compose files, in any combination, mean the same stack."""

from __future__ import annotations

import itertools
import pathlib

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    load,
    refused,
    with_keys,
    write,
)

SERVICES = """\
web:
  image: wordpress:6
  ports: ['8080:80']
  links: [db:mysql]
  volumes: [/var/www/html]
db:
  image: mariadb:11
  environment: {{MYSQL_ROOT_PASSWORD: '${{PASSWORD}}'}}
  {network}: {mode}
"""
RANCHER = """\
web: {scale: '2', retain_ip: true, metadata: {port: '${PORT}'}}
db:
"""
CATALOG = """\
questions:
  - {variable: PORT, default: 80}
  - {variable: PASSWORD, required: true}
"""


def indented(text: str, by: int = 2) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


FIRST = SERVICES.format(network="net", mode="bridge")
SECOND = indented(SERVICES.format(network="network_mode", mode="bridge"))
COMPOSE_FILES = {
    "v1": (COMPOSE, FIRST),
    "v1 .yaml": ("docker-compose.yaml", FIRST),
    "v2": (COMPOSE, f"version: '2'\nservices:\n{SECOND}"),
    "v2 as a number": (COMPOSE, f"version: 2\nservices:\n{SECOND}"),
    "v2.1": (COMPOSE, f"version: '2.1'\nservices:\n{SECOND}volumes:\nnetworks: {{}}\n"),
    "v3": (COMPOSE, f"version: '3.8'\nservices:\n{SECOND}"),
    "no version": (COMPOSE, f"services:\n{SECOND}x-note: a\n"),
    "today's": ("compose.yaml", f"name: other\nservices:\n{SECOND}"),
    "today's .yml": ("compose.yml", f"services:\n{SECOND}"),
    "CRLF": (COMPOSE, FIRST.replace("\n", "\r\n")),
    "with a byte order mark": (COMPOSE, f"\ufeff{FIRST}"),
}
RANCHER_FILES = {
    "v1": f"{RANCHER}.catalog:\n{indented(CATALOG)}",
    "v1 catalog": f"catalog:\n{indented(CATALOG)}{RANCHER}",
    "v2": f"version: '2'\n.catalog:\n{indented(CATALOG)}services:\n{indented(RANCHER)}",
    "v2 catalog": f"version: 2\ncatalog:\n{indented(CATALOG)}services:\n{indented(RANCHER)}",
    "v2 catalog inside": (
        f"version: '2'\nservices:\n{indented(RANCHER)}  .catalog:\n{indented(CATALOG, 4)}"
    ),
}


@pytest.mark.parametrize(
    ("compose", "rancher"), list(itertools.product(COMPOSE_FILES, RANCHER_FILES))
)
def test_any_combination_gives_the_same_stack(
    tmp_path: pathlib.Path, compose: str, rancher: str
) -> None:
    name, content = COMPOSE_FILES[compose]
    files = {name: content, "rancher-compose.yml": RANCHER_FILES[rancher]}
    definition, warnings = load(tmp_path, files, environ={"PASSWORD": "s3cret"})
    assert warnings == []
    web, db = definition["services"]["web"], definition["services"]["db"]
    assert (definition["format"], definition["stack"]) == (1, "shop")
    assert (web["scale"], web["retain_ip"], web["metadata"]) == (2, True, {"port": "80"})
    assert (web["network"], db["network"]) == ("managed", "bridge")
    assert web["links"] == [{"stack": "shop", "service": "db", "alias": "mysql"}]
    assert db["container"] == {"environment": {"MYSQL_ROOT_PASSWORD": "s3cret"}}


def test_rancher_keys_are_legal_in_the_compose_file(tmp_path: pathlib.Path) -> None:
    compose = "web: {image: a, scale: 3, retain_ip: true, metadata: {a: 1, b: 2}}"
    rancher = "web: {scale: 2, metadata: {c: 3}}"
    definition, _warnings = load(tmp_path, {COMPOSE: compose, "rancher-compose.yml": rancher})
    web = definition["services"]["web"]
    assert (web["scale"], web["retain_ip"], web["metadata"]) == (2, True, {"c": 3})


def test_compose_keys_are_legal_in_the_rancher_file(tmp_path: pathlib.Path) -> None:
    compose = "web: {image: a, labels: {x: 1, y: 2}, ports: [80], command: a}"
    rancher = "web: {labels: {y: 3}, ports: [81], command: b}"
    definition, _warnings = load(tmp_path, {COMPOSE: compose, "rancher-compose.yml": rancher})
    container = definition["services"]["web"]["container"]
    assert container["labels"] == {"x": "1", "y": "3"}
    assert [port["private"] for port in container["ports"]] == [80, 81]
    assert container["command"] == ["b"]


def test_a_compose_file_alone_has_scale_1(tmp_path: pathlib.Path) -> None:
    definition, warnings = load(tmp_path, "web: {image: a}")
    assert definition["services"]["web"]["scale"] == 1
    assert warnings == []


def test_entries_of_unknown_services_are_ignored_with_a_warning(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "web: {image: a}",
        "rancher-compose.yml": "lb: {lb_config: {a: b}}\nx-a: {}\n",
    }
    _definition, warnings = load(tmp_path, files)
    assert warnings == [
        'rancher-compose.yml: service "lb": is ignored: docker-compose.yml has no such service'
    ]


@pytest.mark.parametrize("rancher", ["", "# nothing\n", "version: '2'\n", "web:\n"])
def test_an_empty_rancher_file_says_nothing(tmp_path: pathlib.Path, rancher: str) -> None:
    definition, warnings = load(
        tmp_path, {COMPOSE: "web: {image: a}", "rancher-compose.yml": rancher}
    )
    assert (list(definition["services"]), warnings) == (["web"], [])


def test_a_service_may_be_called_catalog(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: "catalog: {image: a}", "rancher-compose.yml": "catalog: {scale: 2}"}
    definition, _warnings = load(tmp_path, files)
    assert definition["services"]["catalog"]["scale"] == 2


def test_a_service_may_begin_with_x(tmp_path: pathlib.Path) -> None:
    definition, warnings = load(tmp_path, "services: {x-ray: {image: a}}\nx-note: {image: b}")
    assert list(definition["services"]) == ["x-ray"]
    assert warnings == []


def test_an_extension_of_the_first_format_that_looks_like_a_service_is_named(
    tmp_path: pathlib.Path,
) -> None:
    definition, warnings = load(tmp_path, "x-ray: {image: a}\nweb: {image: a}\nx-note: b")
    assert list(definition["services"]) == ["web"]
    assert warnings == [
        'docker-compose.yml: key "x-ray": is ignored, as all top-level keys that begin with "x-"'
    ]


def test_one_file_can_hold_all_with_its_catalog(tmp_path: pathlib.Path) -> None:
    compose = "version: '2'\n.catalog: {questions: [{variable: TAG, default: 1.10}]}\n"
    definition, _warnings = load(tmp_path, compose + "services: {web: {image: 'a:${TAG}'}}")
    assert definition["services"]["web"]["image"] == "a:1.10"


@pytest.mark.parametrize(
    ("given", "own", "folder", "expected"),
    [
        (None, None, "My_Shop.v2", "my-shop-v2"),
        (None, "Blog!", "shop", "blog"),
        (None, "${NAME}", "shop", "from-variable"),
        ("Own Name", "blog", "shop", "own-name"),
    ],
)
def test_the_name_of_the_stack(
    tmp_path: pathlib.Path, given: str | None, own: str | None, folder: str, expected: str
) -> None:
    name = f"name: {own}\n" if own else ""
    files = {COMPOSE: f"{name}services: {{web: {{image: a, volumes: ['d:/d']}}}}\nvolumes: {{d: }}"}
    definition, _warnings = load(
        tmp_path / folder, files, stack=given, environ={"NAME": "from variable"}
    )
    assert definition["stack"] == expected
    assert definition["volumes"]["d"]["name"] == f"{expected}_d"


@pytest.mark.parametrize(
    ("head", "refused_there"),
    [("services:", False), ("version: '3'\nservices:", False), ("version: '2'\nservices:", True)],
)
def test_braces_of_docker_are_no_template_in_todays_files(
    tmp_path: pathlib.Path, head: str, refused_there: bool
) -> None:
    words = "{{if .Labels}}{{.Names}}{{end}}"
    compose = f"{head}\n  web: {{image: a, command: ['ps', '{words}']}}\n"
    if refused_there:
        assert "a Go template" in refused(tmp_path, compose)[0].message
    else:
        definition, _warnings = load(tmp_path, compose)
        assert definition["services"]["web"]["container"]["command"] == ["ps", words]


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        ("", False),
        ("version: '2'\nservices:\n", False),
        ("services:\n", True),
        ("version: '2.4'\nservices:\n", True),
    ],
)
def test_a_lone_dollar_is_an_error_in_ranchers_formats_only(
    tmp_path: pathlib.Path, head: str, stays: bool
) -> None:
    compose = (
        head + "  web:\n    image: a\n    environment: {PRICE: costs $5, END: a$, TWO: a $ b}\n"
    )
    if stays:
        definition, _warnings = load(tmp_path, compose)
        found = definition["services"]["web"]["container"]["environment"]
        assert found == {"PRICE": "costs $5", "END": "a$", "TWO": "a $ b"}
    else:
        assert ["write $$" in one.message for one in refused(tmp_path, compose)] == [True] * 3


def test_a_lone_dollar_in_the_rancher_file_is_an_error(tmp_path: pathlib.Path) -> None:
    files = {COMPOSE: with_keys(""), "rancher-compose.yml": "web: {metadata: {a: $5}}"}
    assert refused(tmp_path, files)[0].file == "rancher-compose.yml"


def test_a_go_template_is_refused_in_the_file_that_holds_it(tmp_path: pathlib.Path) -> None:
    write(tmp_path, {"docker-compose.yml.tpl": "x"})
    problems = refused(
        tmp_path, {COMPOSE: "web: {image: a}", "rancher-compose.yml": "{{ .Values.A }}"}
    )
    assert [problem.file for problem in problems] == ["rancher-compose.yml"]


@pytest.mark.parametrize(
    "command",
    ['"--format {{.Names}}"', '"{{ json .State }}"', "'{{ item }}'", "'{{7*7}} {% if 1 %}'"],
)
def test_braces_that_are_no_template_of_rancher_stay(tmp_path: pathlib.Path, command: str) -> None:
    definition, _warnings = load(tmp_path, f"web: {{image: a, entrypoint: [{command}]}}")
    assert definition["services"]["web"]["container"]["entrypoint"] == [command.strip("\"'")]


def test_a_file_can_say_that_it_is_no_template(tmp_path: pathlib.Path) -> None:
    content = '# notemplating\nweb: {image: a, command: ["{{ .Values.X }}"]}'
    definition, _warnings = load(tmp_path, content)
    assert definition["services"]["web"]["container"]["command"] == ["{{ .Values.X }}"]
