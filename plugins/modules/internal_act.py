#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Store stack records and run planned operations on one Docker host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_act
short_description: (internal) Carry out one Docker host's share of the plan
description:
  - Stores stack records, or runs the operations that M(drover.docker.internal_plan) planned for this host. Independent
    operations run concurrently. Before each operation it checks that the plan's preconditions still hold.
  - Then it observes the host again, for the next round of the plan.
  - The playbooks of this collection call this module. To keep a service at scale on one host from your own playbook,
    use M(drover.docker.stack_service).
  - A host without a share of the plan is not contacted.
  - Takes the lease of the host with O(stage=record) and acts under it, so that two control nodes never act at once. It
    removes only volumes that an operation names, and only containers of this collection.
  - Writes a line to the audit of the host for each action and each refusal; see M(drover.docker.audit_info).
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_each_host
options:
  stage:
    description:
      - The share to carry out. V(record) takes the lease of all hosts and stores the records that need a majority of
        them. V(operations) runs the operations that the records allow. V(validate) comes before both, on one host, if a
        load balancer gets a new config; that host also stores its records if HAProxy accepts all configs.
      - V(pull) begins the pulls of the plan in processes of their own, or joins them, and waits for at most 10 s. It
        needs no lease.
    type: str
    choices: [pull, validate, record, operations]
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
      - A record that is older than that of this host is refused, and with it the operations of its stack.
    type: json
    default: '[]'
  operations:
    description: Operations for this host, as a list or as its JSON. The task takes them from the plan.
    type: json
    default: '[]'
  owner:
    description:
      - Who acts, for the message to another control node that must wait.
      - The task sets it to the user and the name of the control node.
    type: str
    default: drover.docker
  claim:
    description:
      - Claim of the run, as JSON. The task takes it from the plan.
      - Empty for a call that needs no lease.
    type: json
    default: '{}'
  alone:
    description:
      - Whether this call of V(operations) takes the lease of this host alone, because its work needs nothing of the
        others.
      - The task sets it from the plan.
    type: bool
    default: false
  pull_timeout_s:
    description:
      - Seconds that one pull may take in all.
      - The task sets it to the variable C(drover_pull_timeout_s), if there is one.
    type: float
    default: 1800
  registries:
    description:
      - Credentials of the registries of the images to pull, as a map of registry to C(username) and C(password), or as
        its JSON. They are used for these pulls and stored nowhere.
      - The task takes them from the variable C(drover_registries).
    type: json
    default: '{}'
    version_added: 0.2.0
  last:
    description:
      - Whether this is the last call for this host in this round. It gives the lease back, even if there is nothing to
        do. A call of V(operations) with something to do always gives it back.
      - The task sets it from the plan.
    type: bool
    default: false
  refusals:
    description:
      - What this host must note as held, as JSON. The task takes it from the plan.
      - V(null) changes nothing.
    type: json
    default: 'null'
  images:
    description:
      - Images to look for in the observation afterwards, besides those of stored stacks and of this collection's
        containers.
      - The task sets it to the images of the stack files that were loaded.
    type: list
    elements: str
    default: []
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
    details: The plan is the diff; M(drover.docker.internal_plan) prints it.
notes:
  - Needs root, or a user who can write O(state_dir) and use the engine.
  - Records and operations hold environment values of the stacks. The module neither logs nor returns them; tasks should
    also set C(no_log=true).
  - If an operation fails, the task does not fail. The next C(command=continue) of M(drover.docker.internal_plan)
    reports it.
seealso:
  - module: drover.docker.internal_plan
  - module: drover.docker.internal_observe
  - module: drover.docker.stack_service
"""

EXAMPLES = r"""
- name: Store the records that need a majority
  drover.docker.internal_act:
    stage: record
  no_log: true

- name: Do what they allow
  drover.docker.internal_act:
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
from ..module_utils._engine.pull import PULL_LIMIT_S
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
    "alone": {"type": "bool", "default": False},
    "pull_timeout_s": {"type": "float", "default": PULL_LIMIT_S},
    # Not no_log: Ansible would replace each of its values wherever it occurs in the result, also in names and records.
    # The whole module logs nothing and does not return its arguments.
    "registries": {"type": "json", "default": "{}", "no_log": False},
    "last": {"type": "bool", "default": False},
    "refusals": {"type": "json", "default": "null"},
    "images": {"type": "list", "elements": "str", "default": []},
    "docker_host": {"type": "str", "default": DOCKER_HOST},
    "state_dir": {"type": "path", "default": STATE_DIR},
}


def parsed(module: AnsibleModule, option: str, kind: type) -> t.Any:
    """Return an option that is a list or a map, or the JSON of one."""
    try:
        value = json.loads(module.params[option])
    except ValueError as error:
        module.fail_json(msg=f"{option} is not JSON: {error}", invocation={})
    if not isinstance(value, kind):
        wanted = "list" if kind is list else "map"
        module.fail_json(msg=f"{option} is not a {wanted}", invocation={})
    return value


def remembered(module: AnsibleModule) -> t.Any:
    """Return what this host must note as held; None changes nothing."""
    given = module.params["refusals"]
    return None if given == "null" else parsed(module, "refusals", dict)


def payload_of(module: AnsibleModule) -> dict[str, t.Any]:
    """Return the payload of the call from the arguments."""
    return {
        **module.params,
        "records": parsed(module, "records", list),
        "operations": parsed(module, "operations", list),
        "claim": parsed(module, "claim", dict),
        "registries": parsed(module, "registries", dict),
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
