# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of registries: what is wrong is told without a value, and a host gets only what it needs."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    pull_arguments,
    settings,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.registries import read_registries

GIVEN = {
    "registry:5000": {"username": "ci", "password": "geheim"},
    "docker.io": {"username": "me", "password": "other"},
}


def problems(given: t.Any) -> str:
    with pytest.raises(AnsibleError) as caught:
        read_registries({"drover_registries": given})
    assert "geheim" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["geheim"], "drover_registries: it is not a map"),
        ({"registry:5000": "geheim"}, "registry:5000: write a map"),
        ({"registry:5000": {"password": "geheim"}}, "registry:5000: username is missing"),
        ({"registry:5000": {"username": "ci", "password": 83}}, "password is no text; write it in"),
        (
            {"registry:5000": {"username": "ci", "password": "geheim", "email": "x"}},
            "unknown key email",
        ),
        ({"https://registry:5000": GIVEN["docker.io"]}, "without a scheme and a path"),
        ({"registry": GIVEN["docker.io"]}, "'registry' is no registry"),
    ],
)
def test_what_is_wrong_is_told_without_a_value(given: t.Any, text: str) -> None:
    assert text in problems(given)


def test_all_that_is_wrong_is_told_at_once() -> None:
    said = problems({"registry": {}, "registry:5000": {"username": ""}})
    assert said.count(";") == 3


@pytest.mark.parametrize("given", [None, "", {}])
def test_without_credentials(given: t.Any) -> None:
    assert read_registries({"drover_registries": given}) == {}


def test_the_file_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "registries.yml"
    path.write_text("registry:5000: {username: ci, password: geheim}", encoding="utf-8")
    both = {"drover_registries_file": str(path), "drover_registries": "{{ locked }}"}
    assert read_registries(both) == {"registry:5000": GIVEN["registry:5000"]}


@pytest.mark.parametrize("text", [None, "geheim: [", "geheim"])
def test_a_file_that_is_none_is_told_without_its_content(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "registries.yml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(AnsibleError, match=r"^drover_registries_file: ") as caught:
        read_registries({"drover_registries_file": str(path)})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("images", "names"),
    [
        ([], set()),
        (["registry:5000/app:1"], {"registry:5000"}),
        (["app:1", "other:5000/app"], {"docker.io"}),
    ],
)
def test_a_host_gets_those_of_the_images_that_it_pulls(images: list[str], names: set[str]) -> None:
    variables = {"drover_registries": GIVEN}
    found = pull_arguments(images, variables, lambda value: value)
    assert found["registries"] == {name: GIVEN[name] for name in names}


def test_they_are_read_before_any_host_is_touched() -> None:
    variables = {
        "inventory_hostname": "h1",
        "groups": {"docker_hosts": ["h1"]},
        "hostvars": {"h1": {"drover_registries": ["geheim"]}},
    }
    with pytest.raises(AnsibleError, match="drover_registries: it is not a map"):
        settings(variables)
