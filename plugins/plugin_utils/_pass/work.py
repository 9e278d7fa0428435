# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each host's share of one stage of a round, and what its answer allows. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Refusals
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    BALANCER,
    CHECKER,
    Operation,
    Result,
    images_to_pull,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    RecordWrite,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import is_majority
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request

OBSERVE = "observe"
VALIDATE = "validate"
RECORD = "record"
OPERATIONS = "operations"
PULL = "pull"
STAGES = (OBSERVE, PULL, VALIDATE, RECORD, OPERATIONS)

Holder = dict[str, t.Any]
"""The holder of a host's lease: owner, reason, since, left_s (s), busy and more (module_utils/_lock/lease.py)."""


@dataclasses.dataclass
class Work:
    """One host's share of one call.

    Attributes:
        records: Records to store; C(cause) in a record says why. With C(commit), the version of a stored proposal that
            has its majority.
        operations: Operations to run on this host.
        refusals: What the host must note as held; None changes nothing.
        alone: The call takes the lease of this host alone.
        last: This is the host's last call of the round: it gives the lease back.
        claim: The run's claim (module_utils/_lock/lease.py); empty for a call that needs no lease.
        images: Images that the host must report in its observation.
        known: Hashes of the bodies of records that this pass has; the host sends all others. None: what it is chosen
            for (module_utils/_record/excerpt.py).
    """

    records: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    operations: list[Operation] = dataclasses.field(default_factory=list)
    refusals: Refusals | None = None
    alone: bool = False
    last: bool = False
    claim: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    images: list[str] = dataclasses.field(default_factory=list)
    known: list[str] | None = None

    def __bool__(self) -> bool:
        return bool(self.records or self.operations or self.refusals is not None)

    @property
    def images_to_pull(self) -> list[str]:
        """The images that this host is to pull."""
        return images_to_pull(self.operations)


@dataclasses.dataclass
class Outcome:
    """The outcome of one host's call.

    Attributes:
        results: Results of its operations.
        refused: Stacks whose record the host refused, with reasons.
        observation: The host's new observation, stamped by the driver (C(taken_at)); None if it did not look.
        lease: The holder of the host's lease if it is another run. Then the host did nothing.
        unable: Why the host can do nothing now; empty if it can.
        answered_at: Arrival of the answer, in seconds of the driver's monotonic clock.
        overtaken: Stacks whose record the host refused because another run stored one since it was planned.
    """

    results: list[Result]
    refused: dict[str, str]
    observation: Observation | None
    lease: Holder | None = None
    answered_at: float = 0.0
    overtaken: list[str] = dataclasses.field(default_factory=list)
    unable: str = ""

    @classmethod
    def of(cls, answer: t.Mapping[str, t.Any], answered_at: float) -> Outcome:
        """Read a host's answer to any stage: results, refused, lease and observation, as far as it has them."""
        return cls(
            answer.get("results", []),
            {item["stack"]: item["reason"] for item in answer.get("refused", [])},
            answer.get("observation"),
            answer.get("lease"),
            answered_at,
            [item["stack"] for item in answer.get("refused", []) if item.get("overtaken")],
            str(answer.get("unable") or ""),
        )


Outcomes = dict[str, Outcome | None]
"""By host; None for a host that did not answer."""


def holders(*stages: Outcomes) -> list[Holder]:
    """Return the holders of the leases that hosts refused to this run."""
    return [item.lease for stage in stages for item in stage.values() if item and item.lease]


def validation_work(plan: Plan, host: str) -> Work:
    """Return the validations of one host, and its records, which it stores if HAProxy rejects nothing."""
    if host != plan.validator:
        return Work()
    return Work(_records(plan, required=True).get(host, []), plan.validations)


def objections(plan: Plan, outcomes: Outcomes) -> dict[int, str]:
    """Return by id why validations failed. After a failure nothing is recorded or done on any host."""
    outcome = outcomes.get(plan.validator) if plan.validations else None
    if outcome and outcome.unable:
        return {item["id"]: outcome.unable for item in plan.validations}
    if outcome and outcome.lease:
        return {}  # nothing was validated, because another run has taken the lease
    results = {item["id"]: item for item in outcome.results} if outcome else {}
    silent = {"status": "failed", "error": "its host did not answer"}
    found = {item["id"]: results.get(item["id"], silent) for item in plan.validations}
    return {number: item["error"] for number, item in found.items() if item["status"] != "done"}


def unanswered(plan: Plan, reason: str) -> Outcome:
    """Return failed validations for a host that did not answer."""
    text = f"its host did not answer: {reason}" if reason else "its host did not answer"
    results = [
        Result(id=item["id"], status="failed", error=text, seconds=0.0) for item in plan.validations
    ]
    return Outcome(results, {}, None)


def record_work(plan: Plan, hosts: t.Iterable[str]) -> dict[str, Work]:
    """Return each host's records that need a majority before operations run. The validating host has them already."""
    records = _records(plan, required=True)
    return {host: Work(records.get(host, [])) for host in hosts if host != plan.validator}


