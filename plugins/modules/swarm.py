#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets one host's role in a Swarm, and the overlay network."""

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm
short_description: Make a Docker host a manager or worker of a Swarm, with an overlay network
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Starts a Swarm on this host, or makes the host join one, and on a manager changes the roles of nodes, removes
    entries of nodes that are gone, and creates an attachable overlay network.
  - With O(state=present) it needs O(role), O(network), O(remove_network), O(promote), O(demote) or O(remove_nodes).
    To look at a host, or to get the join tokens alone, use M(drover.docker.swarm_info).
  - For several hosts use the role P(drover.docker.network#role) or the playbook C(drover.docker.network). They look at
    all hosts first, and refuse harmful changes before any host is changed.
options:
  state:
    description:
      - V(present) does what the other options say.
      - V(absent) leaves the Swarm by force, as O(leave), and takes none of the options that make or change something.
    type: str
    choices: [present, absent]
    default: present
    version_added: 0.2.0
  role:
    description:
      - The role of the host.
      - V(manager) on a host without a Swarm starts one, or joins the Swarm at O(remote_addrs).
      - A host that is already in a Swarm stays there. Only O(promote) or O(demote) on a manager changes its role.
    type: str
    choices:
      - manager
      - worker
  advertise_addr:
    description:
      - Address of this host by which the other nodes reach it, when it starts or joins a Swarm.
      - Without it, O(preferred_addr) if the host has that address, else the address that its default route uses.
    type: str
    default: ''
  preferred_addr:
    description:
      - Address to advertise if it is one of this host's own. Other addresses are ignored.
    type: str
    default: ''
  data_path_port:
    description:
      - UDP port of the overlay's traffic between hosts, 1024 to 49151. Only used when a Swarm is started.
      - V(0) means the engine's default, 4789.
    type: int
    default: 0
  default_addr_pool:
    description:
      - Subnets for networks without a given subnet, for example C(ingress). Only used when a Swarm is started.
      - An empty list means the engine's default, C(10.0.0.0/8).
    type: list
    elements: str
    default: []
  remote_addrs:
    description:
      - Managers of the Swarm to join, as C(ADDRESS:2377).
      - Engines ask only the first manager (seen with 20.10 and 26.1), so it must be up. In
        RV(drover.docker.swarm_info#module:swarm.managers) the reporting host is first.
    type: list
    elements: str
    default: []
  join_token:
    description:
      - Secret that lets the host join in its role, from RV(join_tokens) of a manager.
    type: str
    default: ''
  leave:
    description:
      - With O(role), leave the present Swarm by force before anything else. To leave and stay without a Swarm, use
        O(state=absent).
      - Running containers lose their overlay networks. The other managers count a manager that left as lost.
    type: bool
    default: false
  force_new_cluster:
    description:
      - If this host is a manager without a quorum, continue with it as the only manager.
      - The other managers must be lost for good. A manager that returns still belongs to the old Swarm, and several of
        them can form a second Swarm with the same networks.
    type: bool
    default: false
  promote:
    description:
      - Ids of nodes to make managers.
    type: list
    elements: str
  demote:
    description:
      - Ids of nodes to make workers.
    type: list
    elements: str
  remove_nodes:
    description:
      - Ids of nodes whose entry to remove. This also frees the addresses of their containers.
      - Only nodes that are down are removed. The module waits up to 45 seconds for this state, and keeps other nodes.
    type: list
    elements: str
  network:
    description:
      - The overlay network, on a manager. It is created if it is missing. An existing network with other settings is an
        error, because engines cannot change a network.
    type: dict
    suboptions:
      name:
        description:
          - Its name.
        type: str
        default: drover
      subnet:
        description:
          - Its IPv4 subnet. The engine assigns the lower half; the upper half is for fixed addresses.
        type: str
        default: 10.42.0.0/16
      encrypted:
        description:
          - Whether the traffic between hosts is encrypted (IPsec ESP, which the hosts' kernels must have).
        type: bool
        default: false
      mtu:
        description:
          - MTU of the containers' interfaces, in bytes. V(0) means the engine's default, 1450.
        type: int
        default: 0
  remove_network:
    description:
      - Name of an overlay network to remove, on a manager. Only a network that this collection made is removed, and
        engines refuse while a container uses it.
    type: str
    version_added: 0.2.0
  return_tokens:
    description:
      - Return the join tokens. They are secrets, so use C(no_log=true) on the task.
    type: bool
    default: false
extends_documentation_fragment:
  - drover.docker.engine
  - drover.docker.attributes
attributes:
  diff_mode:
    details: Shows the steps, one a line.
  idempotent:
    support: partial
    details: With O(leave=true) and O(role) each run leaves the Swarm and joins it again.
notes:
  - A manager that has just lost the others takes 20 seconds to answer.
seealso:
  - module: drover.docker.swarm_info
  - name: community.docker.docker_swarm
    link: https://docs.ansible.com/ansible/latest/collections/community/docker/docker_swarm_module.html
    description: Manages a Swarm with the Docker SDK.
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Start a Swarm with an overlay network
  drover.docker.swarm:
    role: manager
    network:
      name: drover
      subnet: 10.42.0.0/16
  when: inventory_hostname == 'h1'

- name: Get the join tokens
  drover.docker.swarm_info:
    return_tokens: true
  when: inventory_hostname == 'h1'
  register: tokens
  no_log: true

- name: Join as worker
  drover.docker.swarm:
    role: worker
    remote_addrs:
      - "{{ hostvars['h1'].tokens.swarm.advertise_addr }}:2377"
    join_token: "{{ hostvars['h1'].tokens.join_tokens.worker }}"
  when: inventory_hostname != 'h1'
  no_log: true

- name: Leave the Swarm
  drover.docker.swarm:
    state: absent
"""

RETURN = r"""
changes:
  description: Steps that were done or, in check mode, would be done.
  returned: always
  type: list
  elements: str
  sample:
    - start a swarm
    - create the overlay network drover (10.42.0.0/16)
swarm:
  description: State of the host after the changes, as M(drover.docker.swarm_info) returns it.
  returned: always
  type: dict
join_tokens:
  description: Secrets that let a host join, by role.
  returned: when O(return_tokens=true) and the host is a manager with a quorum
  type: dict
  contains:
    manager:
      description: For O(join_token) with O(role=manager).
      type: str
    worker:
      description: For O(join_token) with O(role=worker).
      type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._common.addresses import parse_subnet
from ..module_utils._common.constants import OVERLAY_NETWORK, OVERLAY_SUBNET
from ..module_utils._engine.engine_options import ENGINE_OPTIONS, tls_of
from ..module_utils._engine.errors import EngineError, SdkMissing
from ..module_utils._swarm.actions import Host, Refused, Wanted, join_tokens
from ..module_utils._swarm.client import SocketClient
from ..module_utils._swarm.patient_look import ADDRESS_OPTIONS, report_of

STRINGS: dict[str, t.Any] = {"type": "list", "elements": "str"}
SPEC: dict[str, t.Any] = {
    **ENGINE_OPTIONS,
    **ADDRESS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "role": {"type": "str", "choices": ["manager", "worker"]},
    "data_path_port": {"type": "int", "default": 0},
    "default_addr_pool": {**STRINGS, "default": []},
    "remote_addrs": {**STRINGS, "default": []},
    "join_token": {"type": "str", "default": "", "no_log": True},
    "leave": {"type": "bool", "default": False},
    "force_new_cluster": {"type": "bool", "default": False},
    "promote": STRINGS,
    "demote": STRINGS,
    "remove_nodes": STRINGS,
    "network": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "default": OVERLAY_NETWORK},
            "subnet": {"type": "str", "default": OVERLAY_SUBNET},
            "encrypted": {"type": "bool", "default": False},
            "mtu": {"type": "int", "default": 0},
        },
    },
    "remove_network": {"type": "str"},
    "return_tokens": {"type": "bool", "default": False, "no_log": False},
}
ACTIONS = ("role", "network", "remove_network", "promote", "demote", "remove_nodes")
"""Options that ask for something."""


