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
requirements:
  - the SSH client C(ssh) on the control node, and Python 3.8 or later on the hosts, for hosts with SSH
  - the Python package C(jmespath) on the control node, for JMESPath expressions in O(filters)
options:
  plugin:
    description: Must be C(drover.docker.services).
    type: str
    required: true
    choices:
      - drover.docker.services
  hosts:
    description:
      - The Docker hosts. Without it, O(docker_host) is the only one.
      - Every option of a host except O(hosts[].name) and O(hosts[].docker_host) is also allowed at the top level of the
        source, as the default for all hosts.
    type: list
    elements: dict
    suboptions:
      name:
        description: Its name. The default is its address. For the playbooks it must be the name that they know.
        type: str
      docker_host:
        description:
          - Address of its engine. V(ssh://USER@HOST:PORT), with user and port optional, V(tcp://HOST:PORT), or
            V(unix:///var/run/docker.sock) for this machine.
        type: str
        required: true
      timeout:
        description: As O(timeout).
        type: float
      user:
        description: As O(user).
        type: str
      port:
        description: As O(port).
        type: int
      private_key_file:
        description: As O(private_key_file).
        type: str
      ssh_args:
        description: As O(ssh_args).
        type: str
      python:
        description: As O(python).
        type: str
      become:
        description: As O(become).
        type: bool
      socket:
        description: As O(socket).
        type: str
      state_dir:
        description: As O(state_dir).
        type: str
      tls:
        description: As O(tls).
        type: bool
      validate_certs:
        description: As O(validate_certs).
        type: bool
      ca_path:
        description: As O(ca_path).
        type: str
      client_cert:
        description: As O(client_cert).
        type: str
      client_key:
        description: As O(client_key).
        type: str
      tls_hostname:
        description: As O(tls_hostname).
        type: str
  from_group:
    description:
      - A group of Docker hosts that an earlier inventory source has, such as C(docker_hosts). They are asked in the way
        in which Ansible reaches them - C(ansible_host), C(ansible_port), C(ansible_user), the private key, the
        arguments of SSH, C(ansible_become), C(ansible_python_interpreter), C(ansible_connection=local),
        C(drover_docker_host) and C(drover_state_dir).
      - Name the sources in this order, as with C(-i hosts.yml -i services.drover.yml). In a folder, they are read in
        the order of their names.
      - An entry of O(hosts) with the same name comes before that of the group.
    type: str
    version_added: 0.2.0
  docker_host:
    description:
      - The only engine of a source without O(hosts) and O(from_group), in the format of O(hosts[].docker_host).
    type: str
    default: unix:///var/run/docker.sock
    env:
      - name: DOCKER_HOST
        version_added: 0.2.0
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
      - V(none) sets nothing.
    type: str
    choices:
      - container
      - docker-cli
      - docker-api
      - none
    default: container
  standard_groups:
    description:
      - Whether to put containers into groups by stack, service, Docker host, state, verdict and revision. Without them
        the groups are C(drover_containers) and those of O(groups) and O(keyed_groups).
    type: bool
    default: true
  timeout:
    description: Time limit for a host's whole answer, including the connection, in seconds.
    type: float
    default: 5
  user:
    description: User of the SSH connection, if the address names none. Without it, the SSH client decides.
    type: str
  port:
    description: Port of the SSH connection, if the address names none. Without it, the SSH client decides.
    type: int
  private_key_file:
    description: Private key of the SSH connection. A relative path starts at the folder of the source.
    type: str
  ssh_args:
    description: More arguments of the SSH client, such as V(-o ProxyJump=gate).
    type: str
  python:
    description: Python interpreter on hosts with SSH.
    type: str
    default: python3
  become:
    description: Whether to use C(sudo -n) on hosts with SSH. Only root can read stack records.
    type: bool
    default: false
  socket:
    description: The engine's socket on hosts with SSH.
    type: str
    default: /var/run/docker.sock
  state_dir:
    description: Folder of the stack records on the Docker hosts.
    type: str
    default: /var/lib/drover
  tls:
    description: Whether TCP connections use TLS. The default is true on port 2376 and if O(ca_path) or O(client_cert)
      is set.
    type: bool
  validate_certs:
    description: Whether to verify the certificate of an engine.
    type: bool
    default: true
  ca_path:
    description: File with CA certificates, to verify those of engines. A relative path starts at the folder of the
      source.
    type: str
  client_cert:
    description: Client certificate for engines, together with O(client_key). A relative path starts at the folder of
      the source.
    type: str
  client_key:
    description: Key of O(client_cert).
    type: str
  tls_hostname:
    description: Name that an engine's certificate must contain, if it is not that of the address.
    type: str
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

import os
import time
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.helpers import get_group_vars
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.entries import (
    Entry,
    container_entries,
    container_facts,
    host_entries,
    marked,
    variable_names,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.filters import Filters
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.group_hosts import (
    entry_of,
    merged,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.probe import (
    CONTAINERS,
    ENGINE,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.reach import (
    Answer,
    ask_hosts,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.records import Records
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import (
    KINDS,
    TCP,
    DockerHost,
    SourceError,
    check_source,
    read_hosts,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import warn

ENDINGS = (".drover.yml", ".drover.yaml")
LISTS = {CONTAINERS: CONTAINERS, "docker_hosts": ENGINE}
"""Kind of data that each entry of C(list) requests from a host."""


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The plugin C(drover.docker.services)."""

    NAME = "drover.docker.services"

    def verify_file(self, path: str) -> bool:
        """Whether the name of the file is that of a source of this plugin."""
        return bool(super().verify_file(path)) and path.endswith(ENDINGS)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Fill the inventory.

        Raises:
            AnsibleParserError: The source is invalid. A host that does not answer is no error.
        """
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        try:
            check_source(config, self.option_definitions)
            hosts = self._hosts(path)
            filters = self._filters()
            answers = self._answers(hosts, path, use_cache=cache)
            self._warn(hosts, answers)
            self._add_all(hosts, answers, filters)
        except SourceError as error:
            raise AnsibleParserError(f"{path}: {error}") from error

    def _hosts(self, path: str) -> list[DockerHost]:
        return read_hosts(
            self._given_hosts(),
            {key: self.get_option(key) for key in KINDS},
            docker_host=self.get_option("docker_host"),
            folder=os.path.dirname(os.path.abspath(path)),
        )

    def _given_hosts(self) -> t.Any:
        """Return the entries of the source, and those of the group that it names."""
        given, name = self.get_option("hosts"), self.get_option("from_group")
        if not name:
            return given
        group = self.inventory.groups.get(str(name))
        hosts = group.get_hosts() if group else []
        if not hosts:
            raise SourceError(
                f"from_group: no source before this one has a host in a group {name}; name the sources in this order:"
                " -i hosts.yml -i services.drover.yml"
            )
        return merged(given, [entry_of(host.name, self._variables_of(host)) for host in hosts])

    def _variables_of(self, host: t.Any) -> dict[str, t.Any]:
        """Return a host's variables as plays have them, without templates."""
        sources = getattr(self.inventory, "processed_sources", [])
        groups = host.get_groups()
        parts = (
            get_group_vars(groups),
            get_vars_from_inventory_sources(self.loader, sources, groups, "all"),
            host.get_vars(),
            get_vars_from_inventory_sources(self.loader, sources, [host], "all"),
        )
        found: dict[str, t.Any] = {}
        for part in parts:
            found = combine_vars(found, part)
        self.templar.available_variables = found
        named = {name: found[name] for name in found if name.startswith(("ansible_", "drover_"))}
        return {name: self._plain(value) for name, value in named.items()}

    def _plain(self, value: t.Any) -> t.Any:
        """Return a value without templates; none if it needs what only a play has."""
        try:
            return self.templar.template(value)
        except AnsibleError:
            return None

    def _filters(self) -> Filters:
        return Filters(
            self.get_option("filters"),
            known=variable_names(),
            strict=self.get_option("strict"),
            evaluate=self._compose,
        )

    def _wanted(self) -> list[str]:
        """Return the kinds of data to request from the hosts."""
        given = self.get_option("list") or []
        for number, item in enumerate(given):
            if item not in LISTS:
                raise SourceError(f"list[{number}]: {item!r} must be one of {', '.join(LISTS)}")
        if not given:
            raise SourceError(f"list: is empty; name one of {', '.join(LISTS)}, or both")
        return sorted({LISTS[item] for item in given})

    def _answers(self, hosts: list[DockerHost], path: str, *, use_cache: bool) -> dict[str, Answer]:
        """Return the hosts' answers, or cached ones. A host that did not answer is asked again each time."""
        want = self._wanted()
        cached = self._cached(path) if use_cache else {}
        marks = {host.name: f"{host.mark} {' '.join(want)}" for host in hosts}
        answers = {
            name: cached[name]["answer"]
            for name, mark in marks.items()
            if cached.get(name, {}).get("mark") == mark
        }
        answers |= ask_hosts([host for host in hosts if host.name not in answers], want)
        if self.get_option("cache"):
            self._cache[self.get_cache_key(path)] = {
                name: {"mark": marks[name], "answer": answer}
                for name, answer in answers.items()
                if not answer["error"]
            }
        return answers

    def _cached(self, path: str) -> dict[str, t.Any]:
        if not self.get_option("cache"):
            return {}
        try:
            return dict(self._cache[self.get_cache_key(path)])
        except KeyError:
            return {}

    def _warn(self, hosts: list[DockerHost], answers: dict[str, Answer]) -> None:
        """Warn once for each gap in the inventory, with its reason."""
        for host in hosts:
            answer = answers[host.name]
            if answer["error"]:
                self._say(f"{host.name} is not seen: {answer['error']} ({host.url})")
                continue
            if answer["unread"] and host.transport != TCP:
                self._say(f"{host.name}: verdicts and revisions are unknown: {answer['unread']}")
            for stack, reason in sorted(answer["damaged"].items()):
                self._say(f"{host.name}: the record of stack {stack} is damaged ({reason})")
        seen = {name: answer for name, answer in answers.items() if not answer["error"]}
        for stack, conflict in Records(seen).conflicts().items():
            self._say(f"{stack}: {conflict}")

    def _say(self, text: str) -> None:
        warn(self.display, f"{self.NAME}: {text}")

    def _add_all(
        self, hosts: list[DockerHost], answers: dict[str, Answer], filters: Filters
    ) -> None:
        listed = self.get_option("list")
        own = host_entries(hosts, answers) if "docker_hosts" in listed else []
        for entry in own:
            self._add(entry)
        if CONTAINERS not in listed:
            return
        facts = container_facts(hosts, answers, now=time.time())
        entries = container_entries(
            [item for item in facts if self._is_shown(item) and filters.let_pass(item)],
            hosts,
            connection=self.get_option("connection"),
            standard_groups=self.get_option("standard_groups"),
            taken=[*self.inventory.hosts, *self.inventory.groups],
        )
        for entry in entries:
            self._add(entry)
        for failure in filters.failures.values():
            self._say(f"{failure}; such containers are left out")

    def _is_shown(self, facts: dict[str, t.Any]) -> bool:
        if not facts["drover_managed"]:
            return bool(self.get_option("foreign"))
        return not facts["drover_system"] or bool(self.get_option("system"))

    def _add(self, entry: Entry) -> None:
        """Add one host with its variables and groups. Mark data from Docker hosts, so that it is never a template."""
        self.inventory.add_host(entry.name)
        for group, parent in entry.groups:
            self._join(entry.name, group, parent)
        variables = marked(entry.variables)
        for key, value in variables.items():
            self.inventory.set_variable(entry.name, str(key), value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, entry.name, strict=strict)
        self._add_host_to_composed_groups(
            self.get_option("groups"), variables, entry.name, strict=strict
        )
        self._add_host_to_keyed_groups(
            self.get_option("keyed_groups"), variables, entry.name, strict=strict
        )

    def _join(self, name: str, group: str, parent: str) -> None:
        child = self.inventory.add_group(self._sanitize_group_name(group))
        self.inventory.add_child(child, name)
        if parent:
            above = self.inventory.add_group(self._sanitize_group_name(parent))
            self.inventory.add_child(above, child)
