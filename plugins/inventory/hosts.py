# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dynamic inventory: Docker hosts with facts of their engines, for the playbooks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts
short_description: Docker hosts, with facts of their engines
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Makes Docker hosts inventory hosts in the group C(docker_hosts), with the variables that Ansible needs to connect to
    them and C(drover_engine), facts of their engines. So it is an inventory for the playbooks of this collection.
  - Asks all hosts concurrently, each with one call. A host that does not answer within its O(timeout) causes a warning.
    It is listed all the same, because the playbooks must know all their hosts.
  - P(drover.docker.services#inventory) lists the containers on them.
  - The source is a YAML file whose name ends with C(.drover.yml) or C(.drover.yaml).
notes:
  - Data from hosts is never interpreted as a template.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - drover.docker.docker_hosts
options:
  plugin:
    description: Must be C(drover.docker.hosts).
    type: str
    required: true
    choices:
      - drover.docker.hosts
"""

EXAMPLES = r"""
# hosts.drover.yml
plugin: drover.docker.hosts
user: root
hosts:
  - {name: web1, docker_host: ssh://192.0.2.11}
  - {name: web2, docker_host: ssh://deploy@192.0.2.12:2222, become: true}
# Groups by the version of the engine
keyed_groups:
  - {prefix: engine, key: drover_engine.version}
"""

from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source_plugin import (
    SourcePlugin,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import warn


class InventoryModule(SourcePlugin):
    """Lists Docker hosts."""

    NAME = "drover.docker.hosts"

    def listed(self) -> list[str]:
        """Return that the hosts are listed."""
        return ["docker_hosts"]

    def say(self, text: str) -> None:
        """Print a warning."""
        warn(self.display, f"{self.NAME}: {text}")
