# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One life of a container, from its start to its end; reports and verdicts refer to it. Private to the collection."""

from __future__ import annotations

import functools
import re

_OTHERS = re.compile(r"[^0-9]+")


@functools.lru_cache(maxsize=65536)
def generation_of(container_id: str, started_at: str) -> str:
    """The generation: twelve digits of the container's id, and the digits of its start time from the engine."""
    return f"{container_id[:12]}-{_OTHERS.sub('', started_at)}"


def container_of(generation: str) -> str:
    """The container of a generation."""
    return generation.partition("-")[0]
