#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_volume_move
short_description: (internal) Begin and end the move of a member with its volumes
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Finds the member by the stack's record, in the observations of M(drover.docker.internal_observe), and returns which
    steps of its move are left. At the end it removes the copy of the data.
  - Runs on the controller and contacts no host.
  - Internal to this collection. It may change or disappear in any release.
options:
  step:
    description: The begin, what would follow in check mode, or the end.
    type: str
    required: true
    choices: [begin, foretell, end]
  service:
    description: The service, as STACK/SERVICE.
    type: str
    required: true
  to:
    description: The host that the member is to be on.
    type: str
    default: ''
  index:
    description: Index of the member. Not needed for a service with one member.
    type: int
  dest:
    description: Folder for the copy. One in the default folder is removed at the end.
    type: path
    default: ''
  key_file:
    description: File with the key of an encrypted copy.
    type: path
    default: ''
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_controller
attributes:
  check_mode:
    description: Says what would be done.
    support: full
  diff_mode:
    description: Shows what would change.
    support: none
seealso:
  - module: drover.docker.internal_volume
  - module: drover.docker.internal_show
"""

EXAMPLES = r"""
- name: See what is left to do
  drover.docker.internal_volume_move:
    step: begin
    service: shop/db
    to: web2
  run_once: true
"""

RETURN = r"""
index:
  description: Index of the member.
  returned: at the begin
  type: int
  sample: 1
is_over:
  description: Whether it is there already.
  returned: at the begin
  type: bool
goes_back:
  description: Whether it is taken back to where its data still are.
  returned: at the begin
  type: bool
leaves:
  description: Whether it still has to be stopped and copied.
  returned: at the begin
  type: bool
messages:
  description: Lines for people, each with C(kind) and C(text).
  returned: always
  type: list
  elements: dict
"""
