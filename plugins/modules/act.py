#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Store stack records and run planned operations on one Docker host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: act
short_description: Carry out one Docker host's share of the plan
description:
  - Stores stack records, or runs the operations that M(drover.docker.plan) made for this host, those that do not
    need each other at the same time. Just before each one it checks that what the plan presumed still holds.
  - Then it looks at the host again, for the next round of the plan.
  - This is what the playbooks of this collection call. It is of little use by itself. To keep a service at scale on
    one host from your own playbook, use M(drover.docker.service).
  - A host without a share of the plan is not contacted.
  - Takes the lease of the host with O(stage=record), and acts under it, so that two control nodes do not act at once.
    It never removes a volume that is not named in an operation, nor a container that is not ours.
  - Writes a line for each thing it did, and for each that was refused, to the audit of the host; see
    M(drover.docker.audit_info).
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
options:
  stage:
    description:
      - The share to carry out. V(record) takes the lease and stores the records that need a majority of the hosts,
        V(operations) does all that they allow. V(validate) comes before both, on one host, where a load balancer
        gets another config; that host stores its records where HAProxy rejects none.
    type: str
    choices: [validate, record, operations]
    default: operations
  host:
    description:
      - Name of this host, as stack records know it.
      - The task sets it to C(inventory_hostname).
    type: str
    default: ''
  records:
    description:
      - Stack records to store, as a list or as its JSON. The task takes them from the plan.
      - One that is older than the record of this host is refused, and with it the operations of that stack.
    type: json
    default: '[]'
  operations:
    description: Operations for this host, as a list or as its JSON. The task takes them from the plan.
    type: json
    default: '[]'
  owner:
    description:
      - Who acts, for the message to another control node that has to wait.
      - The task sets it to the user and the name of the control node.
    type: str
    default: drover.docker
  claim:
    description:
      - In whose name the call acts, as JSON. The task takes it from the plan.
      - Empty for a call that needs no lease.
    type: json
    default: '{}'
  last:
    description:
      - Whether nothing follows for this host in this round. Then the lease is given back, also where there is nothing
        to do. V(operations) with something to do gives it back in any case.
      - The task sets it from the plan.
    type: bool
    default: false
  refusals:
    description:
      - What this host shall remember as wanted and not done, as JSON. The task takes it from the plan.
      - V(null) leaves that as it is.
    type: json
    default: 'null'
  images:
    description:
      - Images to look for when looking at the host afterwards, besides those of stored stacks and of our containers.
      - The task sets it to the images of the stack files that were loaded.
    type: list
    elements: str
    default: []
  docker_host:
    description:
      - Address of the engine, C(unix://PATH) or C(tcp://HOST:PORT).
      - The task sets it to the variable C(drover_docker_host), where there is one.
    type: str
    default: unix:///var/run/docker.sock
  state_dir:
    description:
      - Folder of the stack records and of the lock on this host.
      - The task sets it to the variable C(drover_state_dir), where there is one.
    type: path
    default: /var/lib/drover
requirements:
  - Docker Engine 20.10 or later
  - Docker SDK for Python 5.0.3 or later (C(docker))
  - Python 3.8 or later
attributes:
  check_mode:
    description: Can run in check mode. Nothing is stored and no operation is run.
    support: full
  diff_mode:
    description: Shows what would change.
    support: none
    details: The plan is the diff; M(drover.docker.plan) prints it.
  action:
    description: Has a part that runs on the controller.
    support: full
notes:
  - Needs to be root, or a user who may write O(state_dir) and use the engine.
  - Records and operations hold environment values of the stacks. They are not logged and are no part of the result of
    the task; tasks should set C(no_log=true) as well.
  - An operation that fails is no failure of the task; the next C(command=continue) of M(drover.docker.plan) tells of
    it.
seealso:
  - module: drover.docker.plan
  - module: drover.docker.observe
  - module: drover.docker.service
"""

EXAMPLES = r"""
- name: Store the records that need a majority
  drover.docker.act:
    stage: record
  no_log: true

- name: Do what they allow
  drover.docker.act:
    stage: operations
  no_log: true
"""

RETURN = r"""
msg:
  description: Why the host did not answer.
  returned: when it did not
  type: str
  sample: root@control (process 4711) has been acting on this host since 2026-11-22T10:00:00Z
"""

import json
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._common.constants import DOCKER_HOST, STATE_DIR
from ..module_utils._common.names import canonical_json
from ..module_utils._host.carry_out import OPERATIONS, STAGES, carry_out
from ..module_utils._lock.caller_gone import abandoned

ARGUMENTS: dict[str, t.Any] = {
    "stage": {
        "type": "str",
        "choices": list(STAGES),
        "default": OPERATIONS,
    },
    "host": {"type": "str", "default": ""},
    "records": {"type": "json", "default": "[]"},
    "operations": {"type": "json", "default": "[]"},
    "owner": {"type": "str", "default": "drover.docker"},
    "claim": {"type": "json", "default": "{}"},
    "last": {"type": "bool", "default": False},
    "refusals": {"type": "json", "default": "null"},
    "images": {"type": "list", "elements": "str", "default": []},
    "docker_host": {"type": "str", "default": DOCKER_HOST},
    "state_dir": {"type": "path", "default": STATE_DIR},
}


def parsed(module: AnsibleModule, option: str, kind: type) -> t.Any:
    """An option that is a list or a map, or the JSON of one."""
    try:
        value = json.loads(module.params[option])
    except ValueError as error:
        module.fail_json(msg=f"{option} is not JSON: {error}", invocation={})
    if not isinstance(value, kind):
        wanted = "list" if kind is list else "map"
        module.fail_json(msg=f"{option} is not a {wanted}", invocation={})
    return value


def remembered(module: AnsibleModule) -> t.Any:
    """What this host shall remember as not done; None to leave that alone."""
    given = module.params["refusals"]
    return None if given == "null" else parsed(module, "refusals", dict)


def payload_of(module: AnsibleModule) -> dict[str, t.Any]:
    """The arguments as the host's part takes them."""
    return {
        **module.params,
        "records": parsed(module, "records", list),
        "operations": parsed(module, "operations", list),
        "claim": parsed(module, "claim", dict),
        "refusals": remembered(module),
        "check": module.check_mode,
    }


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True, no_log=True)
    invocation = {"module_args": {"host": module.params["host"]}}
    outcome = carry_out(module.params["stage"], payload_of(module), abandoned=abandoned)
    if "error" in outcome:
        module.fail_json(msg=outcome["error"], invocation=invocation)
    if "observation" in outcome:
        outcome["observation"] = canonical_json(outcome["observation"])
    module.exit_json(invocation=invocation, **outcome)


if __name__ == "__main__":
    main()
