# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The message for a host that lacks the Docker SDK. Private to the collection."""

from __future__ import annotations

import platform
import sys

from .._engine.errors import SdkMissing


def without_sdk(error: SdkMissing) -> str:
    """The reason and the remedy, in one line: drivers show only one."""
    where = f"for {sys.executable} on {platform.node()}"
    return f"{error}; install the Docker SDK for Python (docker) {where}, or set ansible_python_interpreter"
