# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The note of what only the roles and playbooks of this collection use."""

from __future__ import annotations


class ModuleDocFragment:
    """It is no interface."""

    DOCUMENTATION = r"""
attributes:
  platform:
    description: Target systems that can be operated against.
    support: full
    platforms: posix
notes:
  - This is an internal step of the roles and playbooks of this collection. There is no promise of stability. Its
    options, its results and its name may change in any release, without a deprecation.
"""
