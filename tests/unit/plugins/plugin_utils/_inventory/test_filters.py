# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JMESPath filters: what they let pass, and how a wrong one is named."""

from __future__ import annotations

import sys
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.entries import variable_names
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.filters import Filters
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.values import SourceError

WEB: dict[str, t.Any] = {
    "drover_name": "shop-web-1",
    "drover_stack": "shop",
    "drover_index": 1,
    "drover_state": "running",
    "drover_labels": {"com.example/tier": "front"},
    "drover_verdict_age_s": 0,
}
FOREIGN = {**WEB, "drover_name": "x", "drover_stack": None, "drover_labels": {}}


def evaluate(text: str, variables: dict[str, t.Any]) -> t.Any:
    """Instead of Jinja: Python."""
    try:
        return eval(text, {}, variables)
    except NameError as error:
        raise AnsibleError(str(error)) from error


def filters(*texts: t.Any, strict: bool = False) -> Filters:
    return Filters(list(texts), known=variable_names(), strict=strict, evaluate=evaluate)


@pytest.mark.parametrize(
    ("texts", "web", "foreign"),
    [
        ([], True, True),
        (["drover_stack == 'shop'"], True, False),
        (["drover_stack"], True, False),
        (["!drover_stack"], False, True),
        (["drover_state == 'running'", "drover_index == `1`", "drover_stack"], True, False),
        (["drover_labels.\"com.example/tier\" == 'front'"], True, False),
        (["drover_verdict_age_s"], True, True),
        (["drover_index > `0` && contains(drover_name, 'web')"], True, False),
        (["drover_labels"], True, False),
    ],
)
def test_all_expressions_have_to_be_true(texts: list[str], web: bool, foreign: bool) -> None:
    found = filters(*texts, strict=True)
    assert (found.let_pass(WEB), found.let_pass(FOREIGN)) == (web, foreign)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "drover_stack = 'shop'",
            "filters[1]: \"drover_stack = 'shop'\" is no JMESPath expression: Bad jmespath",
        ),
        ("", "filters[1]: '' is no JMESPath expression: "),
        ("[", "filters[1]: '[' is no JMESPath expression: "),
        (
            ["x"],
            "filters[1]: must be a text with a JMESPath expression, or a map with include or exclude, not ['x']",
        ),
        (
            "drover_stck == 'a'",
            "filters[1]: no container has a variable drover_stck; did you mean drover_stack?",
        ),
        (
            "drover_state && length(drover_zzzzzzz)",
            "no container has a variable drover_zzzzzzz; there are: drover_",
        ),
    ],
)
def test_an_expression_that_is_wrong_is_named(text: t.Any, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        filters("drover_stack", text)
    assert reason in str(caught.value)


def test_one_that_fails_for_a_container_leaves_it_out_and_is_told_once() -> None:
    found = filters("starts_with(drover_stack, 's')")
    assert found.let_pass(WEB)
    assert not found.let_pass(FOREIGN)
    assert not found.let_pass({**FOREIGN, "drover_name": "y"})
    assert list(found.failures) == ["filters[0]"]
    assert "fails for x" in found.failures["filters[0]"]


def test_strict_makes_that_an_error() -> None:
    with pytest.raises(SourceError, match=r"filters\[0\]: .* fails for x: "):
        filters("starts_with(drover_stack, 's')", strict=True).let_pass(FOREIGN)


def test_without_jmespath(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "jmespath"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jmespath", None)
    assert filters().let_pass(WEB)
    with pytest.raises(SourceError, match="needs the Python package jmespath on the control node"):
        filters("drover_stack")


class TaggedText(str):
    """A text of a class of its own, as those that Ansible reads from YAML."""

    __slots__ = ()


def test_texts_of_a_source_are_texts() -> None:
    assert filters(TaggedText("contains(drover_name, 'web')"), strict=True).let_pass(WEB)


@pytest.mark.parametrize(
    ("rules", "web", "foreign"),
    [
        ([{"include": "drover_stack == 'shop'"}], True, True),
        ([{"include": "drover_stack == 'shop'"}, {"exclude": True}], True, False),
        ([{"exclude": "drover_stack == 'shop'"}], False, True),
        ([{"exclude": "drover_index == 1"}, {"include": "drover_stack == 'shop'"}], False, False),
        (["drover_stack", {"exclude": "drover_index == 2"}], True, False),
        ([{"exclude": False}], True, True),
    ],
)
def test_the_first_rule_that_is_true_decides(rules: list[t.Any], web: bool, foreign: bool) -> None:
    found = filters(*rules, strict=True)
    assert (found.let_pass(WEB), found.let_pass(FOREIGN)) == (web, foreign)


@pytest.mark.parametrize(
    "rule", [{}, {"include": "a", "exclude": "b"}, {"only": "a"}, {"include": ["a"]}]
)
def test_a_wrong_rule_says_how_rules_are_written(rule: dict[str, t.Any]) -> None:
    with pytest.raises(SourceError, match=r"filters\[0\]: a rule is a map with either"):
        filters(rule)


def test_a_rule_that_fails_is_false_or_with_strict_an_error() -> None:
    lenient = filters({"exclude": "no_such_name"})
    assert lenient.let_pass(WEB)
    assert "no_such_name" in lenient.failures["filters[0]"]
    with pytest.raises(SourceError, match="fails for shop-web-1"):
        filters({"exclude": "no_such_name"}, strict=True).let_pass(WEB)
