# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of HAProxy that the tests run with. In soak runs every test runs with each of them.

Otherwise tests of what is ours alone run with the default, and those that a version can matter to with all, though what
takes long only with the default and with the oldest.
"""

from __future__ import annotations

import os

SOAK = os.environ.get("DROVER_SOAK") == "1"
DEFAULT = "3.0"
IMAGES = {
    "3.0": "drover-demo/haproxy:3.0",
    "2.6": "drover-lab/haproxy:2.6",
    "3.2": "drover-lab/haproxy:3.2",
    "3.4": "drover-lab/haproxy:3.4",
}
ALL = tuple(IMAGES)
# For tests of what is ours alone, the same with every version.
OURS = ALL if SOAK else (DEFAULT,)


def count(soak: int, default: int, other: int) -> dict[str, int]:
    """How often a test does something, with each version."""
    return {name: soak if SOAK else default if name == DEFAULT else other for name in ALL}
