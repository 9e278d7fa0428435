#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report what one Docker host looks like now."""

from __future__ import annotations

DOCUMENTATION = r"""
module: observe
short_description: Report what one Docker host looks like now
description:
  - Reports the engine, our containers, volumes, networks, images and the stored stack records of one Docker host, for
    the planner.
  - This is what the playbooks of this collection call, once for each host in each pass. It is of little use by itself.
    To see the containers of a service, use M(drover.docker.service_info) or the playbook C(drover.docker.status).
  - Only reads. An engine that does not answer within 4 seconds is reported as unknown, in RV(observation), and is no
    failure of the module.
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
options:
  host:
    description: Inventory name of this host, as stack records know it.
    type: str
    required: true
  images:
    description:
      - Images to look for, besides those of stored stacks and of our containers.
    type: list
    elements: str
    default: []
  docker_host:
    description:
      - Address of the engine, C(unix://PATH) or C(tcp://HOST:PORT).
    type: str
    default: unix:///var/run/docker.sock
  state_dir:
    description: Folder of the stack records on this host.
    type: path
    default: /var/lib/drover
requirements:
  - Docker Engine 20.10 or later
  - Docker SDK for Python 5.0.3 or later (C(docker))
  - Python 3.8 or later
attributes:
  check_mode:
    description: Can run in check mode, and does the same there, as it only reads.
    support: full
  diff_mode:
    description: Shows what would change.
    support: none
    details: Nothing ever changes.
seealso:
  - module: drover.docker.act
  - module: drover.docker.service_info
notes:
  - Needs to be root, or a user who may read O(state_dir) and use the engine.
  - The stored stack definitions in RV(observation) hold environment values. Tasks should set C(no_log=true).
"""

EXAMPLES = r"""
- name: Look at a host
  drover.docker.observe:
    host: "{{ inventory_hostname }}"
  become: true
  no_log: true
  register: look

- name: Show the states of our containers
  ansible.builtin.debug:
    msg: "{{ (look.observation | from_json).containers | items2dict(key_name='name', value_name='state') }}"
"""

RETURN = r"""
observation:
  description:
    - What the host looks like, as JSON in one string, which costs Ansible less than a structure does.
    - Its keys are V(host), V(error) (null when all was seen), V(now) (seconds since the epoch), V(boot_id),
      V(engine), V(containers) (ours), V(foreign) (all others), V(volumes), V(networks), V(images), V(records)
      and V(damaged_records).
  returned: always
  type: str
  sample: '{"format": 1, "host": "h1", "error": null, "now": 1795341600.0, "containers": []}'
"""

import time

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.constants import DOCKER_HOST, STATE_DIR
from ..module_utils.engine import DockerEngine
from ..module_utils.engine_errors import SdkMissing
from ..module_utils.names import canonical_json
from ..module_utils.observe import observe


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "required": True},
            "images": {"type": "list", "elements": "str", "default": []},
            "docker_host": {"type": "str", "default": DOCKER_HOST},
            "state_dir": {"type": "path", "default": STATE_DIR},
        },
        supports_check_mode=True,
        no_log=True,
    )
    params = module.params
    invocation = {"module_args": {"host": params["host"]}}
    try:
        observation = observe(
            DockerEngine(params["docker_host"]),
            host=params["host"],
            state_dir=params["state_dir"],
            images=params["images"],
            clock=time.time,
        )
    except SdkMissing as error:
        module.fail_json(
            msg=missing_required_lib("docker"), exception=str(error), invocation=invocation
        )
    module.exit_json(changed=False, observation=canonical_json(observation), invocation=invocation)


if __name__ == "__main__":
    main()
