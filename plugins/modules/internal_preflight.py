#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports what one Docker host is like, for preflight."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_preflight
short_description: (internal) Look at what a host needs to be a Docker host
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Reads Python, the Docker SDK, the engine, ports, the clock and free disk space of one host. It changes nothing.
  - The role P(drover.docker.host#role) calls it. The task keeps the answer for
    M(drover.docker.internal_preflight_report); it does not fail where a host cannot be reached.
options:
  ports:
    description:
      - Ports that must be free, as C(tcp/2377).
      - The task sets it to the ports of Swarm, if there are several hosts.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_each_host
  - drover.docker.read_only
requirements:
  - Python 3.8 or later
seealso:
  - module: drover.docker.internal_preflight_report
"""

EXAMPLES = r"""
- name: Look at a host
  drover.docker.internal_preflight:
"""

RETURN = r"""
facts:
  description: What the host is like. Empty if it did not answer.
  returned: always
  type: dict
reason:
  description: Why the host did not answer; empty if it did.
  returned: always
  type: str
  sample: "not reached (no route to 192.0.2.11)"
"""


from ansible.module_utils.basic import AnsibleModule

from ..module_utils._common.constants import DOCKER_HOST, STATE_DIR
from ..module_utils._preflight.look import host_facts


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "docker_host": {"type": "str", "default": DOCKER_HOST},
            "state_dir": {"type": "path", "default": STATE_DIR},
            "ports": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    params = module.params
    ports: dict[tuple[str, int], None] = {}
    for text in params["ports"]:
        protocol, _slash, number = text.partition("/")
        if not number.isdigit():
            module.fail_json(msg=f"ports: {text!r} is not like tcp/2377")
        ports[protocol, int(number)] = None
    facts = host_facts(params["docker_host"], params["state_dir"], ports)
    module.exit_json(changed=False, facts=facts, reason="")


if __name__ == "__main__":
    main()
