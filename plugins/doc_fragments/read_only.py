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
    description: Returns details of what has changed, or would change in check mode, when in diff mode.
    support: N/A
    details: It never changes anything.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second run indicates no change.
      - This assumes that nothing else has changed the host meanwhile.
    support: full
    details: It never changes anything.
  platform:
    description: Target systems that can be operated against.
    support: full
    platforms: posix
"""
