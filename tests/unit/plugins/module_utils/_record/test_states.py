# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's file without versions that do not count: the others stay, in their order."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.states import (
    states_of,
    with_version,
    without_versions,
)

Json = dict[str, t.Any]
LIFE: Json = {"web/1": {"seq": 4}}


def version(number: int) -> Json:
    body: Json = {"hosts": ["h1"], "revisions": [], "members": {}, "counters": {}}
    return {**make_record("shop", body, number=number, token="t"), "host": "h1"}


def file() -> Json:
    """A committed version, a proposal that nobody decided on, and one on that."""
    committed = {**version(1), "life": LIFE}
    first = with_version(committed, version(2), ["h1"])
    return with_version(first, version(3), ["h1"], {**version(2), "is_known": False})


@pytest.mark.parametrize("wrong", [[], [1], [2], [3], [1, 2], [1, 3], [2, 3], [1, 2, 3]], ids=str)
def test_what_is_left(wrong: list[int]) -> None:
    before = file()
    found = without_versions(before, [version(number)["version"] for number in wrong])
    left = {state.number: state.is_committed for state in states_of("h1", found)}
    assert left == {number: number == 1 for number in (1, 2, 3) if number not in wrong}
    assert (found["life"], found["host"]) == (LIFE, "h1")
    assert before == file()
