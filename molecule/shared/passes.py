# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands over channels, in the process of the tests: they do and print what the playbooks of these names do.

A playbook starts Python some ten times, which takes seconds; over channels a pass takes as long as the engines do.
"""

from __future__ import annotations

import functools
import pathlib
import time
import typing as t

from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.action.internal_load import plain_variables, refusal
from ansible_collections.drover.docker.plugins.module_utils._model.problems import StackError
from ansible_collections.drover.docker.plugins.plugin_utils._channel.channels import (
    Answer,
    Channels,
)
from ansible_collections.drover.docker.plugins.plugin_utils._channel.driver import Driver
from ansible_collections.drover.docker.plugins.plugin_utils._channel.inventory import (
    host_variables,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.command_report import (
    CommandReport,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import (
    Message,
    read_messages,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Pass
from ansible_collections.drover.docker.plugins.plugin_utils._run.command_line import request_from
from ansible_collections.drover.docker.plugins.plugin_utils._run.short_options import (
    OF_FILES,
    OPTIONS,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.terms import stamp_of, term_of
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.certificates import (
    CertificateSources,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.variables import words

from .runs import Run

Json = dict[str, t.Any]

ARGUMENTS = {name: set(names) for name, names in OPTIONS.items()}
"""The variables that each playbook reads, beside those of the inventory (drover_*)."""


class CountingChannels(Channels):
    """Channels that count the calls that changed a host, as Ansible counts changed tasks."""

    changes = 0

    def call(self, stage: str, payloads: t.Mapping[str, Json], limit_s: float) -> dict[str, Answer]:
        """The same; a host that does not answer may have changed."""
        answers = super().call(stage, payloads, limit_s)
        if stage != "observe":
            self.changes += sum(
                isinstance(item, str) or bool(item["changed"]) for item in answers.values()
            )
        return answers


class Passes:
    """The commands of one control node. Its channels are opened by the first call, and stay."""

    def __init__(self, inventory: pathlib.Path, environment: t.Mapping[str, str]) -> None:
        self._inventory = inventory
        self._environment = environment

    @functools.cached_property
    def hosts(self) -> dict[str, Json]:
        """The variables of each host."""
        return host_variables([str(self._inventory)])

    @functools.cached_property
    def channels(self) -> CountingChannels:
        """One to each host."""
        return CountingChannels(self.hosts)

    def close(self) -> None:
        """End what runs on the hosts; the next command opens it again."""
        self.channels.close()

    def run(self, command: str, **extra: t.Any) -> Run:
        """Carry a command out. C(extra): what C(-e) would give to the playbook."""
        unknown = {name for name in extra if not name.startswith("drover_")} - ARGUMENTS[command]
        assert not unknown, f"{command} reads no variable {', '.join(sorted(unknown))}"
        began, before = time.monotonic(), self.channels.changes
        called = Command(self, command, extra, self._environment)
        code = called.run()
        output = "".join(f"{line}\n" for line in called.lines)
        seconds = time.monotonic() - began
        return Run(code, output, seconds, began, self.channels.changes - before)


class Command:
    """One command, and what it prints."""

    def __init__(
        self, passes: Passes, command: str, extra: Json, environment: t.Mapping[str, str]
    ) -> None:
        given = {name: item for name, item in extra.items() if name.startswith("drover_")}
        self.hosts = {host: {**known, **given} for host, known in passes.hosts.items()}
        self.command = command
        self.extra = extra
        self.lines: list[str] = []
        self._environment = environment
        self._driver = Driver(passes.channels, self.hosts)
        self._report = CommandReport(command)

    def run(self) -> int:
        """Do it; the exit status that the playbook would have."""
        try:
            definition = self._definition() if self.command == "up" else None
            return self._carry_out(definition)
        except StackError as error:
            told = refusal(error)
            self._tell(read_messages(told["messages"]))
            self._say([f"fatal: {told['msg']}"])
        except (ValueError, AnsibleError) as error:
            self._say([f"fatal: {error}"])
        return 2

    def _carry_out(self, definition: Json | None) -> int:
        names = ARGUMENTS[self.command].difference(OF_FILES)
        given = {name: str(self.extra[name]) for name in names if name in self.extra}
        # Tests wait for what they want to see; only those of waiting let the command wait.
        given.setdefault("wait", "false")
        request = request_from(
            {**given, "command": self.command}, definition, **stamp_of(sorted(self.hosts))
        )
        variables = next(iter(self.hosts.values()))
        running = Pass(request, self._driver.inventory, term_of(request, variables))
        if self.command == "status":
            return self._status(running)
        end = self._driver.run(running, on_step=lambda step: self._tell(self._report.step(step)))
        self._tell(self._report.end(end))
        failure = self._report.failure(end)
        self._say([f"fatal: {failure}"] if failure else [])
        return 2 if failure else 0

    def _definition(self) -> Json:
        """The stack files, read."""
        variables = next(iter(self.hosts.values()))
        held, folder = (
            variables.get(name) for name in ("drover_certificates", "drover_certificates_dir")
        )
        definition, warnings = load_stack(
            str(self.extra["stack_dir"]),
            stack=self.extra.get("stack"),
            variables=plain_variables(self.extra.get("stack_variables", {})),
            profiles=words(self.extra["profiles"]) if "profiles" in self.extra else None,
            environ=self._environment,
            certificates=CertificateSources(held, str(folder or "")),
            balancer_image=str(variables.get("drover_balancer_image") or ""),
        )
        self._say([f"[WARNING]: {line}" for line in warnings])
        return definition

    def _status(self, running: Pass) -> int:
        plan = running.foretell(self._driver.look(running), now=time.monotonic()).plan
        system = bool(self.extra.get("system"))
        told, _rows = self._report.status(running, plan, system=system)
        self._tell(told)
        return 0

    def _tell(self, messages: t.Iterable[Message]) -> None:
        self._say([message.line for message in messages])

    def _say(self, lines: list[str]) -> None:
        self.lines += lines
