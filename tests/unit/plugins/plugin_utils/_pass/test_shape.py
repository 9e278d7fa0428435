# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._pass.shape import misfit


class Base(t.TypedDict):
    name: str
    ports: list[t.Annotated[list[t.Any], str, int]]


class Later(Base, total=False):
    age: float | None
    nested: dict[str, list[Base]]


GOOD: Later = {"name": "a", "ports": [["0.0.0.0", 80]]}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"age": None},
        {"age": 1},
        {"nested": {"x": [dict(GOOD)]}},
        {"unknown": "a newer release sends more"},
    ],
)
def test_what_fits(change: dict[str, t.Any]) -> None:
    assert misfit({**GOOD, **change}, Later) == ""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": 7}, "name: a whole number, not text"),
        ({"name": None}, "name: nothing, not text"),
        ({"ports": 5}, "ports: a whole number, not a list"),
        ({"ports": [["0.0.0.0", True]]}, "ports[0][1]: true or false, not a whole number"),
        ({"ports": [["0.0.0.0"]]}, "ports[0]: 1 values, not 2"),
        ({"age": "old"}, "age: text, not a number"),
        ({"age": float("nan")}, "age: nan is not finite"),
        ({"nested": {"x": [{"name": "b"}]}}, "nested.x[0].ports: missing"),
        ({"nested": []}, "nested: a list, not a map"),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(change: dict[str, t.Any], problem: str) -> None:
    assert misfit({**GOOD, **change}, Later) == problem


def test_a_missing_key_is_named() -> None:
    assert misfit({"name": "a"}, Later) == "ports: missing"


@pytest.mark.parametrize("value", [[], "text", None, 5])
def test_something_else_than_a_map(value: t.Any) -> None:
    assert "not a map" in misfit(value, Later)
