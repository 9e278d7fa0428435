# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Symbolic links of a stack's folder: followed inside of it, never to the outside, whatever names the file."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Notes,
    Place,
    Problem,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.certificates import (
    Certificates,
    CertificateSources,
)
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    load,
    refused,
    with_keys,
    write,
)

SECRET = "hunter2"
WEB = "services: {web: {image: a}}\n"
OUTSIDE = "a symbolic link that leads outside of the stack's folder"


@pytest.fixture(name="folder")
def a_folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A stack's folder, beside one with a secret."""
    write(tmp_path, {"outside/x": f"{SECRET}: {{image: {SECRET}}}\n"})
    (tmp_path / "stack").mkdir()
    return tmp_path / "stack"


def link(folder: pathlib.Path, name: str, target: str) -> None:
    (folder / name).symlink_to(target)


def check(problems: list[Problem]) -> None:
    assert [OUTSIDE in item.message for item in problems] == [True], problems
    assert SECRET not in str(problems[0])


@pytest.mark.parametrize("name", ["docker-compose.yml", "rancher-compose.yml", "answers.yml"])
def test_a_stack_file_itself(folder: pathlib.Path, name: str) -> None:
    files: dict[str, str | bytes] = {} if name == COMPOSE else {COMPOSE: WEB}
    link(folder, name, "../outside/x")
    check(refused(folder, files))


NAMING = [
    "env_file: x.env",
    "env_file: dir/x",
    "env_file: [{path: x.env, required: false}]",
    "extends: {file: x.env, service: web}",
    "extends: {file: dir/x, service: web}",
]


@pytest.mark.parametrize("keys", NAMING)
def test_a_file_that_a_service_names(folder: pathlib.Path, keys: str) -> None:
    link(folder, "x.env", "../outside/x")
    link(folder, "dir", "../outside")
    check(refused(folder, with_keys(keys)))


def test_a_link_to_a_missing_file_outside_is_no_optional_file(folder: pathlib.Path) -> None:
    link(folder, "x.env", "/nowhere/x")
    check(refused(folder, with_keys("env_file: [{path: x.env, required: false}]")))


def test_links_inside_of_the_folder_are_followed(folder: pathlib.Path) -> None:
    write(folder, {"conf/real.env": "A=1"})
    link(folder, "x.env", "conf/real.env")
    link(folder, "y.env", str(folder / "x.env"))
    definition, _warnings = load(folder, with_keys("env_file: [x.env, y.env]"))
    assert definition["services"]["web"]["container"]["environment"] == {"A": "1"}


def test_a_folder_that_is_reached_by_a_link_is_a_folder(
    folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    write(folder, {"x.env": "A=1", COMPOSE: with_keys("env_file: x.env")})
    link(tmp_path, "current", "stack")
    definition, _warnings = load(tmp_path / "current", {})
    assert definition["services"]["web"]["container"]["environment"] == {"A": "1"}


def test_links_in_a_circle(folder: pathlib.Path) -> None:
    link(folder, "x.env", "y.env")
    link(folder, "y.env", "x.env")
    (problem,) = refused(folder, with_keys("env_file: x.env"))
    assert "is a symbolic link, not a regular file" in problem.message


def certificate_problem(folder: pathlib.Path, directory: str = "") -> str:
    notes = Notes()
    known = Certificates(CertificateSources(None, directory), str(folder))
    assert known.load([("shop", Place(notes))]) == {}
    (problem,) = notes.problems
    return problem.message


@pytest.mark.parametrize("where", ["certs/shop.pem", "certs/shop", "certs"])
def test_a_certificate_of_the_stack(
    folder: pathlib.Path, where: str, tmp_path: pathlib.Path
) -> None:
    files: dict[str, t.Any] = dict.fromkeys(("shop.pem", "fullchain.pem", "privkey.pem"), SECRET)
    if where == "certs/shop":
        del files["shop.pem"]
    write(tmp_path / "outside", files)
    (folder / where).parent.mkdir(exist_ok=True)
    target = tmp_path / "outside" / ("shop.pem" if where.endswith(".pem") else "")
    (folder / where).symlink_to(target)
    message = certificate_problem(folder)
    assert OUTSIDE in message
    assert SECRET not in message


def test_names_of_a_folder_outside_are_no_hints(
    folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    write(tmp_path / "outside", {"shopp.pem": SECRET})
    link(folder, "certs", "../outside")
    assert "shopp" not in certificate_problem(folder)


def test_the_inventorys_folder_of_certificates_may_hold_links(
    folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """As that of certbot: C(live/shop/fullchain.pem) is a link to C(../../archive/shop)."""
    write(tmp_path / "archive", {"shop1.pem": "text"})
    (tmp_path / "live").mkdir()
    link(tmp_path / "live", "shop.pem", "../archive/shop1.pem")
    message = certificate_problem(folder, str(tmp_path / "live"))
    assert "outside" not in message
    assert "no private key" in message
