#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports this collection's services on one host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_service_info
short_description: Report the services of one Docker host and their containers
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Reports the containers that this collection made on the host, by service. They belong to a stored stack, or
    M(drover.docker.stack_service) made them.
  - Only reads. Nothing is changed on the host.
options:
  stack:
    description:
      - Report only services of this stack.
    type: str
  name:
    description:
      - Report only services of this name.
    type: str
  state_dir:
    description: Folder of the collection's files on the host. Give what C(drover_state_dir) says.
    type: path
    default: /var/lib/drover
  network_name:
    description: Name of the overlay of several hosts. Give what C(drover_network_name) says.
    type: str
    default: drover
extends_documentation_fragment:
  - drover.docker.engine
  - drover.docker.read_only
seealso:
  - module: drover.docker.stack_service
  - module: drover.docker.stack_info
  - name: community.docker.docker_container_info
    link: https://docs.ansible.com/ansible/latest/collections/community/docker/docker_container_info_module.html
    description: Returns all facts of one container.
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Look at the web servers of the shop
  drover.docker.stack_service_info:
    stack: shop
    name: web
  register: found

- name: Show where they answer
  ansible.builtin.debug:
    msg: "{{ found.services | map(attribute='members') | flatten | map(attribute='address') | list }}"
"""

RETURN = r"""
services:
  description: Services with at least one container on this host, by stack and name.
  returned: always
  type: list
  elements: dict
  contains:
    stack:
      description: Name of the stack.
      type: str
    name:
      description: Name of the service.
      type: str
    managed:
      description: V(stack) when a stored stack record knows it, V(module) when M(drover.docker.stack_service) made it.
      type: str
    running:
      description: Number of its containers that run.
      type: int
    members:
      description: Its containers, by index.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the container.
          type: str
        index:
          description: Index of the member.
          type: int
        id:
          description: Id of the container.
          type: str
        state:
          description: State as the engine names it, for example C(running).
          type: str
        address:
          description: Address on the managed network; empty when it has none.
          type: str
        ports:
          description: Published ports as lists of host address, host port and protocol.
          type: list
          elements: list
        health:
          description: State of the engine's own check (C(HEALTHCHECK)), C(none) without one.
          type: str
  sample:
    - stack: shop
      name: web
      managed: stack
      running: 1
      members:
        - {name: shop-web-1, index: 1, id: 4f1c, state: running, address: 10.42.131.7, ports: [], health: none}
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._common.constants import BRIDGE_NETWORK, OVERLAY_NETWORK, STATE_DIR
from ..module_utils._engine.engine_options import ENGINE_OPTIONS, engine_of
from ..module_utils._engine.errors import SdkMissing
from ..module_utils._observe.host import observe
from ..module_utils._plan.standalone import services_of


def main() -> None:
    """Entry point."""
    options: dict[str, t.Any] = {
        "stack": {"type": "str"},
        "name": {"type": "str"},
        **ENGINE_OPTIONS,
        "state_dir": {"type": "path", "default": STATE_DIR},
        "network_name": {"type": "str", "default": OVERLAY_NETWORK},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    try:
        engine = engine_of(module.params)
        state_dir = module.params["state_dir"]
        seen = observe(engine, host="this host", state_dir=state_dir, images=[], clock=time.time)
    except SdkMissing as error:
        module.fail_json(msg=missing_required_lib("docker"), exception=str(error))
    if seen["error"]:
        module.fail_json(msg=str(seen["error"]))
    wanted = {key: module.params[key] for key in ("stack", "name") if module.params[key]}
    found = [
        item
        for item in services_of(seen, (module.params["network_name"], BRIDGE_NETWORK))
        if all(item[key] == value for key, value in wanted.items())
    ]
    module.exit_json(changed=False, services=found)


if __name__ == "__main__":
    main()
