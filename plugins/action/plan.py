# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the next step of a pass, and print what was done, what is held and why.

Pass (plugin_utils/_pass/machine.py) decides the order; this plugin only stores it between tasks.
"""

from __future__ import annotations

import secrets
import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._output import report
from ansible_collections.drover.docker.plugins.plugin_utils._output.balancer_diff import (
    balancer_diffs,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import (
    message,
    printable_text,
    say,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.status_rows import (
    rows_of,
    table_of,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Inventory, Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import End, Step
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file, run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.command_line import request_from
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    docker_hosts,
    host_labels,
    settings,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.terms import stamp_of, term_of

display = Display()

NESTED_STEPS = 60
"""Steps whose includes are nested in each other (playbooks/tasks/steps.yml). The limit of Ansible is about 300.

A wait of a day has some 4000 steps: 67 rows of 60 nest 127 deep.
"""


class ActionModule(ActionBase):
    """Runs on the controller only, and contacts no host."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Make the next step and print its messages."""
        variables = task_vars or {}
        super().run(tmp, variables)
        command = self._task.args.get("command")
        if command == "continue":
            return self._continue(docker_hosts(variables))
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
        inventory = Inventory(settings(variables), host_labels(variables))
        term = term_of(request, variables, self._templar.template)
        found = Pass(request, inventory, term)
        run_files.forget("told")
        if request.command == "status":
            return self._status(found, found.foretell(observations, now=time.monotonic()))
        if self._task.check_mode:
            return self._foretell(found.foretell(observations, now=time.monotonic()), request)
        step = found.start(observations, now=time.monotonic())
        if step.calls:
            self._tell_once([f"note   {note}" for note in step.plan.notes])
        return self._take(found, step, hosts)

    def _continue(self, hosts: list[str]) -> dict[str, t.Any]:
        found = pass_file.load()
        outcomes, reasons = pass_file.outcomes(hosts)
        step = found.answer(
            outcomes, now=time.monotonic(), token=secrets.token_hex(8), reasons=reasons
        )
        return self._take(found, step, hosts)

    def _take(self, found: Pass, step: Step, hosts: list[str]) -> dict[str, t.Any]:
        """Print a step's messages, and store its calls for the hosts."""
        self._say(report.round_lines(step.done) if step.done else [])
        self._say([report.notice_text(notice) for notice in step.notices])
        pass_file.save(found, step, hosts)
        if step.end:
            return self._finish(step.end, found.command)
        if step.pause_s:
            time.sleep(step.pause_s)
        return {
            "changed": False,
            "work": True,
            "nests": bool(found.steps % NESTED_STEPS),
            "planned": step.plan.lines(),
        }

    def _foretell(self, step: Step, request: Request) -> dict[str, t.Any]:
        """In check mode, return the plan and do nothing."""
        plan = step.plan
        if not self._task.diff:  # with --diff Ansible prints them
            self._say([f"would  {line}" for line in plan.lines()])
        result = self._finish(End(plan), request.command)
        result["changed"] = plan.has_work
        if self._task.diff:
            prepared = "".join(f"{line}\n" for line in plan.lines())
            result["diff"] = [{"prepared": printable_text(prepared)}, *balancer_diffs(plan)]
        return result

    def _finish(self, end: End, command: str) -> dict[str, t.Any]:
        lines, errors = report.closing(end, command)
        told = run_files.take("told") or []
        self._say([line for line in lines if line not in told])
        result = {"changed": False, "work": False, "planned": end.plan.lines()}
        if errors:
            result.update(failed=True, msg=message(report.sentence(errors)))
        return result

    def _status(self, found: Pass, step: Step) -> dict[str, t.Any]:
        planner: Planner = t.cast("Planner", found.planner)
        rows = rows_of(planner, step.plan, system=bool(self._task.args.get("system")))
        self._say(["", *table_of(planner, rows), *report.status_messages(step.plan), ""])
        return {"changed": False, "work": False, "services": [vars(row) for row in rows]}

    # --- parts ---

    def _request(self, variables: dict[str, t.Any]) -> Request:
        stamp = stamp_of(docker_hosts(variables))
        try:
            args = {key: value for key, value in self._task.args.items() if key != "prepare"}
            return request_from(args, run_files.load("definition"), **stamp)
        except ValueError as error:
            raise AnsibleActionFail(str(error)) from error

    def _tell_once(self, lines: list[str]) -> None:
        """Print lines now, so that the end does not repeat them."""
        self._say(lines)
        run_files.save("told", lines)

    def _say(self, lines: list[str]) -> None:
        say(display, lines)
