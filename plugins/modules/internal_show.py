#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_show
short_description: (internal) Show the lines of the command that has just ended
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - The last task of the playbooks of this collection. It shows what the command did and what is held, and fails if the
    command failed.
  - The callback P(drover.docker.compact#callback) prints these lines as they come, and here nothing more.
  - Runs on the controller and contacts no host.
  - Internal to this collection. It may change or disappear in any release.
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_controller
  - drover.docker.read_only
seealso:
  - module: drover.docker.internal_plan
"""

EXAMPLES = r"""
- name: Result
  drover.docker.internal_show:
  run_once: true
"""

RETURN = r"""
msg:
  description: The lines; with a failed command the reason, in one sentence.
  returned: always
  type: raw
  sample: ["done   h1  start  shop-web-1  stopped (exit code 1)  (0.4 s)"]
lines:
  description: The lines of a command that failed.
  returned: failure
  type: list
  elements: str
"""
