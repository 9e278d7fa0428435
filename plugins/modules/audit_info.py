#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the audit of one Docker host: what was done, by whom and why."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_info
short_description: Read what was done on a Docker host, by whom and why
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Returns lines of the audit that this collection writes on each Docker host. There is a line for each operation, each
    stored stack record and each change of a verdict, and for each refusal when it begins, changes and ends.
  - The playbook C(drover.docker.audit) merges those of all hosts and prints them.
options:
  stack:
    description: Only lines of this stack.
    type: str
  service:
    description: Only lines of this service, by its name inside its stack.
    type: str
  member:
    description: Only lines of this member, written SERVICE/INDEX.
    type: str
  container:
    description: Only lines of the container of this name.
    type: str
  action:
    description:
      - Only lines of this action. It is the kind of an operation, such as V(create), V(stop) or V(verdict), or it is
        V(record) or V(refusal).
    type: str
  result:
    description: Only lines with this result, such as V(done), V(failed), V(stale), V(refused) or V(began).
    type: str
  run:
    description: Only lines of this run.
    type: str
  since:
    description:
      - Only lines since this time, by the clock of the host. An age such as V(45s), V(30min), V(2h) or V(7d), or a time
        in UTC such as V(2026-11-22) or V(2026-11-22T10:00:00Z).
    type: str
  limit:
    description: Maximum number of lines; the newest are returned.
    type: int
    default: 1000
  state_dir:
    description: Folder in which the collection keeps its files on this host.
    type: path
    default: /var/lib/drover
extends_documentation_fragment:
  - drover.docker.read_only
requirements:
  - Python 3.8 or later
notes:
  - Needs root, because only root can read the audit.
  - The lines hold no values of environment variables, no certificates and no passwords.
seealso:
  - module: drover.docker.revision_info
  - module: drover.docker.stack_info
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: What happened to this container in the last two hours
  drover.docker.audit_info:
    container: shop-web-1
    since: 2h
  register: history
"""

RETURN = r"""
lines:
  description: The lines, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    time:
      description: When it was done, in UTC, by the clock of the host.
      type: str
    run:
      description: Token that all lines of one run share.
      type: str
    who:
      description: User and name of the control node.
      type: str
    by:
      description: Whether it was a C(person) or a C(timer).
      type: str
    command:
      description: The command, for example C(up shop).
      type: str
    host:
      description: Inventory name of the host.
      type: str
    stack:
      description: Stack.
      type: str
    service:
      description: Service, if the line concerns one.
      type: str
    member:
      description: Member, if the line concerns one, as SERVICE/INDEX.
      type: str
    container:
      description: Name of the container, if the line concerns one.
      type: str
    action:
      description: What was done.
      type: str
    cause:
      description: Why, as text.
      type: str
    code:
      description: Code of the cause. Lines of release 0.1.0 have none, or that of C(action=refusal) only.
      type: str
    parameters:
      description: Values of the cause, by name. A value that says why has a C(code) and C(parameters) itself.
      type: dict
    evidence:
      description: The engine's facts about it, such as exit code and last events.
      type: dict
    result:
      description: The result.
      type: str
    error:
      description: Why it failed; empty otherwise.
      type: str
    seconds:
      description: Duration in seconds.
      type: float
  sample:
    - time: '2026-11-22T10:00:00.250Z'
      run: 3f9c0a1b2c3d4e5f
      who: root@control
      by: timer
      command: reconcile
      host: h1
      stack: shop
      service: web
      member: web/1
      container: shop-web-1
      action: create
      cause: no container
      code: no_container
      parameters: {}
      evidence:
        events:
          - 2026-11-22T09:59:52Z kill signal 9
          - 2026-11-22T09:59:52Z die exit code 137
          - 2026-11-22T09:59:52Z destroy
      result: done
      error: ''
      seconds: 0.21
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._audit.query import FILTERS, read_audit, since_time
from ..module_utils._common.constants import STATE_DIR

ARGUMENTS: dict[str, t.Any] = {
    **{name: {"type": "str"} for name in FILTERS},
    "since": {"type": "str"},
    "limit": {"type": "int", "default": 1000},
    "state_dir": {"type": "path", "default": STATE_DIR},
}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    if params["limit"] < 1:
        module.fail_json(msg=f"limit={params['limit']} must be 1 or more")
    try:
        since = since_time(params["since"], now=time.time()) if params["since"] else ""
    except ValueError as error:
        module.fail_json(msg=str(error))
    wanted = {name: params[name] or "" for name in FILTERS}
    lines = read_audit(params["state_dir"], wanted=wanted, since=since, limit=params["limit"])
    module.exit_json(changed=False, lines=lines)


if __name__ == "__main__":
    main()
