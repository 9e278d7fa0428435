# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command as rounds of observe, plan, record and act. Private to the collection.

The action plugins take these steps as separate tasks; run_rounds takes them in one process. Both share the same parts.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._common.constants import MAX_ROUNDS
from .._record.copies import is_majority
from .._record.revisions import Request
from .operations.plan import Plan, RecordWrite
from .planner import make_plan
from .world.world import Observation, Settings, World


@dataclasses.dataclass
class Work:
    """What one host is told to do in one call."""

    records: list[dict[str, t.Any]]
    operations: list[dict[str, t.Any]]
    refusals: dict[str, str] | None = None
    """What the host shall remember as not done; None leaves that as it is."""

    def __bool__(self) -> bool:
        return bool(self.records or self.operations or self.refusals is not None)


@dataclasses.dataclass
class Outcome:
    """What one host's call brought: results, what it sees now, and the stacks whose record it refused, with reasons."""

    results: list[dict[str, t.Any]]
    refused: dict[str, str]
    observation: Observation | None
    lease: dict[str, t.Any] | None = None
    """Who has the host's lease, where that is another run: then nothing was done there."""
    answered_at: float = 0.0
    """When the answer was there, in seconds of the controller's clock that only goes forward."""


def validation_work(plan: Plan, host: str) -> Work:
    """What one host validates, and its records: they are stored where nothing is rejected."""
    if host != plan.validator:
        return Work([], [])
    return Work(_required(plan, host), plan.validations)


def objections(plan: Plan, outcomes: dict[str, Outcome | None]) -> dict[int, str]:
    """Why validations did not pass, by id: then nothing is recorded on any host, and nothing done."""
    outcome = outcomes.get(plan.validator) if plan.validations else None
    if outcome and outcome.lease:
        return {}  # nobody was asked: another run acts there
    results = {item["id"]: item for item in outcome.results} if outcome else {}
    silent = {"status": "failed", "error": "its host did not answer"}
    found = {item["id"]: results.get(item["id"], silent) for item in plan.validations}
    return {number: item["error"] for number, item in found.items() if item["status"] != "done"}


def record_work(plan: Plan, host: str) -> Work:
    """The records that need a majority before anything else happens. The host that validates has them already."""
    return Work([], []) if host == plan.validator else Work(_required(plan, host), [])


def _required(plan: Plan, host: str) -> list[dict[str, t.Any]]:
    return [told(write, host) for write in plan.records if write.required and host in write.hosts]


def told(write: RecordWrite, host: str) -> dict[str, t.Any]:
    """A record as a host gets it, with the reason for its audit and the number that the host showed."""
    seen = {"based_on": write.based_on[host]} if host in write.based_on else {}
    return {**write.record, "cause": write.cause, **seen}


def operation_work(plan: Plan, host: str, blocked: t.Collection[str]) -> Work:
    """Copies of records that need no majority, and the operations of stacks that are not blocked."""
    copies = [
        told(write, host) for write in plan.records if not write.required and host in write.hosts
    ]
    operations = [
        item for item in plan.operations if item["host"] == host and item["stack"] not in blocked
    ]
    return Work(copies, operations, plan.refusals.get(host))


def blocked_stacks(plan: Plan, outcomes: dict[str, Outcome | None]) -> list[str]:
    """Stacks whose record did not reach its majorities: nothing of theirs may be done in this round."""
    return sorted(
        write.stack for write in plan.records if write.required and not _reached(write, outcomes)
    )


def _reached(write: RecordWrite, outcomes: dict[str, Outcome | None]) -> bool:
    accepted = [
        host
        for host in write.hosts
        for outcome in [outcomes.get(host)]
        if outcome is not None and not outcome.lease and write.stack not in outcome.refused
    ]
    return all(is_majority(quorum, [*write.holders, *accepted]) for quorum in write.quorums)


def next_request(request: Request) -> Request:
    """After the first round the desired state is on the hosts: what remains is to converge to it."""
    if request.command == "reconcile":
        return request
    return dataclasses.replace(request, command="reconcile", scales={}, take="", definition=None)


class Call(t.Protocol):
    """Carries work to hosts; None stands for a host that did not answer."""

    def __call__(self, work: dict[str, Work]) -> dict[str, Outcome | None]:
        """Run the work of each host at the same time."""


@dataclasses.dataclass
class Report:
    """What a command did over all its rounds."""

    plans: list[Plan]
    results: list[dict[str, t.Any]]
    blocked: list[str]

    @property
    def last(self) -> Plan:
        """The plan that was made last; without work if all converged."""
        return self.plans[-1]


def run_rounds(
    observations: dict[str, Observation | None],
    request: Request,
    *,
    settings: Settings,
    host_labels: dict[str, dict[str, str]],
    act: Call,
    timer: t.Callable[[], float] = time.monotonic,
) -> Report:
    """Plan and act until nothing is left to do, at most MAX_ROUNDS times.

    C(timer): a clock that only goes forward, in seconds; observations are as old as it says.
    """
    seen = {host: stamped(found, timer()) for host, found in observations.items()}
    report = Report([], [], [])
    for _round in range(MAX_ROUNDS):
        plan = make_plan(_world(seen, request, settings, host_labels, timer()), request)
        report.plans.append(plan)
        if not plan.has_work:
            return report
        report.blocked = _one_round(plan, seen, report, act, timer)
        request = next_request(request)
    report.plans.append(make_plan(_world(seen, request, settings, host_labels, timer()), request))
    return report


def _world(
    seen: dict[str, Observation | None],
    request: Request,
    settings: Settings,
    host_labels: dict[str, dict[str, str]],
    now_s: float,
) -> World:
    return World(
        seen, settings=settings, host_labels=host_labels, renamed=request.rename, now_s=now_s
    )


def stamped(observation: Observation | None, now_s: float) -> Observation | None:
    """An observation with the time at which the controller got it, on its own clock."""
    return {"taken_at": now_s, **observation} if observation else None


def _one_round(
    plan: Plan,
    seen: dict[str, Observation | None],
    report: Report,
    act: Call,
    timer: t.Callable[[], float],
) -> list[str]:
    """Validations and records where there are any, then the operations; returns the stacks that were blocked."""
    asked = _stage(seen, report, act, timer, {host: validation_work(plan, host) for host in seen})
    if objections(plan, asked):
        return sorted({item["stack"] for item in plan.operations})
    recorded = _stage(seen, report, act, timer, {host: record_work(plan, host) for host in seen})
    blocked = blocked_stacks(plan, {**recorded, **asked})
    _stage(seen, report, act, timer, {host: operation_work(plan, host, blocked) for host in seen})
    return blocked


def _stage(
    seen: dict[str, Observation | None],
    report: Report,
    act: Call,
    timer: t.Callable[[], float],
    work: dict[str, Work],
) -> dict[str, Outcome | None]:
    """One call to each host that has work; what it sees afterwards replaces what it saw before."""
    outcomes = act({host: item for host, item in work.items() if item})
    for host, outcome in outcomes.items():
        seen[host] = stamped(outcome.observation, timer()) if outcome else None
        report.results += outcome.results if outcome else []
    return outcomes
