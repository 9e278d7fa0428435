#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports the present state of one Docker host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_observe
short_description: (internal) Look at one Docker host, for the plan
description:
  - Reads the engine, this collection's containers, volumes, networks, images and the stored stack records of one Docker
    host, and keeps the observation on the control node for M(drover.docker.internal_plan).
  - The playbooks of this collection call this module, once for each host in each pass. To see the containers of a
    service, use M(drover.docker.stack_service_info) or the playbook C(drover.docker.status).
  - Only reads. An engine that does not answer within 4 seconds is unknown, and so is an unreachable host. The task does
    not fail in either case.
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_each_host
options:
  host:
    description:
      - Name of this host, as stack records know it.
      - The task sets it to C(inventory_hostname).
    type: str
    default: ''
  images:
    description:
      - Images to look for, besides those of stored stacks and of this collection's containers.
      - The task sets it to the images of the stack files that were loaded.
    type: list
    elements: str
    default: []
  known:
    description:
      - Hashes of the bodies of stack records that need not be sent. All others are.
      - Without this option each body is sent by two of its hosts only. The task sets it from the plan, for bodies that
        nobody sent.
    type: list
    elements: str
requirements:
  - Docker Engine 20.10 or later
  - Docker SDK for Python 5.0.3 or later (C(docker))
  - Python 3.8 or later
attributes:
  check_mode:
    description: Does the same in check mode, because it only reads.
    support: full
  diff_mode:
    description: Shows what would change.
    support: none
    details: Nothing ever changes. With check mode and diff it also reads the configs of load balancers, for the diff of
      M(drover.docker.internal_plan).
notes:
  - Needs root, or a user who can read O(state_dir) and use the engine.
  - The observation holds environment values of the stored stacks. The result of the task does not contain it; tasks
    should also set C(no_log=true).
seealso:
  - module: drover.docker.internal_plan
  - module: drover.docker.internal_act
  - module: drover.docker.stack_service_info
"""

EXAMPLES = r"""
- name: Look at all Docker hosts
  drover.docker.internal_observe:
  register: look

- name: Show the hosts of which nothing is known
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }}: {{ look.reason }}"
  when: not look.observed
"""

RETURN = r"""
observed:
  description: Whether the host was seen.
  returned: always
  type: bool
  sample: true
reason:
  description: Why the host was not seen; empty if it was.
  returned: always
  type: str
  sample: the Docker engine did not answer within 4 s (GET /_ping)
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._common.constants import DOCKER_HOST, STATE_DIR
from ..module_utils._common.names import canonical_json
from ..module_utils._host.look import look


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "default": ""},
            "images": {"type": "list", "elements": "str", "default": []},
            "known": {"type": "list", "elements": "str"},
            "docker_host": {"type": "str", "default": DOCKER_HOST},
            "state_dir": {"type": "path", "default": STATE_DIR},
        },
        supports_check_mode=True,
        no_log=True,
    )
    invocation = {"module_args": {"host": module.params["host"]}}
    found = look({**module.params, "configs": module.check_mode and module._diff})
    if "error" in found:
        module.fail_json(msg=found["error"], invocation=invocation)
    observation = canonical_json(found["observation"])
    module.exit_json(changed=False, observation=observation, invocation=invocation)


if __name__ == "__main__":
    main()
