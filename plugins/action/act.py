# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out one host's share of the plan; a host without a share is not contacted.

The module of the same name does the work.
"""

from __future__ import annotations

import json
import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.action.observe import wanted_images
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._plan.rounds import (
    Outcome,
    Work,
    blocked_stacks,
    objections,
    operation_work,
    record_work,
    validation_work,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run import lease_claims, run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    docker_hosts,
    module_arguments,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.plan_file import load_plan
from ansible_collections.drover.docker.plugins.plugin_utils._run.remote import call_module


class ActionModule(ActionBase):
    """Stage "record" takes the lease and writes records that need a majority; stage "operations" does the rest."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Call the module with this host's share, if it has one."""
        variables = task_vars or {}
        super().run(tmp, variables)
        stage = self._task.args.get("stage", "operations")
        arguments = module_arguments(variables, self._templar.template)
        plan = load_plan()
        if plan is None:
            raise AnsibleActionFail("there is no plan to act on: drover.docker.plan comes first")
        work = self._share(plan, stage, arguments["host"], variables)
        if work is None or self._task.check_mode:
            return {"changed": False}
        images = wanted_images(variables, self._templar.template)
        return self._call(
            stage,
            {**arguments, "images": images, "last": _is_last(plan, stage)},
            work,
            variables,
        )

    def _share(self, plan: Plan, stage: str, host: str, variables: dict[str, t.Any]) -> Work | None:
        """What this host is called for; None where it is not called."""
        if stage == "validate":
            return validation_work(plan, host) or None
        recorded = outcomes("record", docker_hosts(variables))
        asked = {plan.validator: recorded.get(plan.validator)}
        if objections(plan, recorded) or lease_claims.holders(
            asked if stage == "record" else recorded
        ):
            return None
        if stage == "record":  # all that answer, as each of them has to give the lease
            return record_work(plan, host) if host != plan.validator and _is_seen(host) else None
        if lease_claims.is_late(recorded.values()):
            return None
        work = operation_work(plan, host, blocked_stacks(plan, recorded))
        return work if work or (_has_to_end(plan) and _is_seen(host)) else None

    def _call(
        self, stage: str, arguments: dict[str, t.Any], work: Work, variables: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        host = arguments["host"]
        share = {"records": work.records, "operations": work.operations}
        refusals = json.dumps(work.refusals)  # as text, because Ansible takes None for no value
        full = {
            **arguments,
            **share,
            "refusals": refusals,
            "stage": stage,
            "claim": lease_claims.claim(),
        }
        result, reason = call_module(self, "drover.docker.act", full, variables)
        if reason:
            run_files.save(run_files.for_host("observation", host), {"error": reason})
            if stage == "validate":
                _save(stage, host, unanswered(work, reason))
            return {"changed": True, "msg": reason}
        if "observation" in result:
            observation = {**json.loads(result["observation"]), "taken_at": time.monotonic()}
            run_files.save(run_files.for_host("observation", host), observation)
        refused = {item["stack"]: item["reason"] for item in result["refused"]}
        outcome = {"results": result["results"], "refused": refused, "lease": result["lease"]}
        _save(stage, host, outcome)
        return {"changed": bool(result["changed"])}


def _is_seen(host: str) -> bool:
    found = run_files.load(run_files.for_host("observation", host)) or {"error": "not seen"}
    return not found.get("error")


def _has_to_end(plan: Plan) -> bool:
    """Whether hosts without a share are called as well: only these calls end a term that was begun once more."""
    return bool(plan.operations) and lease_claims.is_prepared_again()


def _is_last(plan: Plan, stage: str) -> bool:
    """Whether the host's lease is given back: no operations follow the records on any host, or they are done.

    A call that is only told what is held needs no lease, and gives none back.
    """
    return _has_to_end(plan) if stage == "operations" else not plan.operations


def _save(stage: str, host: str, outcome: dict[str, t.Any]) -> None:
    """Keep what a host's call brought. The records of the host that validates go with that call."""
    kind = "record" if stage == "validate" else stage
    run_files.save(run_files.for_host(kind, host), {**outcome, "answered_at": time.monotonic()})


def unanswered(work: Work, reason: str) -> dict[str, t.Any]:
    """The outcome of validations on a host that did not answer: they did not pass."""
    failed = {"status": "failed", "error": f"its host did not answer: {reason}"}
    results = [{"id": item["id"], "seconds": 0.0, **failed} for item in work.operations]
    return {"results": results, "refused": {}, "lease": None}


def outcomes(stage: str, hosts: list[str]) -> dict[str, Outcome | None]:
    """What the hosts' calls of a stage brought; None for a host that did not answer or was not called."""
    found: dict[str, Outcome | None] = {}
    for host in hosts:
        saved = run_files.load(run_files.for_host(stage, host))
        found[host] = (
            Outcome(saved["results"], saved["refused"], None, saved["lease"], saved["answered_at"])
            if saved
            else None
        )
    return found
