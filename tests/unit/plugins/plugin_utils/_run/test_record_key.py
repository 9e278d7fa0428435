# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key that signs records: from a variable or a file, never too short, and in no message."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.plugin_utils._run.record_key import record_key

KEY = "a key of sixteen or more"
SHORT = "fifteen letters"


def test_without_the_variables_there_is_no_key() -> None:
    assert record_key({}) == ""
    assert record_key({"drover_record_key": "", "drover_record_key_file": ""}) == ""


def test_variables_may_be_templates() -> None:
    assert record_key({"drover_record_key": "{{ key }}"}, {"{{ key }}": f" {KEY}\n"}.get) == KEY


def test_a_file_comes_before_a_value_that_perhaps_cannot_be_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n", encoding="utf-8")

    def template(value: t.Any) -> t.Any:
        assert value != "{{ vault }}"
        return value

    variables = {"drover_record_key_file": str(path), "drover_record_key": "{{ vault }}"}
    assert record_key(variables, template) == KEY


def refused(**variables: str) -> str:
    with pytest.raises(AnsibleError) as caught:
        record_key(variables)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_a_short_key_is_refused_and_not_shown(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "key"
    told = "the key must have at least 16 characters; make one with openssl rand -hex 32"
    assert refused(drover_record_key=SHORT) == f"drover_record_key: {told}"
    assert record_key({"drover_record_key": f"{SHORT}!"})
    for content in (SHORT, "", "\n"):
        path.write_text(content, encoding="utf-8")
        assert refused(drover_record_key_file=str(path)) == f"drover_record_key_file: {told}"


def test_a_file_that_cannot_be_read(tmp_path: pathlib.Path) -> None:
    missing = tmp_path / "missing"
    assert refused(drover_record_key_file=str(missing)) == (
        f"drover_record_key_file: cannot read {missing}: No such file or directory"
    )
    (tmp_path / "key").write_bytes(b"\xff" * 40)
    assert refused(drover_record_key_file=str(tmp_path / "key")).endswith("key is not text")
