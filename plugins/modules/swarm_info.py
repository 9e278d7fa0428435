#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports one host's role in a Swarm, and its networks."""

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_info
short_description: Report the part that a Docker host has in a Swarm, and its networks
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Returns the state of the engine's Swarm, the address that the host would advertise, its networks and its routes. A
    manager with a quorum also reports the nodes.
options:
  advertise_addr:
    description:
      - Return this as RV(swarm.advertise_addr).
      - Without it, O(preferred_addr) if the host has that address, else the address that its default route uses.
    type: str
    default: ''
  preferred_addr:
    description: Address to advertise if it is one of this host's own. Other addresses are ignored.
    type: str
    default: ''
  attached_to:
    description: Name of a network whose containers to return as RV(swarm.attached).
    type: str
    default: ''
  return_tokens:
    description: Return the join tokens. They are secrets, so use C(no_log=true) on the task.
    type: bool
    default: false
extends_documentation_fragment:
  - drover.docker.engine
  - drover.docker.read_only
notes:
  - A manager that has just lost the others takes 20 seconds to answer.
seealso:
  - module: drover.docker.swarm
  - name: community.docker.docker_swarm_info
    link: https://docs.ansible.com/ansible/latest/collections/community/docker/docker_swarm_info_module.html
    description: Returns the objects of a Swarm.
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Look at the host's part in a Swarm
  drover.docker.swarm_info:
  register: look

- name: Be sure that it has a quorum
  ansible.builtin.assert:
    that: look.swarm.quorum

- name: Get the join tokens
  drover.docker.swarm_info:
    return_tokens: true
  register: tokens
  no_log: true
"""

RETURN = r"""
swarm:
  description: State of the host.
  returned: always
  type: dict
  contains:
    state:
      description: Engine's state of the Swarm, V(inactive), V(pending), V(active), V(locked) or V(error).
      type: str
    error:
      description: The engine's error. It shows a missing quorum on managers, but not on workers.
      type: str
    manager:
      description: Whether the host is a manager.
      type: bool
    quorum:
      description: Whether the host is a manager with a quorum.
      type: bool
    node_id:
      description: Id of the host as a node.
      type: str
    node_addr:
      description: Address that the host advertises.
      type: str
    advertise_addr:
      description: Address that the host would advertise if it joined now.
      type: str
    swarm_id:
      description: Id of the Swarm, where RV(swarm.quorum) is true.
      type: str
    managers:
      description: Managers that the host knows; the host itself is first.
      type: list
      elements: dict
      contains:
        node_id:
          description: Id of the node.
          type: str
        addr:
          description: Where it answers, as C(ADDRESS:2377).
          type: str
    nodes:
      description: All nodes, where RV(swarm.quorum) is true.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the node.
          type: str
        hostname:
          description: Its host name.
          type: str
        addr:
          description: Address that it advertises.
          type: str
        role:
          description: V(manager) or V(worker).
          type: str
        availability:
          description: V(active), V(pause) or V(drain).
          type: str
        state:
          description: V(ready), V(down), V(disconnected) or V(unknown).
          type: str
        reachability:
          description: V(reachable) or V(unreachable) for a manager, empty for a worker.
          type: str
        leader:
          description: Whether it leads the managers.
          type: bool
    made:
      description: Whether this collection started the Swarm, where RV(swarm.quorum) is true.
      type: bool
    attached:
      description: Names of the containers on O(attached_to), whether they run or not.
      type: list
      elements: str
    services:
      description: Number of Swarm services, where RV(swarm.quorum) is true.
      type: int
    networks:
      description: Networks of the host.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the network.
          type: str
        id:
          description: Its id.
          type: str
        driver:
          description: Driver, for example V(overlay).
          type: str
        scope:
          description: V(local) or V(swarm).
          type: str
        attachable:
          description: Whether containers outside of Swarm services can join it.
          type: bool
        subnets:
          description: Subnets.
          type: list
          elements: str
        ip_ranges:
          description: Ranges from which the engine assigns addresses.
          type: list
          elements: str
        encrypted:
          description: Whether the traffic between hosts is encrypted.
          type: bool
        mtu:
          description: MTU of the containers' interfaces, in bytes; V(0) for the engine's default.
          type: int
        ours:
          description: Whether this collection made it.
          type: bool
    routes:
      description: IPv4 routes of the host except the default one.
      type: list
      elements: dict
      contains:
        subnet:
          description: Destination.
          type: str
        interface:
          description: Name of the interface.
          type: str
    hostname:
      description: Host name as the engine has it.
      type: str
    engine_id:
      description: Id of the engine.
      type: str
    version:
      description: Version of the engine.
      type: str
    live_restore:
      description: Whether live-restore is enabled, which excludes Swarm.
      type: bool
join_tokens:
  description: Secrets that let a host join, by role.
  returned: when O(return_tokens=true) and the host is a manager with a quorum
  type: dict
  contains:
    manager:
      description: For O(drover.docker.swarm#module:join_token) with O(drover.docker.swarm#module:role=manager).
      type: str
    worker:
      description: For O(drover.docker.swarm#module:join_token) with O(drover.docker.swarm#module:role=worker).
      type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._engine.engine_options import ENGINE_OPTIONS, tls_of
from ..module_utils._engine.errors import EngineError, SdkMissing
from ..module_utils._swarm.actions import join_tokens
from ..module_utils._swarm.client import SocketClient
from ..module_utils._swarm.patient_look import ADDRESS_OPTIONS, report_of

SPEC: dict[str, t.Any] = {
    **ENGINE_OPTIONS,
    **ADDRESS_OPTIONS,
    "attached_to": {"type": "str", "default": ""},
    "return_tokens": {"type": "bool", "default": False, "no_log": False},
}


def run(params: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the module's result. Raises EngineError."""
    client = SocketClient(params["docker_host"], tls_of(params))
    report = report_of(client, params)
    tokens = params["return_tokens"] and report["quorum"]
    return {"swarm": report, **({"join_tokens": join_tokens(client)} if tokens else {})}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    try:
        module.exit_json(changed=False, **run(module.params))
    except SdkMissing as error:
        module.fail_json(msg=missing_required_lib("docker"), exception=str(error))
    except EngineError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
