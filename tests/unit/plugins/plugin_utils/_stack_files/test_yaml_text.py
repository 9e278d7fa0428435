# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML whose scalars keep their source text."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Notes,
    Place,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files import yaml_text

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])]


@pytest.fixture(params=LOADERS, ids=lambda loader: str(loader.__name__), autouse=True)
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "LOADER", request.param)


def load(text: str | bytes) -> tuple[t.Any, list[str]]:
    notes = Notes()
    content = text if isinstance(text, bytes) else text.encode()
    return yaml_text.load_yaml(content, Place(notes, "f.yml")), notes.warnings


SCALARS = [
    ("a", "a"),
    ("'5'", "5"),
    ('"true"', "true"),
    ("!!str 5", "5"),
    ("!!str true", "true"),
    ("|\n  5\n", "5\n"),
    (">\n  true\n", "true\n"),
    ("5", 5),
    ("-5", -5),
    ("0", 0),
    ("1.5", 1.5),
    ("-0.25", -0.25),
    ("true", True),
    ("True", True),
    ("FALSE", False),
    ("", None),
    ("~", None),
    ("null", None),
    ("''", ""),
    # what a number would not give back stays text
    *((text, text) for text in ("1.10", "+5", "-0", "007", "0o17", "0x1F", "0b11", "1_000", "1e3")),
    *((text, text) for text in ("1.0e+3", ".5", "5.", ".inf", "-.INF", ".nan", "22:22", "1:30:00")),
    *((text, text) for text in ("yes", "no", "on", "off", "Yes", "NO", "y", "n", "=", "1.2.3")),
    *(
        (text, text)
        for text in ("2016-01-02", "2016-01-02T03:04:05Z", "123456789012345678901234567890")
    ),
    ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
]


@pytest.mark.parametrize(("text", "expected"), SCALARS)
def test_a_scalar(text: str, expected: t.Any) -> None:
    value, warnings = load(f"a: {text}\n")
    assert value == {"a": expected}
    assert type(value["a"]) is type(expected)
    assert warnings == []


@pytest.mark.parametrize("key", ["on", "5", "1.10", "true", "~", "22:22", "2016-01-02"])
def test_a_key_is_its_text(key: str) -> None:
    assert load(f"{key}: a")[0] == {key: "a"}


def test_the_last_of_two_equal_keys_counts_and_is_told() -> None:
    value, warnings = load("a:\n  b: {x: 1}\n  c: 2\n  b: {y: 2}\n'5': 6\n5: 7\n")
    assert value == {"a": {"c": 2, "b": {"y": 2}}, "5": 7}
    assert warnings == [
        'f.yml: key "a.b": line 4: is given twice; the last one counts',
        'f.yml: key "5": line 6: is given twice; the last one counts',
    ]


def test_a_merge_key_is_no_duplicate() -> None:
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], c: 3}\nq: {'<<': 1}"
    value, warnings = load(text)
    assert value["z"] == {"a": 1, "b": 1, "c": 3}
    assert value["q"] == {"<<": 1}
    assert warnings == []


def test_an_alias_is_a_copy() -> None:
    value, _warnings = load("a: &a {x: [1]}\nb: *a\n")
    value["a"]["x"].append(2)
    assert value["b"] == {"x": [1]}


@pytest.mark.parametrize("text", ["", "\n", "# a\n", "---\n", "\ufeff"])
def test_an_empty_file_is_none(text: str) -> None:
    assert load(text) == (None, [])


def test_a_byte_order_mark_and_crlf_are_fine() -> None:
    assert load(b"\xef\xbb\xbfa: 5\r\nb: |\r\n  x\r\n  y\r\n")[0] == {"a": 5, "b": "x\ny\n"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n", "line 2"),
        ("a:\n\tb: 1\n", "never with tabs"),
        ("a: 'x\n", "is not YAML"),
        ("a: @b\n", "line 1, column 4: is not YAML: found character"),
        ("a: b: c\n", "line 1, column 5: is not YAML: mapping values are not allowed"),
        ("a: 1\n b: 2\n", "line 2"),
        ("--- a\n--- b\n", "line 2, column 1: a second YAML document"),
        ("a: \x01\n", "is not YAML"),
        ("? [a]\n: b\n", "line 1: a key must be text"),
        ("a: !!set {b}\n", 'line 1: the tag "!!set"'),
        ("!!omap [a: b]\n", 'the tag "!!omap"'),
        ("a: !vault |\n  x\n", 'the tag "!vault"'),
        ("a: &a {b: *a}\n", "or holds itself"),
        ("a: &a\n  <<: *a\n", "or holds itself"),
        (f"{'[' * 61}{']' * 61}", "nested more than 60 deep"),
        (f"a: {'{b: ' * 70}1{'}' * 70}", "nested more than 60 deep"),
    ],
)
def test_what_can_not_be_read_is_explained_in_one_line(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        load(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "MOST_VALUES", 1000)
    monkeypatch.setattr(yaml_text, "MOST_EVENTS", 3000)
    assert len(load("- a\n" * 999)[0]) == 999
    for text in ("- a\n" * 1000, "- a\n" * 5000, f"a: &a [{'1, ' * 99}]\nb: [{'*a, ' * 10}]"):
        with pytest.raises(Invalid, match="more than 1000 values"):
            load(text)
