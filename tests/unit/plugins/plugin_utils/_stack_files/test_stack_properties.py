# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is in a file: a stack loads, or is refused with its places. Never anything else."""

from __future__ import annotations

import json
import pathlib
import tempfile
import typing as t

import pytest
import yaml

pytest.importorskip("hypothesis")

from ansible_collections.drover.docker.plugins.module_utils._compose.keys import NOT_RUN_KEYS
from ansible_collections.drover.docker.plugins.module_utils._compose.service import (
    KNOWN_KEYS,
    canonical_service,
)
from ansible_collections.drover.docker.plugins.module_utils._model.config_hash import (
    changed_keys,
    config_hash,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Notes,
    Place,
    StackError,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.interpolation import (
    Interpolation,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.yaml_text import load_yaml
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DOLLARS = st.text("$${}:-?+AB_ x", max_size=20)
# Values as people write them, and some that they should not.
WRITTEN = st.sampled_from(
    [
        *("80", "8080:80", "127.0.0.1:80:80/udp", "1-3:1-3", "data:/data", "/data", "/a:/b:ro"),
        *("./a:/b", "a=b", "a=b,c=d", "db", "db:alias", "512m", "1.5gb", "-1", "0", "1m30s"),
        *(
            "true",
            "no",
            "host",
            "container:x",
            "nginx:1",
            "A:",
            "always",
            "${A}",
            "${A:-b}",
            "$$",
            "$",
        ),
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT, WRITTEN, DOLLARS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | WRITTEN, inner, max_size=3),
    max_leaves=6,
)
KEYS = st.dictionaries(
    st.sampled_from(sorted({*KNOWN_KEYS, *NOT_RUN_KEYS, "extends", "env_file"})) | TEXT,
    VALUES,
    max_size=6,
)


def outcome(call: t.Callable[[], t.Any]) -> tuple[t.Any, Invalid | StackError | None]:
    """What a call gives, or how it refuses; any other exception is a fault."""
    try:
        return call(), None
    except (Invalid, StackError) as error:
        return None, error


def nothing(_name: str) -> str | None:
    return None


@given(TEXT)
def test_doubled_dollars_give_the_text_back(text: str) -> None:
    assert Interpolation(nothing).replace(text.replace("$", "$$")) == text


@given(DOLLARS, st.dictionaries(st.sampled_from(["A", "B", "_", "x"]), DOLLARS))
def test_any_text_is_replaced_or_refused(text: str, values: dict[str, str]) -> None:
    interpolation = Interpolation(values.get)
    result, error = outcome(lambda: interpolation.replace(text))
    if error is None:
        assert "$" in text or result == text
        assert interpolation.unset.isdisjoint(values)
    else:
        assert str(error)


@given(st.lists(st.tuples(TEXT, st.sampled_from("AB"))))
def test_each_variable_is_replaced_where_it_stands(parts: list[tuple[str, str]]) -> None:
    values = {"A": "${B}", "B": "$A $$"}
    text = "".join(f"{before.replace('$', '$$')}${{{name}}}" for before, name in parts)
    expected = "".join(before + values[name] for before, name in parts)
    assert Interpolation(values.get).replace(text) == expected


@given(TEXT, st.sampled_from([":-", "-"]))
def test_a_default_counts_where_nothing_is_set(default: str, operator: str) -> None:
    text = default.replace("$", "$$").replace("}", "")
    assert Interpolation(nothing).replace(f"${{X{operator}{text}}}") == default.replace("}", "")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    read(content)


@given(st.text("ab:-[]{},&*!|>'\"#%@? \n\t<=~\\", max_size=60))
def test_anything_like_yaml_is_read_or_refused(text: str) -> None:
    read(text.encode())


def read(content: bytes) -> None:
    value, error = outcome(lambda: load_yaml(content, Place(Notes(), "f")))
    json.dumps(value)
    assert "\n" not in str(error)


@given(st.dictionaries(TEXT, TEXT))
def test_text_that_was_written_is_read_back(values: dict[str, str]) -> None:
    content = yaml.safe_dump(values).encode()
    assert load_yaml(content, Place(Notes(), "f")) == values


@given(KEYS)
def test_any_service_is_canonical_or_refused(keys: dict[str, t.Any]) -> None:
    service, error = outcome(lambda: canonical(keys))
    if isinstance(error, StackError):
        assert all(problem.service == "web" for problem in error.problems)
        assert all(problem.message and problem.key for problem in error.problems)
        assert len(str(error).splitlines()) == min(len(error.problems), 51)
    else:
        assert json.loads(json.dumps(service)) == service
        assert canonical(keys) == service
        assert changed_keys(service, canonical(keys)) == []
        assert config_hash(service, {}) == config_hash(json.loads(json.dumps(service)), {})


def canonical(keys: dict[str, t.Any]) -> dict[str, t.Any]:
    return canonical_service(
        "web", {"image": "nginx", **keys}, stack="shop", file="f", volumes={"data"}
    )


@given(
    st.dictionaries(
        st.sampled_from(["web", "db", "services", "volumes", "x-a", "version"]), KEYS | VALUES
    ),
    st.dictionaries(st.sampled_from(["web", "db", ".catalog", "services"]), KEYS | VALUES),
)
def test_any_folder_loads_or_is_refused(
    compose: dict[str, t.Any], rancher: dict[str, t.Any]
) -> None:
    files = {"docker-compose.yml": compose, "rancher-compose.yml": rancher}
    written = {name: yaml.safe_dump(value) for name, value in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        loaded, error = outcome(lambda: load(pathlib.Path(folder), written))
    if isinstance(error, StackError):
        assert all(problem.file and problem.message for problem in error.problems)
    else:
        definition, warnings = loaded
        assert json.loads(json.dumps(definition)) == definition
        assert all(warning.isprintable() for warning in warnings)
