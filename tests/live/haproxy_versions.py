# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of HAProxy that the tests run with. In soak runs every test runs with each of them.

Otherwise tests of what is ours alone run with the default, and those that a version can matter to with the oldest and
the newest too. Of these, the ones marked C(every_version) run with the versions between as well.
"""

from __future__ import annotations

import os

import pytest

SOAK = os.environ.get("DROVER_SOAK") == "1"
DEFAULT = "3.0"
IMAGES = {
    "3.0": "drover-demo/haproxy:3.0",
    "2.6": "drover-lab/haproxy:2.6",
    "3.2": "drover-lab/haproxy:3.2",
    "3.4": "drover-lab/haproxy:3.4",
}
ALL = tuple(IMAGES)
BETWEEN = ("3.2",)
# For tests of what is ours alone, the same with every version.
OURS = ALL if SOAK else (DEFAULT,)


def left_out(item: pytest.Item) -> bool:
    """Whether a test is left to soak runs: one with a version between that says nothing which others do not say."""
    called = getattr(item, "callspec", None)
    between = called is not None and any(value in BETWEEN for value in called.params.values())
    return between and not SOAK and item.get_closest_marker("every_version") is None


def count(soak: int, default: int, other: int) -> dict[str, int]:
    """How often a test does something, with each version."""
    return {name: soak if SOAK else default if name == DEFAULT else other for name in ALL}
