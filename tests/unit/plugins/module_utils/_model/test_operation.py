# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of operations: one handler each, and arguments only by their type."""

from __future__ import annotations

import ast
import pathlib

from ansible_collections.drover.docker.plugins.module_utils._act import handlers
from ansible_collections.drover.docker.plugins.module_utils._model import operation as model
from ansible_collections.drover.docker.tests.unit.shared.operations import operation

PLUGINS = pathlib.Path(model.__file__).parents[2]
KINDS = {item.name for item in vars(model).values() if isinstance(item, model.Kind)}
UNTYPED = {
    "_model/operation.py",  # gives each kind's arguments their type
    "_act/handlers.py",  # where a handler is bound to its kind
    "_act/error_text.py",  # hides what is secret, whatever the kind
}


def test_every_kind_has_a_handler_and_every_handler_a_kind() -> None:
    assert len(KINDS) == 19
    assert set(handlers._HANDLERS) == KINDS


def test_arguments_are_those_of_the_kind_only() -> None:
    pull = operation("pull", args={"image": "app:1", "config_hash": "c"})
    assert model.PULL.args_of(pull) == {"image": "app:1", "config_hash": "c"}
    assert model.START.args_of(pull) is None
    assert model.config_hash_of(pull) == "c"
    assert model.config_hash_of(operation("stop")) == ""


def reads_args(node: ast.AST) -> bool:
    """C(something["args"]), which mypy cannot check."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and node.slice.value == "args"
    )


def test_nobody_reads_arguments_without_their_type() -> None:
    found = {
        str(path.relative_to(PLUGINS / "module_utils"))
        if "module_utils" in path.parts
        else str(path)
        for path in PLUGINS.rglob("*.py")
        if any(map(reads_args, ast.walk(ast.parse(path.read_text()))))
    }
    assert found == UNTYPED
