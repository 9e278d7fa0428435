# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A canonical service from a dict of keys, as a module gets them on a host."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._compose.service import (
    canonical_service,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Problem,
    StackError,
)


def canonical(keys: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    given: dict[str, t.Any] = {"stack": "shop", "file": "", "volumes": set(), **options}
    return canonical_service("web", keys, **given)


def test_values_may_have_the_types_of_a_playbook() -> None:
    keys = {
        "image": "nginx:1",
        "scale": 2,
        "environment": {"A": 1, "B": 1.5, "C": True, "D": "x"},
        "ports": [80, "8080:80", {"target": 81, "published": 8081}],
        "command": ["a", 1, False],
        "tty": True,
        "mem_limit": 1024,
        "cpus": 1.5,
        "cpu_shares": "5",
        "volumes": ("data:/data",),
        "stop_grace_period": 90,
        "metadata": {"a": [1, {"b": None}]},
    }
    service = canonical(keys)
    assert service["scale"] == 2
    assert service["metadata"] == {"a": [1, {"b": None}]}
    container = service["container"]
    assert container["environment"] == {"A": "1", "B": "1.5", "C": "true", "D": "x"}
    assert container["command"] == ["a", "1", "false"]
    assert [port["public"] for port in container["ports"]] == [None, 8080, 8081]
    assert (container["cpus"], container["cpu_shares"], container["mem_limit"]) == (1.5, 5, 1024)
    assert container["stop_grace_period_s"] == 90.0


def test_links_to_services_that_are_not_known_here_are_taken() -> None:
    service = canonical({"image": "a", "links": ["db:d"], "depends_on": ["db"]})
    assert service["links"] == [{"stack": "shop", "service": "db", "alias": "d"}]
    assert service["depends_on"] == ["db"]


def test_errors_without_a_file_begin_with_the_service() -> None:
    with pytest.raises(StackError) as caught:
        canonical({"image": "a", "prots": [80], "environment": {"A": None}})
    assert str(caught.value).splitlines() == [
        'service "web": key "prots": unknown key; did you mean "ports"?',
        'service "web": key "environment.A": has no value',
    ]
    assert caught.value.problems[0] == Problem(
        "", "web", "prots", 'unknown key; did you mean "ports"?'
    )


def test_the_file_of_a_key_is_named() -> None:
    with pytest.raises(StackError) as caught:
        canonical(
            {"image": "a", "scale": "x", "labels": {"b": [1]}},
            file="compose.yaml",
            files={"scale": "rancher-compose.yml"},
        )
    assert [(one.file, one.key) for one in caught.value.problems] == [
        ("compose.yaml", "labels.b"),
        ("rancher-compose.yml", "scale"),
    ]


def test_warnings_are_added_to_the_list() -> None:
    warnings = ["earlier"]
    canonical({"image": "a", "container_name": "x", "scale": 2}, warnings=warnings)
    assert len(warnings) == 2
    assert warnings[1].startswith('service "web": key "container_name": has no effect')


def test_the_keys_are_not_changed() -> None:
    keys: dict[str, t.Any] = {"image": "a", "log_driver": "x", "metadata": {"a": [1]}, "ports": [1]}
    before = repr(keys)
    service = canonical(keys)
    service["metadata"]["a"].append(2)
    assert repr(keys) == before


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1.0, 10**30])
def test_numbers_that_no_engine_takes(value: t.Any) -> None:
    with pytest.raises(StackError, match='key "cpus"'):
        canonical({"image": "a", "cpus": value})


@pytest.mark.parametrize("value", ["٣", "1" * 5000, " ", "1e3", "0x10", "1_0"])
@pytest.mark.parametrize("key", ["scale", "mem_limit", "cpus", "stop_grace_period", "cpu_shares"])
def test_text_that_is_no_number(key: str, value: str) -> None:
    with pytest.raises(StackError, match=f'key "{key}"'):
        canonical({"image": "a", key: value})


def test_metadata_that_is_too_deep_or_too_large() -> None:
    deep: dict[str, t.Any] = {}
    for _level in range(60):
        deep = {"a": deep}
    for metadata in (deep, {"a": "x" * 2**20}):
        with pytest.raises(StackError, match='key "metadata": is '):
            canonical({"image": "a", "metadata": metadata})


IMAGES = [
    "a",
    "nginx",
    "nginx:1.27-alpine",
    "library/nginx",
    "registry:5000/team/app:v1",
    "registry.example.com/a/b/c_d__e--f.g",
    "localhost/a",
    "[::1]:5000/a:b",
    f"nginx@sha256:{'a' * 64}",
    f"nginx:1@sha256:{'0' * 64}",
]
NO_IMAGES = [
    "",
    " ",
    ":1",
    "nginx:",
    "nginx@",
    "nginx:1:2",
    "/nginx",
    "nginx/",
    "a//b",
    "-a",
    "a_",
    "A",
    "a b",
    "a:b/c:d e",
    "a@sha256:xyz",
    "a" * 256,
    f"a:{'b' * 129}",
    "a\tb",
]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image(image: str) -> None:
    assert canonical({"image": image})["image"] == image


@pytest.mark.parametrize("image", NO_IMAGES)
def test_no_image(image: str) -> None:
    with pytest.raises(StackError, match='service "web": key "image": '):
        canonical({"image": image})
