# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the next step of a pass, and return what was done, what is held and why.

Pass (plugin_utils/_pass/machine.py) decides the order; this plugin only stores it between tasks.
"""

from __future__ import annotations

import secrets
import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.module_utils._common.names import canonical_json
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._output.assessment import OK, Assessment
from ansible_collections.drover.docker.plugins.plugin_utils._output.balancer_diff import (
    balancer_diffs,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.command_report import (
    CommandReport,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import (
    Message,
    as_data,
    plain,
    shown,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import printable_text
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Inventory, Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import End, Step
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file, run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.command_line import request_from
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    docker_hosts,
    host_labels,
    settings,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.record_key import record_key
from ansible_collections.drover.docker.plugins.plugin_utils._run.terms import stamp_of, term_of

NESTED_STEPS = 60
"""Steps whose includes are nested in each other (roles/stack/tasks/steps.yml). The limit of Ansible is about 300.

A wait of a day has some 4000 steps: 67 rows of 60 nest 127 deep.
"""


class ActionModule(ActionBase):
    """Runs on the controller only, and contacts no host."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Make the next step and return its messages."""
        variables = task_vars or {}
        super().run(tmp, variables)
        command = self._task.args.get("command")
        if command == "continue":
            return self._continue(docker_hosts(variables), self._record_key(variables))
        request = (
            run_files.load_object("request") if command == "prepared" else self._request(variables)
        )
        if self._task.args.get("prepare"):
            run_files.save_object("request", request)
            return {"changed": False, "work": False}
        return self._begin(request, variables)

    # --- steps ---

    def _begin(self, request: Request, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        hosts = docker_hosts(variables)
        observations = pass_file.observations(hosts)
        key = self._record_key(variables)
        inventory = Inventory(settings(variables), host_labels(variables), key)
        term = term_of(request, variables, self._templar.template)
        found, report = Pass(request, inventory, term), CommandReport(request.command)
        shows = {name: self._task.args.get(name) for name in ("system", "check", "format")}
        run_files.save("shows", shows)
        begin = found.foretell if self._foretells(found) else found.start
        return self._take(found, report, begin(observations, now=time.monotonic()), hosts)

    def _foretells(self, found: Pass) -> bool:
        """Whether nothing is done but to look at the hosts."""
        return found.command == "status" or bool(self._task.check_mode)

    def _continue(self, hosts: list[str], key: str) -> dict[str, t.Any]:
        found = pass_file.load(key)
        outcomes, reasons = pass_file.outcomes(hosts)
        step = found.answer(
            outcomes, now=time.monotonic(), token=secrets.token_hex(8), reasons=reasons
        )
        return self._take(found, run_files.load_object("report"), step, hosts)

    def _take(
        self, found: Pass, report: CommandReport, step: Step, hosts: list[str]
    ) -> dict[str, t.Any]:
        """Return a step's messages, and store its calls for the hosts."""
        told = report.step(step)
        if step.end and self._foretells(found):
            pass_file.forget_calls(hosts)
        else:
            pass_file.save(found, step, hosts)
        if step.end:
            return self._ended(found, report, step.end, told)
        run_files.save_object("report", report)
        if step.pause_s:
            time.sleep(step.pause_s)
        return {
            "changed": False,
            "work": True,
            "nests": bool(found.steps % NESTED_STEPS),
            "planned": step.plan.lines(),
            "messages": as_data(told),
        }

    def _ended(
        self, found: Pass, report: CommandReport, end: End, told: list[Message]
    ) -> dict[str, t.Any]:
        if found.command == "status":
            return self._status(found, report, end.plan)
        if self._task.check_mode:
            return self._foretell(found, report, end.plan)
        return self._finish(found, report, end, told)

    def _foretell(self, found: Pass, report: CommandReport, plan: Plan) -> dict[str, t.Any]:
        """In check mode, return the plan and do nothing."""
        result = self._finish(found, report, End(plan), report.foretold(plan))
        result["changed"] = plan.has_work
        if self._task.diff:
            prepared = "".join(f"{line}\n" for line in plan.lines())
            result["diff"] = [{"prepared": printable_text(prepared)}, *balancer_diffs(plan)]
        return result

    def _finish(
        self, found: Pass, report: CommandReport, end: End, told: list[Message]
    ) -> dict[str, t.Any]:
        """Return the result of the command, which AWX keeps too. The task that shows it fails if the command did."""
        data = report.result(found, end)
        told = [*told, *report.end(end)]
        run_files.save("shown", shown(report.messages, report.failure(end)))
        return {
            **data,
            "work": False,
            "planned": end.plan.lines(),
            "messages": as_data(told),
            "ansible_facts": {"drover_stack_result": data},
            "ansible_stats": {"data": {"drover": data}, "per_host": False, "aggregate": False},
        }

    def _status(self, found: Pass, report: CommandReport, plan: Plan) -> dict[str, t.Any]:
        shows = run_files.load("shows")
        if shows["check"]:
            return self._check(report.check(found, plan), str(shows["format"] or "text"))
        told, rows = report.status(found, plan, system=bool(shows["system"]))
        blind = found.planner is None or not found.planner.world.seen
        run_files.save("shown", shown(told, Fact("no_host").text if blind else ""))
        return {
            "changed": False,
            "work": False,
            "services": rows,
            "messages": as_data(told),
            "ansible_facts": {"drover_status": {"services": rows}},
        }

    def _check(self, found: Assessment, how: str) -> dict[str, t.Any]:
        """Return the assessment. The task that shows it fails unless all is well."""
        data = found.as_data
        line = canonical_json(data) if how == "json" else found.line
        told = plain([line])
        run_files.save("shown", shown(told, "" if found.level == OK else line))
        return {
            "changed": False,
            "work": False,
            "messages": as_data(told),
            "ansible_facts": {"drover_check": data},
        }

    # --- parts ---

    def _request(self, variables: dict[str, t.Any]) -> Request:
        stamp = stamp_of(docker_hosts(variables))
        try:
            args = {key: value for key, value in self._task.args.items() if key != "prepare"}
            request = request_from(args, run_files.load("definition"), **stamp)
        except ValueError as error:
            raise AnsibleActionFail(str(error)) from error
        signs = bool(self._record_key(variables))
        if request.sign_records and not signs:
            raise AnsibleActionFail("sign_records=true needs the key: drover_record_key")
        if request.unsign_records and signs:
            raise AnsibleActionFail(
                "sign_records=false is for a control node without key: take drover_record_key away first"
            )
        return request

    def _record_key(self, variables: dict[str, t.Any]) -> str:
        return record_key(variables, self._templar.template)
