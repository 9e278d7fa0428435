# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dynamic inventory: containers of all Docker hosts with their stack, verdict and revision, or the hosts themselves."""

from __future__ import annotations

DOCUMENTATION = r"""
name: services
short_description: Containers of many Docker hosts, by stack, service, verdict and revision
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Makes the containers of many Docker hosts inventory hosts, with the variables that Ansible needs to connect to them,
    and groups them by stack, service, Docker host, state, verdict and revision.
  - Asks all hosts concurrently, each with one call. A host that does not answer within its O(timeout) causes a warning;
    the others are listed.
  - Verdict and revision come from the stack records on the Docker hosts. They are
    readable on this machine and on hosts with SSH. For containers on hosts with TCP they are V(unknown).
  - Can also list the Docker hosts themselves with facts of their engines, as the inventory of the playbooks.
  - The source is a YAML file whose name ends with C(.drover.yml) or C(.drover.yaml).
notes:
  - A container's labels leave its Docker host. Its environment, command and definition do not.
  - Data from hosts is never interpreted as a template.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - drover.docker.docker_hosts
requirements:
  - the Python package C(jmespath) on the control node, for JMESPath expressions in O(filters)
options:
  plugin:
    description: Must be C(drover.docker.services).
    type: str
    required: true
    choices:
      - drover.docker.services
  list:
    description:
      - What to list. V(containers), V(docker_hosts), or both.
      - A Docker host is listed even if it does not answer, because the playbooks must know all their hosts.
    type: list
    elements: str
    choices:
      - containers
      - docker_hosts
    default:
      - containers
  system:
    description: Whether to list the containers of system services, which are checkers and load balancers.
    type: bool
    default: false
  foreign:
    description: Whether to list containers that this collection did not make.
    type: bool
    default: false
  filters:
    description:
      - A text is a JMESPath expression over the variables of a container. It is listed if all of them are true.
      - A map with C(include) or C(exclude) and a Jinja expression is a rule, as in the inventory plugins of
        community.docker. The first rule whose expression is true decides. A container for which no rule is true is
        listed; end with C(exclude=true) to list only what is included.
      - With O(strict), an expression that fails for a container is an error. Without, it counts as false.
    type: list
    elements: raw
    default: []
  connection:
    description:
      - How tasks connect to the containers. V(container) is P(drover.docker.container#connection), which goes over the
        connection that Ansible has to the Docker host, with sudo where O(hosts[].become) says so; for engines behind
        TCP it is V(docker-cli).
      - V(docker-cli) is the connection C(community.docker.docker), which needs the C(docker) program on the control
        node; V(docker-api) is C(community.docker.docker_api). Both need the collection community.docker to run tasks in
        containers, not to list them, and know nothing of O(hosts[].become).
      - V(ssh) is the connection P(ansible.builtin.ssh#connection) to an SSH server in each container, at the port that
        publishes O(private_ssh_port). A container without such a port, or with one that is published on the loopback
        address of another machine, cannot be reached.
      - V(none) sets nothing.
    type: str
    choices:
      - container
      - docker-cli
      - docker-api
      - ssh
      - none
    default: container
  connection_type:
    description:
      - The same as O(connection), with the name and the choices that it has in
        C(community.docker.docker_containers). It is an error if both are set to different values.
      - Not set, O(connection) counts, whose default is not that of community.docker.
    type: str
    choices:
      - docker-cli
      - docker-api
      - ssh
    version_added: 0.2.0
  private_ssh_port:
    description: Port of the SSH servers in the containers, for O(connection=ssh).
    type: int
    default: 22
    version_added: 0.2.0
  default_ip:
    description:
      - Address of ports that are published on all addresses of a Docker host, for O(connection=ssh).
      - The default is the address of the Docker host, and V(127.0.0.1) for this machine.
    type: str
    version_added: 0.2.0
  standard_groups:
    description:
      - Whether to put containers into groups by stack, service, Docker host, state, verdict and revision. Without them
        the groups are C(drover_containers) and those of O(groups) and O(keyed_groups).
    type: bool
    default: true
"""

EXAMPLES = r"""
# services.drover.yml
plugin: drover.docker.services
user: root
hosts:
  - {name: web1, docker_host: ssh://192.0.2.11}
  - {name: web2, docker_host: ssh://deploy@192.0.2.12:2222, become: true}
  - {name: web3, docker_host: tcp://192.0.2.13:2376, ca_path: ca.pem, client_cert: cert.pem, client_key: key.pem}
# Only members of one stack that are not well
filters:
  - drover_stack == 'shop'
  - drover_verdict != 'healthy'
# The same as rules with Jinja expressions
# filters:
#   - include: drover_stack == 'shop' and drover_verdict != 'healthy'
#   - exclude: true
# Groups such as image_nginx_1, beside those by stack, service, host, state, verdict and revision
keyed_groups:
  - {prefix: image, key: drover_image}
# The Docker hosts of an inventory that is there already, instead of hosts:
# from_group: docker_hosts
# To list the Docker hosts themselves, for the playbooks:
# list: [docker_hosts]
"""

from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source_plugin import (
    SourcePlugin,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import warn


class InventoryModule(SourcePlugin):
    """Lists containers, hosts, or both."""

    NAME = "drover.docker.services"

    def listed(self) -> list[str]:
        """Return what the source wants to be listed."""
        return self.get_option("list") or []

    def say(self, text: str) -> None:
        """Print a warning."""
        warn(self.display, f"{self.NAME}: {text}")