def _records(plan: Plan, *, required: bool) -> dict[str, list[dict[str, t.Any]]]:
    """The records to store on each host."""
    found: dict[str, list[dict[str, t.Any]]] = {}
    for write in plan.records:
        for host in write.hosts if write.required == required else ():
            found.setdefault(host, []).append(told(write, host))
    return found


def told(write: RecordWrite, host: str) -> dict[str, t.Any]:
    """Return a record for a host, with the reason for its audit and the number that the host showed."""
    seen = {"based_on": write.based_on[host]} if host in write.based_on else {}
    ledger = {"life": write.ledgers[host]} if host in write.ledgers else {}
    asked = {"asked": write.hosts, "base": write.base} if write.is_proposal else {}
    return {**write.record, "cause": write.cause.as_data, **seen, **ledger, **asked}


def decisions(plan: Plan, blocked: t.Collection[str]) -> dict[str, list[dict[str, t.Any]]]:
    """Return what became of each proposal, by host: it may act on it from now on, or must withdraw it."""
    found: dict[str, list[dict[str, t.Any]]] = {}
    for write in plan.records:
        decided = "withdraw" if write.stack in blocked else "commit"
        for host in write.hosts if write.is_proposal else ():
            told_host = {"stack": write.stack, decided: write.record["version"]}
            found.setdefault(host, []).append(told_host)
    return found


def withdrawal_work(plan: Plan, outcomes: Outcomes) -> dict[str, Work]:
    """Return the withdrawal of all proposals, for the hosts that may have stored one or have granted the lease."""
    withdrawn = decisions(plan, {write.stack for write in plan.records})
    return {
        host: Work(withdrawn.get(host, []), last=True)
        for host, outcome in outcomes.items()
        if outcome is None or not (outcome.lease or outcome.unable)
    }


def unsure_stacks(plan: Plan, recorded: Outcomes, acted: Outcomes) -> dict[str, list[str]]:
    """Return blocked stacks with the hosts that may keep the proposal: they did not say that they withdrew it."""
    found: dict[str, list[str]] = {}
    blocked = set(blocked_stacks(plan, recorded))
    for write in plan.records:
        if write.is_proposal and write.stack in blocked:
            kept = [
                host
                for host in write.hosts
                if _may_keep(write.stack, recorded.get(host), acted.get(host))
            ]
            found.update({write.stack: kept} if kept else {})
    return found


def _may_keep(stack: str, recorded: Outcome | None, acted: Outcome | None) -> bool:
    never_stored = recorded is not None and not _took(recorded, stack)
    withdrawn = acted is not None and _took(acted, stack)
    return not (never_stored or withdrawn)


def operation_work(
    plan: Plan, hosts: t.Iterable[str], blocked: t.Collection[str]
) -> dict[str, Work]:
    """Return each host's records that need no majority, and its operations of stacks that are not blocked.

    HAProxy's configs are of all stacks together, so none changes in a round with a blocked stack: they would serve an
    order that has failed.
    """
    copies, decided = _records(plan, required=False), decisions(plan, blocked)
    operations: dict[str, list[Operation]] = {}
    for item in plan.operations:
        if item["stack"] not in blocked and not (blocked and _is_config(item)):
            operations.setdefault(item["host"], []).append(item)
    return {
        host: Work(
            [*decided.get(host, []), *copies.get(host, [])],
            operations.get(host, []),
            plan.refusals.get(host),
        )
        for host in hosts
    }


def _is_config(operation: Operation) -> bool:
    return CHECKER.names(operation) or BALANCER.names(operation)


def blocked_stacks(plan: Plan, outcomes: Outcomes) -> list[str]:
    """Return stacks whose record did not reach its majorities. Their operations do not run in this round."""
    return sorted(
        write.stack for write in plan.records if write.required and not _reached(write, outcomes)
    )


def results_of(plan: Plan, acted: Outcomes) -> t.Iterator[tuple[Operation, Result]]:
    """Return each operation that a host answered for, with its result, host by host."""
    by_id = {item["id"]: item for item in plan.operations}
    for _host, outcome in sorted(acted.items()):
        for result in outcome.results if outcome else []:
            yield by_id[result["id"]], result


def overtaken_stacks(plan: Plan, outcomes: Outcomes) -> list[str]:
    """Return blocked stacks of which another run stored a version since this one was planned."""
    told = {stack for item in outcomes.values() if item for stack in item.overtaken}
    return [stack for stack in blocked_stacks(plan, outcomes) if stack in told]


def _reached(write: RecordWrite, outcomes: Outcomes) -> bool:
    accepted = [
        host
        for host in write.hosts
        for outcome in [outcomes.get(host)]
        if outcome is not None and _took(outcome, write.stack)
    ]
    have = [*write.holders, *accepted]
    is_stored = all(is_majority(quorum, have) for quorum in write.quorums)
    return is_stored and all(item.holds(accepted) for item in write.refuted)


def _took(outcome: Outcome, stack: str) -> bool:
    return not outcome.lease and not outcome.unable and stack not in outcome.refused


def next_request(request: Request) -> Request:
    """Return the request of later rounds: the hosts have the desired state now, and must converge to it."""
    if request.command == "reconcile":
        return request
    return dataclasses.replace(
        request, command="reconcile", scales={}, take="", definition=None, continued=True
    )
