# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan one round from what the hosts reported, and say what was done, what is held and why."""

from __future__ import annotations

import datetime
import secrets
import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.drover.docker.plugins.action.act import outcomes
from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    MAX_ROUNDS,
    SYSTEM_STACK,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.held import (
    Keeper,
    refusals_to_note,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Message,
    Plan,
    is_about_health,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner
from ansible_collections.drover.docker.plugins.module_utils._plan.rounds import (
    Outcome,
    blocked_stacks,
    next_request,
    objections,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import World
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._output import report
from ansible_collections.drover.docker.plugins.plugin_utils._output.balancer_diff import (
    balancer_diffs,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.balancer_lines import (
    balancer_lines,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.status import (
    service_rows,
    table,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run import lease_claims, run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.command_line import request_from
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    docker_hosts,
    host_labels,
    settings,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.plan_file import (
    load_plan,
    load_request,
    save_plan,
    save_request,
)

display = Display()
Outcomes = dict[str, Outcome | None]


class ActionModule(ActionBase):
    """Runs on the controller only; nothing is sent to a host."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Make the plan of this round and print what there is to say."""
        variables = task_vars or {}
        super().run(tmp, variables)
        command = self._task.args.get("command")
        if command == "continue":
            return self._next_round(variables)
        request = load_request()[0] if command == "prepared" else self._request(variables)
        if self._task.args.get("prepare"):
            save_request(request, rounds=0)
            return {"changed": False, "work": False, "prepare": False}
        planner = self._planner(request, variables)
        plan = planner.run()
        if request.command == "status":
            return self._status(planner, plan)
        if not self._task.check_mode:
            plan.refusals = _to_note(planner)
            lease_claims.begin(request, variables, _leases(planner))
        return self._first_round(request, plan)

    # --- rounds ---

    def _first_round(self, request: Request, plan: Plan) -> dict[str, t.Any]:
        save_request(request, rounds=1)
        save_plan(plan)
        run_files.forget("told")
        if self._task.check_mode:
            if not self._task.diff:  # with --diff Ansible itself prints them
                self._say([f"would  {line}" for line in plan.lines()])
            return self._finish(request, plan, failures=[], changed=plan.has_work)
        if not plan.has_work:
            return self._finish(request, plan, failures=[], changed=False)
        notes = [f"note   {message}" for message in plan.notes]
        self._say(notes)
        run_files.save("told", notes)
        return self._go_on(plan)

    def _next_round(self, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        request, rounds = load_request()
        hosts = docker_hosts(variables)
        recorded, acted = outcomes("record", hosts), outcomes("operations", hosts)
        failures = self._tell_results(recorded, acted, hosts)
        if lease_claims.holders(recorded):
            return self._give_way(request, rounds, lease_claims.holders(recorded), variables)
        if objections(load_plan() or Plan(), recorded):
            return self._finish(request, Plan(), failures=failures, changed=False)
        if lease_claims.holders(acted) and not failures:
            return self._give_way(request, rounds + 1, lease_claims.holders(acted), variables)
        late = lease_claims.is_late(recorded.values())
        lease_claims.settle(acted.values())
        self._say([f"wait   {lease_claims.ask_for_longer()}"] if late else [])
        plan = self._plan_again(request, rounds + 1, variables)
        progress = rounds < MAX_ROUNDS and not failures
        if plan.has_work and progress:
            return self._go_on(plan)
        if plan.has_work and not failures:
            unsettled = f"not settled after {rounds} rounds; the next pass goes on"
            if is_about_health(plan):
                plan.notes.append(Message(unsettled))
            else:
                failures = [unsettled]
        return self._finish(request, plan, failures=failures, changed=False)

    def _plan_again(self, request: Request, rounds: int, variables: dict[str, t.Any]) -> Plan:
        """The plan of a round: of the first one for what was asked, then for what the hosts have stored of it."""
        planner = self._planner(request if rounds == 1 else next_request(request), variables)
        plan = planner.run()
        plan.refusals = _to_note(planner)
        save_plan(plan)
        save_request(request, rounds=rounds)
        return plan

    def _give_way(
        self,
        request: Request,
        rounds: int,
        found: list[lease_claims.Holder],
        variables: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """Another run has the lease: end, or wait for it and plan this round anew from what is seen then."""
        turn = lease_claims.give_way(found)
        if turn.over and lease_claims.is_unattended():
            return self._finish(
                request, Plan(held=[Message(turn.text)]), failures=[], changed=False
            )
        if turn.over:
            return self._finish(request, Plan(), failures=[turn.text], changed=False)
        self._say([turn.text] if turn.text else [])
        time.sleep(turn.pause_s)
        plan = self._plan_again(request, rounds, variables)
        if plan.has_work:
            return self._go_on(plan)
        return self._finish(request, plan, failures=[], changed=False)

    def _go_on(self, plan: Plan) -> dict[str, t.Any]:
        stages = {"validations": bool(plan.validations), "prepare": lease_claims.prepares(plan)}
        return {"changed": False, "work": True, **stages, "planned": plan.lines()}

    def _finish(
        self, request: Request, plan: Plan, *, failures: list[str], changed: bool
    ) -> dict[str, t.Any]:
        lines, errors = report.closing(request, plan, failures)
        told = run_files.take("told") or []
        self._say([line for line in lines if line not in told])
        result = {"changed": changed, "work": False, "prepare": False, "planned": plan.lines()}
        if self._task.check_mode and self._task.diff:
            result["diff"] = [
                {"prepared": "".join(f"{line}\n" for line in plan.lines())},
                *balancer_diffs(plan),
            ]
        if errors:
            result.update(failed=True, msg=report.sentence(errors))
        return result

    def _status(self, planner: Planner, plan: Plan) -> dict[str, t.Any]:
        stacks = planner.request.stacks
        hidden = () if self._task.args.get("system") else (SYSTEM_STACK,)
        bodies = {
            name: body
            for name, body in planner.bodies.items()
            if name not in hidden and (stacks is None or name in stacks)
        }
        balancers = planner.balancers()

        def details(stack: str, name: str) -> list[str]:
            return balancer_lines(planner.world, balancers, stack, name, bodies[stack])

        rows = [
            row
            for row in service_rows(planner.world, bodies, plan, planner.patients, details=details)
            if stacks is None or row.stack in stacks
        ]
        lines = table(rows) if rows or stacks is None else []
        lines += report.status_messages(plan)
        self._say(["", *lines, ""])
        return {
            "changed": False,
            "work": False,
            "prepare": False,
            "services": [vars(row) for row in rows],
        }

    # --- parts ---

    def _request(self, variables: dict[str, t.Any]) -> Request:
        stamp = {
            "author": lease_claims.owner(),
            "time": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "token": secrets.token_hex(8),
            "inventory": docker_hosts(variables),
        }
        try:
            args = {key: value for key, value in self._task.args.items() if key != "prepare"}
            return request_from(args, run_files.load("definition"), **stamp)
        except ValueError as error:
            raise AnsibleActionFail(str(error)) from error

    def _planner(self, request: Request, variables: dict[str, t.Any]) -> Planner:
        hosts = docker_hosts(variables)
        observations = {
            host: run_files.load(run_files.for_host("observation", host)) for host in hosts
        }
        world = World(
            observations,
            settings=settings(variables),
            host_labels=host_labels(variables),
            renamed=request.rename,
            now_s=time.monotonic(),
        )
        return Planner(world, request)

    def _tell_results(self, recorded: Outcomes, acted: Outcomes, hosts: list[str]) -> list[str]:
        """Print what the hosts did since the last plan; returns what failed."""
        plan = load_plan() or Plan()
        lines, failures = report.validations(plan, recorded)
        lines += report.records(plan, recorded, acted) if not failures else []
        done, failed = report.results(plan, acted, stacks=load_request()[0].stacks)
        lines += done
        blocked = not failures and not lease_claims.holders(recorded)
        failures += failed
        for stack in blocked_stacks(plan, recorded) if blocked else []:
            failures.append(str(Message("the record did not reach a majority of its hosts", stack)))
        for stage in ("record", "operations"):
            for host in hosts:
                run_files.forget(run_files.for_host(stage, host))
        self._say(lines)
        return failures

    def _say(self, lines: list[str]) -> None:
        for line in lines:
            display.display(line)


def _leases(planner: Planner) -> list[lease_claims.Holder]:
    """The leases that hosts were seen to have."""
    found = [planner.world.observation(host).get("lease") for host in planner.world.seen]
    return [lease for lease in found if lease]


def _to_note(planner: Planner) -> dict[str, dict[str, str]]:
    """What hosts have to remember as held, for their audit. Of a command that is refused they learn nothing."""
    if planner.plan.refused:
        return {}
    remembered = {
        host: planner.world.observation(host).get("refusals", {}) for host in planner.world.seen
    }
    stack_hosts = {name: body["hosts"] for name, body in planner.bodies.items()}
    return refusals_to_note(planner.plan, Keeper(stack_hosts, remembered, planner.request.stacks))
