# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What make test says last of a part that failed."""

from __future__ import annotations

import importlib.util
import pathlib
import sys
import types

import pytest

FILE = pathlib.Path(__file__).parents[3] / "tools" / "steps.py"
LOG = """\
=================================== FAILURES ===================================
________________________________ test_the_first ________________________________
    def test_the_first():
>       assert removed([run]) == [SECOND]
E       AssertionError: assert [] == ['shop-web-2']
---------------------------- Captured stdout setup -----------------------------
prepared
----------------------------- Captured stdout call -----------------------------
--- reconcile, 0.2 s
held h1  shop/web 2  waits 8 s
----------------------------- Captured stderr call -----------------------------
noise
________________________________ test_the_second _______________________________
E       AssertionError: another
============================== 2 failed in 1.00s ===============================
"""


@pytest.fixture(name="steps", scope="module")
def fixture_steps() -> types.ModuleType:
    found = importlib.util.spec_from_file_location("steps", FILE)
    assert found is not None
    assert found.loader is not None
    made = importlib.util.module_from_spec(found)
    # Its data classes look their module up.
    sys.modules["steps"] = made
    found.loader.exec_module(made)
    return made


def test_first_failed_test_comes_with_its_error_and_what_it_printed(
    steps: types.ModuleType,
) -> None:
    assert steps.first_failed_test(LOG.splitlines()) == [
        "test_the_first",
        "E       AssertionError: assert [] == ['shop-web-2']",
        "--- reconcile, 0.2 s",
        "held h1  shop/web 2  waits 8 s",
    ]


def test_log_without_tests_has_errors_and_no_first_test(steps: types.ModuleType) -> None:
    lines = ["PLAY [x]", "fatal: [h1]: UNREACHABLE", "PLAY RECAP"]
    assert steps.first_failed_test(lines) == []
    assert steps.errors_of(lines) == ["fatal: [h1]: UNREACHABLE"]
