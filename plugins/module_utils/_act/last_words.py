# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last lines that a failed container wrote. Private to the collection."""

from __future__ import annotations

from .._engine.client import Engine
from .._engine.errors import EngineError

LINES = 10
LONGEST = 200
"""Characters of one line."""


def last_words(engine: Engine, container: str) -> str:
    """The end of a container's log, as one line; empty if there is none, or its log driver keeps none."""
    try:
        text = engine.logs(container, LINES)
    except EngineError:
        return ""
    lines = [line.strip()[:LONGEST] for line in text.splitlines() if line.strip()]
    return f"its last lines: {' | '.join(lines[-LINES:])}" if lines else ""
