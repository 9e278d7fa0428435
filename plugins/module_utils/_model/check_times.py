# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times that follow from a health_check: HAProxy's defaults, and how soon it finds a fault. Private; pure."""

from __future__ import annotations

import typing as t

Json = t.Dict[str, t.Any]

DEFAULT_INTERVAL_MS = 2000
DEFAULT_RISE = 2
DEFAULT_FALL = 3
BAKE_S = 10.0
"""The usual bake. Also how long a member without a health check must run."""


def least_bake_s(check: Json | None) -> float:
    """The shortest bake that means anything, in s: what its check needs to find a fault."""
    if not check:
        return 0.0
    interval_ms = check["interval_ms"] or DEFAULT_INTERVAL_MS
    fall = check["unhealthy_threshold"] or DEFAULT_FALL
    found_ms = interval_ms * fall + (check["response_timeout_ms"] or interval_ms)
    return float(found_ms) / 1000