def run(module: AnsibleModule) -> dict[str, t.Any]:
    """Run the module and return its result.

    Raises:
        Refused, EngineError, ValueError: A step is impossible. The text says why.
    """
    params = module.params
    client = SocketClient(params["docker_host"], tls_of(params))
    report = report_of(client, params)
    host = Host(client, report, check_mode=module.check_mode)
    host.make(wanted(params, advertise_addr=report["advertise_addr"]))
    changed = bool(host.changes)
    if changed and not module.check_mode:
        report = report_of(client, params)
    result = {"changed": changed, "changes": host.changes, "swarm": report}
    if params["return_tokens"] and report["quorum"]:
        result["join_tokens"] = join_tokens(client)
    if module._diff:
        result["diff"] = {"prepared": "".join(f"{line}\n" for line in host.changes)}
    return result


def fault_of(params: dict[str, t.Any]) -> str:
    """Return why the options ask for nothing, or for too much; empty if they are right."""
    given = [name for name in ACTIONS if params[name] is not None]
    if params["state"] == "absent" and given:
        return f"state=absent leaves the Swarm: {', '.join(given)} cannot be given with it"
    if params["state"] == "present" and not given:
        return (
            f"nothing is asked for: give one of {', '.join(ACTIONS)}, or state=absent to leave the Swarm; "
            "drover.docker.swarm_info only looks"
        )
    return ""


def wanted(params: dict[str, t.Any], *, advertise_addr: str) -> Wanted:
    """Return the module's arguments for the steps."""
    network = params["network"]
    if network:
        network = {**network, "subnet": parse_subnet(network["subnet"])}
    same = ("role", "force_new_cluster", "data_path_port", "default_addr_pool", "remote_addrs")
    return Wanted(
        advertise_addr=advertise_addr,
        network=network,
        leave=params["leave"] or params["state"] == "absent",
        join_token=params["join_token"],
        promote=params["promote"] or [],
        demote=params["demote"] or [],
        remove_nodes=params["remove_nodes"] or [],
        remove_network=params["remove_network"] or "",
        **{name: params[name] for name in same},
    )


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    if fault_of(module.params):
        module.fail_json(msg=fault_of(module.params))
    try:
        module.exit_json(**run(module))
    except SdkMissing as error:
        module.fail_json(msg=missing_required_lib("docker"), exception=str(error))
    except (Refused, EngineError, ValueError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
