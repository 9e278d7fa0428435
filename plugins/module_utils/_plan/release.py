# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release decides about what this collection itself makes: checkers and HAProxy's configs. Private; pure.

Two releases may write different configs for the same wish. If both did, each pass would reload HAProxy, and a reload
forgets counted failures. So a record names the newest release that wrote it, and older ones leave these files alone.
"""

from __future__ import annotations

import re
import typing as t

from .._common.constants import RELEASE, SYSTEM_STACK
from .._record.revisions import Request, current, is_live

Body = t.Dict[str, t.Any]


def order_of(release: str) -> tuple[int, ...]:
    """The order of releases. A record without one is of 0.1.0, and first."""
    return tuple(int(number) for number in re.findall(r"\d+", release)[:3])


def newer_release(body: Body | None, request: Request) -> str:
    """The release that decides in place of this one; empty if this one may."""
    recorded = str((body or {}).get("release", ""))
    newer = order_of(recorded) > order_of(RELEASE)
    return recorded if newer and not request.take_over else ""


def release_to_write(body: Body, request: Request) -> str:
    """The release that a new version of the body names."""
    return newer_release(body, request) or RELEASE


def must_name_release(stack: str, body: Body, request: Request) -> bool:
    """Whether a version must be written only for this: something is rendered for the stack, and another is named."""
    renders = is_live(body) and (stack == SYSTEM_STACK or _has_balancer(body))
    return renders and body.get("release", "") != release_to_write(body, request)


def _has_balancer(body: Body) -> bool:
    services = (current(body) or {})["definition"]["services"].values()
    return any(service.get("balancer") for service in services)
