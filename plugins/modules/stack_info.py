#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports the stack records of one host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_info
short_description: Report the stacks that a Docker host has records of
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Returns what the stack records on one host say, such as hosts, services, scales and the hosts of the members. All
    hosts of a stack have the same record, except for those that were away.
  - It reads files only and needs neither the engine nor the Docker SDK. M(drover.docker.stack_service_info) reports the
    containers of the host, and the playbook C(drover.docker.status) both, for all hosts.
  - Environment values, labels, certificates and keys of the stacks are not returned.
options:
  name:
    description: Report only the stack of this name.
    type: str
    aliases: [stack]
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
seealso:
  - module: drover.docker.revision_info
  - module: drover.docker.stack_service_info
  - module: drover.docker.audit_info
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Look at the stacks
  drover.docker.stack_info:
  register: found

- name: Show what is wanted of each service
  ansible.builtin.debug:
    msg: "{{ item.0.name }}/{{ item.1.name }}: {{ item.1.scale }} of {{ item.1.image }}"
  loop: "{{ found.stacks | subelements('services') }}"
  loop_control:
    label: "{{ item.0.name }}/{{ item.1.name }}"

- name: Be sure that the shop is up
  ansible.builtin.assert:
    that: "'shop' in found.stacks | selectattr('state', 'equalto', 'up') | map(attribute='name')"
"""

RETURN = r"""
stacks:
  description: The stacks, by name. The stack V(drover) has the checkers.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the stack.
      type: str
    version:
      description: Number of the committed version of the record; V(0) if there is none yet.
      type: int
    proposed:
      description: Number of a newer version that the host has, but does not know to be on a majority of the hosts; null
        without one.
      type: int
    signed:
      description: Whether the committed version has a signature. It is not verified here.
      type: bool
    release:
      description: Release of the collection that wrote the record.
      type: str
    hosts:
      description: Inventory names of the hosts that have the record.
      type: list
      elements: str
    revision:
      description: Number of the present revision, the last one that M(drover.docker.revision_info) lists.
      type: int
    state:
      description: V(up), or V(down) after C(drover.docker.down).
      type: str
    author:
      description: Who made the present revision, as user and control node.
      type: str
    time:
      description: When it was made, in UTC, by the clock of the control node.
      type: str
    command:
      description: What was asked for.
      type: str
    services:
      description: The services, by name. Empty for a stack that is down.
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
          description: Wanted number of members. Not used if RV(stacks[].services[].global) is true.
          type: int
        global:
          description: Whether there is a member on each host that fits.
          type: bool
        state:
          description:
            - V(active) for members that are kept running, V(stopped) for members that are kept stopped, V(created) for
              members that wait for the first C(drover.docker.start).
          type: str
        members:
          description: Where the members are placed, by index.
          type: list
          elements: dict
          contains:
            index:
              description: Index of the member.
              type: int
            host:
              description: Inventory name of its host.
              type: str
  sample:
    - name: shop
      version: 12
      proposed: null
      signed: false
      release: 0.2.0
      hosts: [h1, h2, h3]
      revision: 3
      state: up
      author: root@control
      time: '2026-11-22T10:00:00Z'
      command: scale web 1 -> 2
      services:
        - name: web
          image: nginx:1.27
          scale: 2
          global: false
          state: active
          members: [{index: 1, host: h1}, {index: 2, host: h2}]
unreadable:
  description: Why records cannot be reported, by name of the stack. They are damaged, or of a newer release.
  returned: always
  type: dict
  sample:
    blog: 'not JSON: Expecting value: line 1 column 1 (char 0)'
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._common.constants import STATE_DIR
from ..module_utils._record.reports import stack_reports
from ..module_utils._record.store import StoreError, read_records

ARGUMENTS: dict[str, t.Any] = {
    "name": {"type": "str", "aliases": ["stack"]},
    "state_dir": {"type": "path", "default": STATE_DIR},
}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        stored = read_records(module.params["state_dir"])
    except StoreError as error:
        module.fail_json(msg=str(error))
    name = module.params["name"]
    stacks, faults = stack_reports(stored.records)
    unreadable = {**stored.damaged, **stored.newer, **faults}
    module.exit_json(
        changed=False,
        stacks=[item for item in stacks if name in (None, item["name"])],
        unreadable={key: why for key, why in unreadable.items() if name in (None, key)},
    )


if __name__ == "__main__":
    main()
