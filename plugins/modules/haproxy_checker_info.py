#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Returns the reports of one host's checker."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_checker_info
short_description: Report what the HAProxy checker of a Docker host says
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Returns the unchanged reports of a checker, a HAProxy container that checks other containers. A pass judges the
    health of a container from the reports of several checkers; the playbook C(drover.docker.status) shows the verdict.
  - Only reads. Nothing is changed on the host.
options:
  directory:
    description:
      - Folder that the host shares with the checker, as in M(drover.docker.haproxy_checker). The default is that of the
        checkers of stacks.
    type: path
    default: /var/lib/drover/checker
  backends:
    description:
      - Report only these, for example V(shop.web.1), C(<stack>.<service>.<index>) with the checkers of stacks.
      - Without it, all are reported. V(control) has the reports about the checkers of other hosts.
    type: list
    elements: str
extends_documentation_fragment:
  - drover.docker.read_only
requirements:
  - Python 3.8 or later on the host
seealso:
  - module: drover.docker.haproxy_checker
  - module: drover.docker.audit_info
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Look at what this host's checker says
  drover.docker.haproxy_checker_info:
  register: found

- name: Show what is not up
  ansible.builtin.debug:
    msg: "{{ item.backend }} is {{ item.status }} for {{ item.since_s }} s: {{ item.check_status }} {{ item.last_chk }}"
  loop: "{{ found.reports | rejectattr('status', 'equalto', 'UP') | list }}"
  loop_control:
    label: "{{ item.backend }}"
"""

RETURN = r"""
present:
  description: Whether a checker runs, or has run.
  returned: always
  type: bool
error:
  description: Why the checker did not answer within 2 s; the values below are empty then. Empty if it answered.
  returned: always
  type: str
  sample: "the checker does not answer: admin.sock does not answer: Connection refused"
revision:
  description: Marker of the config that the checker has loaded.
  returned: always
  type: str
  sample: rev-0123456789abcdef
file_revision:
  description: Marker of the config on disk.
  returned: always
  type: str
  sample: rev-0123456789abcdef
version:
  description: Version of HAProxy.
  returned: always
  type: str
  sample: 3.0.11
pid:
  description: Process id of the worker, inside of its container.
  returned: always
  type: int
uptime_s:
  description: Seconds since the worker started, which is the last reload. Adding or removing targets needs no reload.
  returned: always
  type: int
reports:
  description: One report for each check and control.
  returned: always
  type: list
  elements: dict
  contains:
    backend:
      description: Name of the check.
      type: str
    server:
      description: Name of the checked server. With the checkers of stacks it changes with each start of the container.
      type: str
    status:
      description:
        - C(UP) or C(DOWN), with a count such as C(UP 2/3) during a change.
        - A server without a finished check is also C(UP), with a RV(reports[].check_status) of C(INI).
      type: str
    check_status:
      description:
        - How the last check ended, for example C(L7OK), C(L7STS) (wrong HTTP status), C(L4CON) (refused), C(L4TOUT)
          (not reached), C(L7TOUT) (no answer). C(INI) when there was none.
        - It begins with C(* ) while the next check is under way.
      type: str
    check_code:
      description: HTTP status of the last check, if it has one.
      type: int
    last_chk:
      description: HAProxy's further text about the last check. Empty between a reload and the next check.
      type: str
    since_s:
      description: Seconds since it last went UP or DOWN. A reload does not change it.
      type: int
    duration_ms:
      description: Duration of the last check in milliseconds.
      type: int
    failed:
      description: Number of failed checks since the worker started or the server was added.
      type: int
    place:
      description: Address and port that the check asks.
      type: str
      sample: 10.42.131.7:80
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._haproxy.run.folders import Folders
from ..module_utils._haproxy.run.observe_checker import nothing_seen, observe_haproxy


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "default": "/var/lib/drover/checker"},
            "backends": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    found = observe_haproxy(Folders(module.params["directory"]))
    seen = found or nothing_seen()
    seen.pop("socket_gone", None)  # the error says so
    wanted = module.params["backends"]
    if wanted is not None:
        seen["reports"] = [item for item in seen["reports"] if item["backend"] in wanted]
    module.exit_json(changed=False, present=found is not None, **seen)


if __name__ == "__main__":
    main()
