# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command on all hosts, from the first look to its end, as a state machine. Private to the collection; pure.

A driver carries the calls of a step to the hosts and returns their outcomes, until a step is the end. Ansible's action
plugins, the channels and the simulations are drivers. Only this file decides the order of the calls.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.collector import (
    paused_collector,
)
from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    CHECKER_IMAGE,
    MAX_ROUNDS,
)
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact, Refusals
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    Observation,
    silent,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.held import (
    Keeper,
    refusals_to_note,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    goes_on_later,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import Planner
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    Settings,
    World,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request

from . import work
from .answers import trusted
from .failures import failures_of
from .record_check import RecordCheck
from .step import End, Failure, Round, Step
from .term import Term
from .work import Outcomes, Work

MOST_OVERTAKEN = 5
"""How often a pass plans anew because another run was faster."""


@dataclasses.dataclass
class Inventory:
    """The inventory's settings, and the labels that it gives to hosts."""

    settings: Settings
    host_labels: dict[str, dict[str, str]]


class Pass:
    """One command. It does no I/O, so the tasks of a play can store and load it.

    C(now) is the driver's monotonic clock in seconds. C(token) is a unique text for a new claim, which is needed if
    another run has the lease.
    """

    def __init__(self, request: Request, inventory: Inventory, term: Term) -> None:
        self.inventory = inventory
        self.term = term
        self.planner: Planner | None = None
        """The planner of what was foretold, for status."""
        self.rounds = 0
        """Number of the current round; 0 before the first."""
        self.stage = ""
        """Stage of the last step's calls."""
        self._asked = request
        self._seen: dict[str, Observation | None] = {}
        self._plan = Plan()
        self._stages: list[str] = []
        self._recorded: Outcomes = {}
        self._acted: Outcomes = {}
        self._notices: list[Fact] = []
        self._done: Round | None = None
        self._overtaken = 0
        self._withdraws = False

    @property
    def command(self) -> str:
        """The command of the request."""
        return self._asked.command

    @property
    def request(self) -> Request:
        """The request of the current round: first what was asked for, then to converge to what the hosts stored."""
        return self._asked if self.rounds <= 1 else work.next_request(self._asked)

    @property
    def images(self) -> list[str]:
        """The images that the hosts must report on."""
        return wanted_images(self.request.definition, self.inventory.settings.checker_image)

    # --- what drivers call ---

    def start(self, observations: dict[str, Observation | None], *, now: float) -> Step:
        """Plan the first round from the hosts' observations (None: not reached)."""
        self._seen = self._trusted(observations)
        plan = self._make_plan(now)
        self.term.begin(self._leases())
        if not plan.has_work:
            return self._end(plan)
        self.rounds = 1
        return self._begin_round(plan, now)

    def foretell(self, observations: dict[str, Observation | None], *, now: float) -> Step:
        """Plan the first round and end, for check mode and status."""
        self._seen = self._trusted(observations)
        self.planner = self._planning(now)
        return self._end(self.planner.plan)

    def answer(
        self,
        outcomes: Outcomes,
        *,
        now: float,
        token: str,
        reasons: dict[str, str] | None = None,
    ) -> Step:
        """Take the hosts' outcomes of the last step and return the next step.

        C(reasons): why hosts did not answer, by host.
        """
        why = reasons or {}
        self._note(outcomes, why)
        if self.stage == work.OBSERVE:
            return self._resume(now)
        if self._withdraws:
            self._withdraws = False
            return self._give_way(self._refusing(), now, token)
        if self.stage == work.VALIDATE:
            outcomes = {
                host: outcome or work.unanswered(self._plan, why.get(host, ""))
                for host, outcome in outcomes.items()
            }
        into = self._acted if self.stage == work.OPERATIONS else self._recorded
        into.update(outcomes)
        return self._advance(now, token)

    # --- one round ---

    def _begin_round(self, plan: Plan, now: float) -> Step:
        self._plan = plan
        self._recorded, self._acted = {}, {}
        prepares = self.term.prepares(plan, now)
        wanted = {
            work.VALIDATE: bool(plan.validations),
            work.RECORD: prepares,
            work.OPERATIONS: True,
        }
        self._stages = [stage for stage, needed in wanted.items() if needed]
        return self._advance(now, "")

    def _advance(self, now: float, token: str) -> Step:
        """Return the next stage with calls, or end the round."""
        while self._stages:
            stage = self._stages.pop(0)
            calls = self._calls(stage)
            if calls:
                return self._step(stage, calls)
        return self._finish_round(now, token)

    def _step(self, stage: str, calls: dict[str, Work], *, pause_s: float = 0.0) -> Step:
        self.stage = stage
        notices, self._notices = self._notices, []
        done, self._done = self._done, None
        return Step(stage, calls, pause_s, self._plan, done, notices)

    def _calls(self, stage: str) -> dict[str, Work]:
        """Return each host's call. A host without an entry is not called."""
        if stage == work.VALIDATE:
            return self._complete(
                {self._plan.validator: work.validation_work(self._plan, self._plan.validator)},
                stage,
            )
        if work.objections(self._plan, self._recorded) or work.holders(self._recorded):
            return {}
        if stage == work.RECORD:  # all hosts that answer, because each must grant the lease
            found = {
                host: work.record_work(self._plan, host)
                for host in self._answering()
                if host != self._plan.validator
            }
            return self._complete(found, stage)
        return {} if self._is_late() else self._complete(self._operations(), stage)

    def _operations(self) -> dict[str, Work]:
        blocked = work.blocked_stacks(self._plan, self._recorded)
        shares = {host: work.operation_work(self._plan, host, blocked) for host in self._seen}
        ends = set(self._answering()) if self._has_to_end() else set()
        return {host: share for host, share in shares.items() if share or host in ends}

    def _complete(self, shares: dict[str, Work], stage: str) -> dict[str, Work]:
        """Add the values that all calls of a stage share."""
        last = self._has_to_end() if stage == work.OPERATIONS else not self._goes_on()
        return self._claimed({h: dataclasses.replace(s, last=last) for h, s in shares.items()})

    def _claimed(self, shares: dict[str, Work]) -> dict[str, Work]:
        """Add the claim of this run, and what hosts must report."""
        claim = dataclasses.asdict(self.term.claim)
        return {
            host: dataclasses.replace(share, claim=claim, images=self.images)
            for host, share in shares.items()
        }

    def _goes_on(self) -> bool:
        """Whether a stage of this round follows after the records."""
        return bool(self._plan.operations) or any(item.is_proposal for item in self._plan.records)

    def _has_to_end(self) -> bool:
        """Whether hosts without a share are called too: each host must note the end of a lease that was taken again."""
        return self._goes_on() and self.term.again

    def _is_late(self) -> bool:
        return bool(self._recorded) and self.term.is_late(self._recorded)

    # --- the end of a round ---

    def _finish_round(self, now: float, token: str) -> Step:
        failures = failures_of(self._plan, self._recorded, self._acted, self._asked.stacks)
        if self._is_overtaken(failures):
            return self._plan_anew()
        self._done = Round(self._plan, self._recorded, self._acted, self._asked.stacks, failures)
        if work.holders(self._recorded):
            withdrawals = work.withdrawal_work(self._plan, self._recorded)
            return self._withdraw(withdrawals) or self._give_way(self._refusing(), now, token)
        if work.objections(self._plan, self._recorded):
            return self._end(Plan(), failures)
        if work.holders(self._acted) and not failures:
            self.rounds += 1
            return self._give_way(work.holders(self._acted), now, token)
        late = self._is_late()
        self.term.acted(self._acted.values())
        if late:
            self._notices.append(self.term.ask_for_longer())
        self.rounds += 1
        return self._next_round(now, failures)

    def _refusing(self) -> list[work.Holder]:
        return work.holders(self._recorded)

    def _withdraw(self, calls: dict[str, Work]) -> Step | None:
        """Take proposals back before giving way to another run, and the lease too; None if there are none."""
        if not calls:
            return None
        self._withdraws = True
        return self._step(work.OPERATIONS, self._claimed(calls))

    def _is_overtaken(self, failures: list[Failure]) -> bool:
        """Whether nothing failed but records that another run was faster to store, and it may be tried again."""
        overtaken = work.overtaken_stacks(self._plan, self._recorded)
        lost = [item for item in failures if item.code == "no_majority" and item.stack in overtaken]
        return bool(failures) and len(lost) == len(failures) and self._overtaken < MOST_OVERTAKEN

    def _plan_anew(self) -> Step:
        """Look at all hosts again and plan the same request on top of what the other run stored."""
        self._overtaken += 1
        stacks = work.overtaken_stacks(self._plan, self._recorded)
        self._notices.append(Fact("overtaken", {"stacks": stacks}))
        self._done = Round(self._plan, self._recorded, self._acted, self._asked.stacks, [])
        return self._look_again()

    def _look_again(self, pause_s: float = 0.0) -> Step:
        calls = {host: Work(images=self.images) for host in self._looked_at()}
        return self._step(work.OBSERVE, calls, pause_s=pause_s)

    def _next_round(self, now: float, failures: list[Failure]) -> Step:
        """Plan the next round. The first round plans the request, later rounds the state that the hosts stored."""
        plan = self._make_plan(now)
        failed = {item.stack for item in failures}
        plan.errors = [e for e in plan.errors if e.code != "stack_unknown" or e.stack not in failed]
        if plan.has_work and not failures:
            if self.rounds <= MAX_ROUNDS:
                return self._begin_round(plan, now)
            failures = self._unsettled(plan)
        return self._end(plan, failures)

    def _unsettled(self, plan: Plan) -> list[Failure]:
        """Report work that is left after the last round. Repairs continue in the next pass; other work is a failure."""
        rounds = self.rounds - 1
        if not goes_on_later(plan):
            return [Failure("unsettled", rounds=rounds)]
        plan.notes.append(Fact("unsettled", {"rounds": rounds}))
        return []

    # --- another run has the lease ---

    def _give_way(self, found: list[work.Holder], now: float, token: str) -> Step:
        """End, or wait and look at the hosts again."""
        turn = self.term.give_way(found, now=now, token=token)
        if turn.over and self.term.claim.unattended:
            return self._end(Plan(), gave_way=True, notice=turn.notice)
        if turn.over:
            return self._end(Plan(), [Failure("lease", notice=turn.notice)])
        self._notices += [turn.notice] if turn.notice else []
        return self._look_again(turn.pause_s)

    def _resume(self, now: float) -> Step:
        """Plan the round again from the observations after the wait."""
        plan = self._make_plan(now)
        return self._begin_round(plan, now) if plan.has_work else self._end(plan)

    # --- parts ---

    def _end(
        self,
        plan: Plan,
        failures: list[Failure] | None = None,
        *,
        gave_way: bool = False,
        notice: Fact | None = None,
    ) -> Step:
        step = self._step("", {})
        step.plan = plan
        step.end = End(plan, failures or [], gave_way, notice)
        return step

    def _note(self, outcomes: Outcomes, reasons: dict[str, str]) -> None:
        """Replace observations by newer ones. A host that did not answer becomes unknown."""
        for host, outcome in outcomes.items():
            if outcome is None:
                self._seen[host] = silent(reasons[host]) if reasons.get(host) else None
        shown = {host: item.observation for host, item in outcomes.items() if item}
        self._seen.update(self._trusted({host: seen for host, seen in shown.items() if seen}))

    def _trusted(
        self, observations: t.Mapping[str, Observation | None]
    ) -> dict[str, Observation | None]:
        records = RecordCheck()
        return {host: trusted(host, found, records) for host, found in observations.items()}

    def _answering(self) -> list[str]:
        return [host for host, seen in sorted(self._seen.items()) if seen and not seen.get("error")]

    def _looked_at(self) -> list[str]:
        """Return the hosts of this run. A host that C(--limit) left out has no observation at all."""
        return [host for host, seen in sorted(self._seen.items()) if seen is not None]

    def _make_plan(self, now: float) -> Plan:
        return self._planning(now).plan

    def _planning(self, now: float) -> Planner:
        world = World(
            self._seen,
            settings=self.inventory.settings,
            host_labels=self.inventory.host_labels,
            renamed=self.request.rename,
            now_s=now,
        )
        with paused_collector():
            planner = Planner(world, self.request)
            planner.run()
        planner.plan.refusals = _to_note(planner)
        return planner

    def _leases(self) -> list[work.Holder]:
        """Return the leases in the hosts' observations."""
        found = [seen.get("lease") for seen in self._seen.values() if seen and not seen["error"]]
        return [lease for lease in found if lease]


def wanted_images(definition: dict[str, t.Any] | None, checker_image: str) -> list[str]:
    """Return the images of a new definition. No record on the hosts names them yet.

    C(checker_image): the image that the inventory wants for checkers; empty for the recorded or the default one.
    """
    services = (definition or {"services": {}})["services"].values()
    checked = any(service.get("health_check") for service in services)
    own = {checker_image or CHECKER_IMAGE} if checked or checker_image else set()
    return sorted({service["image"] for service in services} | own)


def _to_note(planner: Planner) -> dict[str, Refusals]:
    """Return what hosts must note in their audit as held; nothing if the command is refused."""
    if planner.plan.refused:
        return {}
    remembered = {
        host: planner.world.observation(host).get("refusals", {}) for host in planner.world.seen
    }
    stack_hosts = {name: body["hosts"] for name, body in planner.bodies.items()}
    return refusals_to_note(planner.plan, Keeper(stack_hosts, remembered, planner.request.stacks))
