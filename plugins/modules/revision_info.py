#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports the revisions of one stack."""

from __future__ import annotations

DOCUMENTATION = r"""
module: revision_info
short_description: Report the revisions of a stack that a Docker host has a record of
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Each command that changes what is wanted of a stack makes a revision, such as C(up) with other files, C(scale),
    C(stop), C(start) and C(down). The newest 20 are kept. This module returns them from the record on one host.
  - It reads files only and needs neither the engine nor the Docker SDK.
  - Environment values, labels, certificates and keys of the stacks are not returned.
options:
  stack:
    description: Name of the stack.
    type: str
    required: true
  limit:
    description: Maximum number of revisions; the newest are returned.
    type: int
    default: 20
  state_dir:
    description: Folder of the collection's files on the host. Give what C(drover_state_dir) says.
    type: path
    default: /var/lib/drover
extends_documentation_fragment:
  - drover.docker.read_only
requirements:
  - Python 3.8 or later on the host
notes:
  - Needs root, because only root can read the records.
  - A record that is damaged, or of a newer release, is an error.
seealso:
  - module: drover.docker.stack_info
  - module: drover.docker.audit_info
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Read the revisions of the shop
  drover.docker.revision_info:
    stack: shop
  register: found

- name: Show who asked for what
  ansible.builtin.debug:
    msg: "{{ item.number }} {{ item.time }} {{ item.author }}: {{ item.command }}"
  loop: "{{ found.revisions }}"
  loop_control:
    label: "{{ item.number }}"
"""

RETURN = r"""
revisions:
  description: The revisions, oldest first; the last one is present. Empty if the host has no record of the stack.
  returned: always
  type: list
  elements: dict
  contains:
    number:
      description: Number of the revision.
      type: int
    author:
      description: Who made it, as user and control node.
      type: str
    time:
      description: When it was made, in UTC, by the clock of the control node.
      type: str
    command:
      description: What was asked for.
      type: str
    state:
      description: V(up), or V(down) for the revision of C(drover.docker.down).
      type: str
    services:
      description: The services that were wanted, by name. Empty for V(down).
      type: list
      elements: dict
      contains:
        name:
          description: Name of the service.
          type: str
        image:
          description: Image. Empty for a service without containers.
          type: str
        scale:
          description: Wanted number of members. Not used if RV(revisions[].services[].global) is true.
          type: int
        global:
          description: Whether there is a member on each host that fits.
          type: bool
        state:
          description: V(active), V(stopped) or V(created), as in M(drover.docker.stack_info).
          type: str
  sample:
    - number: 3
      author: root@control
      time: '2026-11-22T10:00:00Z'
      command: scale web 1 -> 2
      state: up
      services:
        - {name: web, image: 'nginx:1.27', scale: 2, global: false, state: active}
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._common.constants import KEPT_REVISIONS, STATE_DIR
from ..module_utils._record.reports import report, revision_reports
from ..module_utils._record.store import StoreError, read_records

ARGUMENTS: dict[str, t.Any] = {
    "stack": {"type": "str", "required": True},
    "limit": {"type": "int", "default": KEPT_REVISIONS},
    "state_dir": {"type": "path", "default": STATE_DIR},
}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    limit, stack = module.params["limit"], module.params["stack"]
    if limit < 1:
        module.fail_json(msg=f"limit={limit} must be 1 or more")
    try:
        found = revisions_of(module.params["state_dir"], stack)
    except (StoreError, ValueError) as error:
        module.fail_json(msg=f"record of stack {stack}: {error}")
    module.exit_json(changed=False, revisions=found[-limit:])


def revisions_of(state_dir: str, stack: str) -> list[dict[str, t.Any]]:
    """Return the revisions of a stack. Raises ValueError if its record cannot be read."""
    stored = read_records(state_dir)
    why = stored.damaged.get(stack) or stored.newer.get(stack)
    if why:
        raise ValueError(why)
    record = stored.records.get(stack)
    found: list[dict[str, t.Any]] = report(record, revision_reports) if record else []
    return found


if __name__ == "__main__":
    main()
