# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each code that the code names has a text, and each text is of a code that something names."""

from __future__ import annotations

import ast
import functools
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model import cause_texts, fact_texts
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact

MAKERS = ("Fact", "RequestError", "about", "hold", "hold_container", "_hold", "_error")
"""Calls that make a fact; one of their first three arguments is its code."""

PLUGINS = pathlib.Path(fact_texts.__file__).parents[2]
TABLES = (pathlib.Path(fact_texts.__file__), pathlib.Path(cause_texts.__file__))


@functools.lru_cache(maxsize=1)
def nodes() -> list[ast.AST]:
    """All nodes of the collection's code, without the tables of texts."""
    files = [path for path in sorted(PLUGINS.rglob("*.py")) if path not in TABLES]
    return [node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8")))]


def made() -> t.Iterator[str]:
    """The codes in calls that make facts. C(X if A else Y) names two."""
    for node in nodes():
        if isinstance(node, ast.Call) and name_of(node.func) in MAKERS:
            for argument in node.args[:3]:
                yield from codes_of(argument)


def name_of(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def codes_of(argument: ast.expr) -> t.Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    if isinstance(argument, ast.JoinedStr):
        yield ast.unparse(argument)  # a text where a code belongs
    if isinstance(argument, ast.IfExp):
        yield from (*codes_of(argument.body), *codes_of(argument.orelse))


def test_each_code_that_is_made_has_a_text() -> None:
    codes = set(made())
    assert len(codes) > 50
    assert sorted(codes - set(fact_texts.TEXTS)) == []


def test_each_text_is_of_a_code_that_something_names() -> None:
    named = {node.value for node in nodes() if isinstance(node, ast.Constant)}
    assert sorted(set(fact_texts.TEXTS) - named) == []


def test_no_code_has_two_texts() -> None:
    twice = [code for code, text in cause_texts.CAUSES.items() if fact_texts.TEXTS[code] != text]
    assert twice == []


@pytest.mark.parametrize("code", sorted(fact_texts.TEXTS))
@pytest.mark.parametrize("parameters", [{}, {"why": 3, "hosts": None, "reasons": []}])
def test_what_another_release_wrote_is_shown_as_it_is(
    code: str, parameters: dict[str, t.Any]
) -> None:
    """A ledger or refusal of another release may lack parameters that its text needs here."""
    assert Fact.read({"code": code, "parameters": parameters}).text
