#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_options
short_description: (internal) Read the options of a command
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - The first task of the roles and playbooks of this collection. It returns the options of a command, and forgets the
    command that this play ran before.
  - Refuses extra variables that are no option of the command but look like one, with the nearest name, and an inventory
    without Docker hosts.
  - Runs on the controller and contacts no host.
  - Internal to this collection. It may change or disappear in any release.
options:
  command:
    description: The command.
    type: str
    required: true
    choices:
      - audit
      - check
      - config
      - confirm_upgrade
      - restart
      - down
      - network
      - preflight
      - reconcile
      - rollback
      - upgrade
      - scale
      - start
      - status
      - stop
      - up
      - volume_backup
      - volume_move
      - volume_restore
  given:
    description: Values of the role's variables, by the short names of the options. Empty ones count as not given.
    type: dict
    default: {}
  short:
    description: Whether extra variables (C(-e)) with the short names count where O(given) has no value.
    type: bool
    default: false
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_controller
  - drover.docker.read_only
seealso:
  - module: drover.docker.internal_plan
"""

EXAMPLES = r"""
- name: Read the command
  drover.docker.internal_options:
    command: status
    short: true
  register: command
  run_once: true
"""

RETURN = r"""
options:
  description: The options that were given, by their short names.
  returned: success
  type: dict
  sample: {"stack": "shop"}
"""
