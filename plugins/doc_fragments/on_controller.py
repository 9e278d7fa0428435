# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share whose code runs on the controller, once for all hosts."""

from __future__ import annotations


class ModuleDocFragment:
    """Where they run."""

    DOCUMENTATION = r"""
attributes:
  action:
    description: Runs on the controller.
    support: full
notes:
  - Use C(run_once).
"""
