# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code of the inventory plugins. Private to the collection."""

from __future__ import annotations

import os
import time
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.helpers import get_group_vars
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources

from .connection import check_connection
from .entries import Entry, container_entries, container_facts, host_entries, variable_names
from .filters import Filters
from .group_hosts import entry_of, merged
from .probe import CONTAINERS, ENGINE
from .reach import Answer, ask_hosts
from .records import Records
from .source import TCP, DockerHost, check_source, read_hosts
from .ssh_servers import SshServers
from .values import KINDS, SourceError

ENDINGS = (".drover.yml", ".drover.yaml")
LISTS = {CONTAINERS: CONTAINERS, "docker_hosts": ENGINE}
"""Kind of data that each entry of C(list) requests from a host."""


class SourcePlugin(BaseInventoryPlugin, Constructable, Cacheable):
    """What both plugins do. Each has its C(NAME) and its options."""

    def listed(self) -> list[str]:
        """Return what to list."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Print a warning."""
        raise NotImplementedError

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
            check_connection(config)
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
            {key: self._templated(self.get_option(key)) for key in KINDS},
            docker_host=self._templated(self.get_option("docker_host")),
            folder=os.path.dirname(os.path.abspath(path)),
        )

    def _given_hosts(self) -> t.Any:
        """Return the entries of the source, and those of the group that it names."""
        given = self._templated(self.get_option("hosts"))
        name = self._templated(self.get_option("from_group"))
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

    def _templated(self, value: t.Any) -> t.Any:
        """Return a value of the source without templates, such as C({{ lookup('env', 'GATE') }})."""
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            raise SourceError(f"a template cannot be read: {error}") from error

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
            self.get_option("filters") if "filters" in self.option_definitions else [],
            known=variable_names(),
            strict=self.get_option("strict"),
            evaluate=self._compose,
        )

    def _wanted(self) -> list[str]:
        """Return the kinds of data to request from the hosts."""
        given = self.listed()
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
                self.say(f"{host.name} is not seen: {answer['error']} ({host.url})")
                continue
            if answer["unread"] and host.transport != TCP:
                self.say(f"{host.name}: verdicts and revisions are unknown: {answer['unread']}")
            for stack, reason in sorted(answer["damaged"].items()):
                self.say(f"{host.name}: the record of stack {stack} is damaged ({reason})")
        seen = {name: answer for name, answer in answers.items() if not answer["error"]}
        for stack, conflict in Records(seen).conflicts().items():
            self.say(f"{stack}: {conflict}")

    def _add_all(
        self, hosts: list[DockerHost], answers: dict[str, Answer], filters: Filters
    ) -> None:
        listed = self.listed()
        own = host_entries(hosts, answers) if "docker_hosts" in listed else []
        for entry in own:
            self._add(entry)
        if CONTAINERS not in listed:
            return
        facts = container_facts(hosts, answers, now=time.time())
        entries = container_entries(
            [item for item in facts if self._is_shown(item) and filters.let_pass(item)],
            hosts,
            connection=self.get_option("connection_type") or self.get_option("connection"),
            standard_groups=self.get_option("standard_groups"),
            taken=[*self.inventory.hosts, *self.inventory.groups],
            servers=SshServers(
                self.get_option("private_ssh_port"), self.get_option("default_ip") or ""
            ),
        )
        for entry in entries:
            self._add(entry)
        for failure in filters.failures.values():
            self.say(f"{failure}; such containers are left out")

    def _is_shown(self, facts: dict[str, t.Any]) -> bool:
        if not facts["drover_managed"]:
            return bool(self.get_option("foreign"))
        return not facts["drover_system"] or bool(self.get_option("system"))

    def _add(self, entry: Entry) -> None:
        """Add one host with its variables and groups. All its texts are unsafe: none is ever a template."""
        self.inventory.add_host(entry.name)
        for group, parent in entry.groups:
            self._join(entry.name, group, parent)
        variables = wrap_var(entry.variables)
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
