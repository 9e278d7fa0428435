# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of a play without Ansible around them: action plugins over hosts that are only observations."""

from __future__ import annotations

import json
import types
import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.utils.display import Display
from ansible_collections.drover.docker.plugins.action import (
    internal_act,
    internal_load,
    internal_observe,
    internal_options,
    internal_plan,
    internal_show,
)
from ansible_collections.drover.docker.plugins.module_utils._common.names import canonical_json
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    Operation,
    Result,
)
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import read_messages
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import OBSERVE
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file, run_files
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack

Json = dict[str, t.Any]
SECRET = "correct horse battery"
PLUGINS: dict[str, t.Any] = {
    "act": internal_act,
    "load": internal_load,
    "observe": internal_observe,
    "options": internal_options,
    "plan": internal_plan,
    "show": internal_show,
}
UNREACHABLE = "Failed to connect to the host via ssh: <error censored due to no log>"


def shop(scale: int = 1) -> Json:
    """A stack with a password in it."""
    web = service(scale=scale, container={"environment": {"PASSWORD": SECRET}})
    return stack({"web": web})


def not_reached(_command: str) -> None:
    """What SSH says when it is asked once more: nothing else."""
    raise AnsibleConnectionFailure(UNREACHABLE)


def refuse_to_print(*_args: t.Any, **_named: t.Any) -> None:
    """What a worker prints breaks callbacks that write JSON, and hangs Ansible if nobody reads it."""
    raise AssertionError("an action plugin prints")


class Play:
    """Runs tasks; what they called, returned and told is kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
        self.bench = Bench(*hosts)
        self.variables: Json = {}
        self.refusing: list[str] = []
        self.failing: dict[str, str] = {}
        self.leased: dict[str, Json] = {}
        """Host -> who else has its lease."""
        self.calls: list[tuple[str, str, Json]] = []
        self.returned: list[Json] = []
        self.printed: list[str] = []
        self.templates: dict[str, t.Any] = {}
        """Template -> what becomes of it."""
        self._patch = monkeypatch
        monkeypatch.setattr(Display, "display", refuse_to_print)

    def task(
        self, name: str, host: str = "h1", *, check: bool = False, diff: bool = False, **args: t.Any
    ) -> Json:
        """Run one task on one host."""
        task = types.SimpleNamespace(
            args=args, action=name, async_val=0, check_mode=check, diff=diff
        )
        shell = types.SimpleNamespace(tmpdir="/nowhere")
        context = types.SimpleNamespace(no_log=True)
        connection = types.SimpleNamespace(
            _shell=shell, exec_command=not_reached, _play_context=context
        )
        templar = types.SimpleNamespace(template=self._template)
        action = PLUGINS[name].ActionModule(task, connection, None, None, templar, None)
        self._patch.setattr(action, "_execute_module", self._module)
        hosts: dict[str, Json] = {item: {} for item in self.bench.seen}
        own = {"inventory_hostname": host, "groups": {"docker_hosts": list(hosts)}}
        result: Json = action.run(task_vars={**own, "hostvars": hosts, **self.variables})
        self.returned.append(result)
        self.printed += [message.line for message in read_messages(result.get("messages"))]
        return result

    def _template(self, value: t.Any) -> t.Any:
        return self.templates.get(value, value) if isinstance(value, str) else value

    def on_all(self, name: str, **args: t.Any) -> list[Json]:
        """Run one task on all hosts."""
        return [self.task(name, host, **args) for host in self.bench.seen]

    def up(self, definition: Json, *, upgrade: bool = True, **how: t.Any) -> Json:
        """The tasks of the playbook C(up) as far as the plan of its first round."""
        run_files.save("definition", definition)
        self.task("plan", command="up", upgrade=upgrade, prepare=True)
        self.on_all("observe", **how)
        return self.task("plan", command="prepared", **how)

    def step(self) -> Json:
        """The tasks of one step of the pass."""
        self.on_all("act")
        return self.task("plan", command="continue")

    def act(self) -> Json:
        """Steps to the end of a round, or to a wait for another run."""
        rounds = pass_file.load("").rounds
        while True:
            result = self.step()
            found = pass_file.load("")
            if not result["work"] or found.rounds != rounds or found.stage == OBSERVE:
                return result

    def failure(self) -> str:
        """Why the command failed, as the playbook's last task says; empty if it did not."""
        result = self.task("show")
        return str(result["msg"]) if result.get("failed") else ""

    def shown(self) -> list[str]:
        """The lines that the playbook's last task shows."""
        found: list[str] = self.task("show")["msg"]
        return found

    def called(self, module: str) -> list[str]:
        """The hosts on which a module was called."""
        return [
            host
            for name, host, _arguments in self.calls
            if name == f"drover.docker.internal_{module}"
        ]

    # --- the hosts ---

    def _module(self, module_name: str, module_args: Json, task_vars: Json) -> Json:
        host = task_vars["inventory_hostname"]
        self.calls.append((module_name, host, module_args))
        if self.bench.seen[host] is None:
            raise AnsibleConnectionFailure(UNREACHABLE)
        done = self._act(host, module_args) if module_name.endswith(".internal_act") else {}
        seen = excerpt(t.cast("t.Any", self.bench[host]), module_args.get("known"))
        return {**done, "observation": canonical_json(seen)}

    def _act(self, host: str, arguments: Json) -> Json:
        if host in self.refusing:
            refused = [
                {"stack": item["stack"], "reason": "a newer one", "overtaken": False}
                for item in arguments["records"]
            ]
            return {"changed": False, "results": [], "refused": refused, "lease": None}
        if host in self.leased:
            return {"changed": False, "results": [], "refused": [], "lease": self.leased[host]}
        for item in arguments["records"]:
            self.bench.store(host, item)
        if arguments["refusals"] != "null":
            self.bench[host]["refusals"] = json.loads(arguments["refusals"])
        results = [self._operate(item) for item in arguments["operations"]]
        return {"changed": True, "results": results, "refused": [], "lease": None}

    def _operate(self, operation: Operation) -> Result:
        error = self.failing.get(operation["kind"], "")
        if not error and operation["kind"] == "create":
            self.bench.run(operation)
        status = "failed" if error else "done"
        return Result(id=operation["id"], status=status, error=error, seconds=0.25)
