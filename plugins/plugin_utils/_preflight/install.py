# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installation of Docker would do on a host. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .problem import ERROR, Look, Problem

ENGINE_PACKAGE = "docker.io"
SDK_PACKAGE = "python3-docker"
FAMILY = "debian"
_PACKAGES = {"engine_missing": ENGINE_PACKAGE, "sdk_missing": SDK_PACKAGE}
_STARTS = frozenset(("engine_missing", "engine_stopped"))
CURED = _STARTS | set(_PACKAGES)
"""The problems that it cures."""


class Installation(t.TypedDict):
    """Packages of the distribution to install, and whether to start the engine."""

    packages: list[str]
    start: bool


def installation(look: Look, problems: t.Collection[Problem]) -> Installation | None:
    """Return what cures all errors of a host; None where there are none, or other ones, or another distribution.

    An engine that is installed in another way (Docker's own packages) is only started.
    """
    codes = {problem.code for problem in problems if problem.severity == ERROR}
    if look.facts is None or not codes or codes - CURED:
        return None
    packages = [package for code, package in _PACKAGES.items() if code in codes]
    if packages and FAMILY not in look.facts["distribution"]:
        return None
    return {"packages": packages, "start": bool(codes & _STARTS)}


def install_text(what: Installation) -> str:
    """Return what is to be done, for check mode."""
    steps = [f"install {' and '.join(what['packages'])}"] if what["packages"] else []
    steps += ["start Docker"] if what["start"] else []
    return ", ".join(steps)
