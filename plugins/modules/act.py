#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Store stack records and run planned operations on one Docker host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: act
short_description: Store stack records and run planned operations on one Docker host
description:
  - Stores stack records, then runs the operations that the planner made for this host, those that do not need each
    other at the same time. Just before each one it checks that what the plan presumed still holds.
  - This is what the playbooks of this collection call. It is of little use by itself. To keep a service at scale on
    one host from your own playbook, use M(drover.docker.service).
  - Holds a lock on the host while it acts, so that two control nodes do not act at once. It never removes a volume that
    is not named in an operation, nor a container that is not ours.
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
options:
  host:
    description: Inventory name of this host, as stack records know it.
    type: str
    required: true
  records:
    description:
      - Stack records to store, as a list or as its JSON.
      - One that is older than the record of this host is refused, and with it the operations of that stack.
    type: json
    default: '[]'
  operations:
    description: Operations for this host, as a list or as its JSON.
    type: json
    default: '[]'
  owner:
    description: Who acts, for the message to another control node that has to wait.
    type: str
    default: drover.docker
  images:
    description:
      - Images to look for when looking at the host afterwards, besides those of stored stacks and of our containers.
    type: list
    elements: str
    default: []
  docker_host:
    description:
      - Address of the engine, C(unix://PATH) or C(tcp://HOST:PORT).
    type: str
    default: unix:///var/run/docker.sock
  state_dir:
    description: Folder of the stack records and of the lock on this host.
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
    details: The plan is the diff; the playbooks print it.
seealso:
  - module: drover.docker.observe
  - module: drover.docker.service
notes:
  - Needs to be root, or a user who may write O(state_dir) and use the engine.
  - Its arguments and RV(observation) hold environment values of the stacks. It logs no argument and returns none but
    O(host). Tasks should set C(no_log=true) as well.
  - An operation that fails is reported in RV(results) and is no failure of the module.
"""

EXAMPLES = r"""
- name: Start a container that was stopped
  drover.docker.act:
    host: "{{ inventory_hostname }}"
    operations:
      - id: 1
        kind: start
        host: "{{ inventory_hostname }}"
        stack: shop
        service: web
        index: 1
        container: shop-web-1
        container_id: ""
        cause: stopped by hand
        after: []
        args: {}
  become: true
  no_log: true
  register: act

- name: Show what became of it
  ansible.builtin.debug:
    var: act.results
"""

RETURN = r"""
results:
  description: What became of each operation, ordered by id. Empty in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The operation.
      type: int
    status:
      description:
        - V(done); V(failed) with the reason; V(stale) when what the plan presumed no longer held and nothing was done;
          or V(skipped) when one that it comes after was not done.
      type: str
    error:
      description: The reason, or with V(done) a remark; mostly empty.
      type: str
    seconds:
      description: How long it took, in seconds.
      type: float
  sample:
    - {id: 1, status: done, error: "", seconds: 0.41}
refused:
  description: Records that were not stored, each with the reason.
  returned: always
  type: list
  elements: dict
  contains:
    stack:
      description: Stack name.
      type: str
    reason:
      description: Why this host did not store it.
      type: str
  sample: []
observation:
  description:
    - What the host looks like afterwards, as JSON in one string; see M(drover.docker.observe).
  returned: always
  type: str
  sample: '{"format": 1, "host": "h1", "error": null, "now": 1795341600.0, "containers": []}'
"""

import json
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.act import act
from ..module_utils.constants import DOCKER_HOST, STATE_DIR
from ..module_utils.engine import DockerEngine
from ..module_utils.engine_errors import SdkMissing
from ..module_utils.hostlock import HostBusy
from ..module_utils.names import canonical_json
from ..module_utils.observe import observe

ARGUMENTS: dict[str, t.Any] = {
    "host": {"type": "str", "required": True},
    "records": {"type": "json", "default": "[]"},
    "operations": {"type": "json", "default": "[]"},
    "owner": {"type": "str", "default": "drover.docker"},
    "images": {"type": "list", "elements": "str", "default": []},
    "docker_host": {"type": "str", "default": DOCKER_HOST},
    "state_dir": {"type": "path", "default": STATE_DIR},
}


def parsed(module: AnsibleModule, option: str) -> t.Any:
    """An option that is a list, or the JSON of one."""
    try:
        value = json.loads(module.params[option])
    except ValueError as error:
        module.fail_json(msg=f"{option} is not JSON: {error}", invocation={})
    if not isinstance(value, list):
        module.fail_json(msg=f"{option} is not a list", invocation={})
    return value


def run(module: AnsibleModule) -> dict[str, t.Any]:
    """Act, look again, and return what the module returns."""
    params = module.params
    engine = DockerEngine(params["docker_host"])
    records, operations = parsed(module, "records"), parsed(module, "operations")
    place = {"host": params["host"], "state_dir": params["state_dir"], "clock": time.time}
    outcome = {"changed": bool(records or operations), "results": [], "refused": []}
    if not module.check_mode:
        outcome = act(
            engine, records=records, operations=operations, owner=params["owner"], **place
        )
    look = observe(engine, images=params["images"], **place)
    return {**outcome, "observation": canonical_json(look)}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True, no_log=True)
    invocation = {"module_args": {"host": module.params["host"]}}
    try:
        outcome = run(module)
    except SdkMissing as error:
        module.fail_json(
            msg=missing_required_lib("docker"), exception=str(error), invocation=invocation
        )
    except HostBusy as error:
        module.fail_json(msg=str(error), invocation=invocation)
    module.exit_json(invocation=invocation, **outcome)


if __name__ == "__main__":
    main()
