# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that the modules share which change nothing."""

from __future__ import annotations


class ModuleDocFragment:
    """What these modules support."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode. It never changes anything.
    support: full
  diff_mode:
    description: Shows what would change.
    support: none
    details: It never changes anything.
"""
