#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_volume
short_description: (internal) Back up or restore the volumes of a member
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Finds the member by the stack's record, in the observations of M(drover.docker.internal_observe), and streams its
    volumes from its host to this machine, or back.
  - Runs on the controller, and starts a program on the member's host over the connection that Ansible would use.
  - Internal to this collection. It may change or disappear in any release.
options:
  command:
    description: What to do.
    type: str
    required: true
    choices: [volume_backup, volume_restore]
  service:
    description: The service, as STACK/SERVICE.
    type: str
    required: true
  index:
    description: Index of the member. Not needed for a service with one member.
    type: int
  dest:
    description: Folder for the backup.
    type: path
  src:
    description: Folder of the backup to restore.
    type: path
  quiesce:
    description: Whether the member is stopped or paused while it is backed up.
    type: str
    choices: [stop, pause, none]
    default: stop
  dump:
    description: Command in the member's container, whose output is the backup in place of the volumes.
    type: str
    default: ''
  compress:
    description: How the data are compressed on the host.
    type: str
    choices: [gzip, zstd, none]
    default: gzip
  key_file:
    description: File with the key of an encrypted backup.
    type: path
    default: ''
  force:
    description: Take the backup of another service.
    type: bool
    default: false
  move:
    description:
      - The backup is the copy of a move (M(drover.docker.internal_volume_move)). It has a name of its own in O(dest),
        which has a default then. A copy that is whole is not made again.
    type: bool
    default: false
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_controller
attributes:
  check_mode:
    description: Says what would be done, after all checks.
    support: full
  diff_mode:
    description: Shows what would change.
    support: none
seealso:
  - module: drover.docker.internal_show
"""

EXAMPLES = r"""
- name: Copy
  drover.docker.internal_volume:
    command: volume_backup
    service: shop/db
    dest: /srv/backups
  run_once: true
"""

RETURN = r"""
path:
  description: Folder of the backup on the controller.
  returned: when not in check mode
  type: str
  sample: /srv/backups/shop-db-1-20261128T010000Z
manifest:
  description: What the backup is of, and what it has.
  returned: when not in check mode
  type: dict
messages:
  description: Lines for people, each with C(kind) and C(text).
  returned: always
  type: list
  elements: dict
"""
