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
    unable,
)
from ansible_collections.drover.docker.plugins.module_utils._model.operation import RUNNING
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
from .assembly import Assembly
from .failures import failures_of, gone_back, outdated, unconfirmed
from .fresh_images import fresh_pulls, not_fresh
from .patience import Patience
from .pulls import Pulls
from .refused_copies import RefusedCopies
from .settling import PAUSE_S, Settling
from .signatures import SignatureCheck, sign
from .stairs import Stairs
from .step import End, Failure, Round, Step
from .term import Term
from .work import Outcomes, Work

MOST_OVERTAKEN = 5
"""How often a pass plans anew because another run was faster."""
LOOK_AGAIN_S = 5.0
"""After a pull that took longer, all hosts are looked at again: what was seen before is too old to act on."""


_START, _FORETELL = "start", "foretell"
"""What waits for whole observations before the first stage."""


@dataclasses.dataclass
class _Waiting:
    """What the pass goes on with once all observations are whole: the outcomes of a stage, or one of the above.

    It is data: a method would keep the pass that it belongs to, with its key, when a copy of the pass is stored.
    """

    stage: str
    outcomes: Outcomes = dataclasses.field(default_factory=dict)
    reasons: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Inventory:
    """The inventory's settings, the labels that it gives to hosts, and the key that signs records."""

    settings: Settings
    host_labels: dict[str, dict[str, str]]
    record_key: str = dataclasses.field(default="", repr=False)
    """It stays on the control node, and out of all files and output."""


class Pass:
    """One command. It does no I/O, so the tasks of a play can store and load it.

    C(now) is the driver's monotonic clock in seconds. C(token) is a unique text for a new claim, which is needed if
    another run has the lease.
    """

    def __init__(self, request: Request, inventory: Inventory, term: Term) -> None:
        self.inventory = inventory
        self.term = term
        self.planner: Planner | None = None
        """The planner of the present plan: its world, records and verdicts."""
        self.rounds = 0
        """Number of the current round; 0 before the first."""
        self.steps = 0
        """Number of steps with calls."""
        self.stage = ""
        """Stage of the last step's calls."""
        self._asked = request
        self._seen: dict[str, Observation | None] = {}
        self._assembly = Assembly()
        self._waiting: _Waiting | None = None
        self._looked_at_s = 0.0
        self._whole = Plan()
        """The plan that the present step is part of."""
        self._plan = Plan()
        """What of it this round does."""
        self._shared = False
        """Whether this round stores desired state, so that it needs the lease of all hosts."""
        self._spent = 0
        """Rounds since the last wait."""
        self._stages: list[str] = []
        self._recorded: Outcomes = {}
        self._acted: Outcomes = {}
        self._notices: list[Fact] = []
        self._failures: list[Failure] = []
        """Failures that do not end the pass at once."""
        self._overtaken = 0
        self._withdraws = False
        """Whether the last step took back what hosts had granted."""
        self._done: Round | None = None
        self._refusing: list[work.Holder] = []
        """Who refused the lease of all hosts. Until this pass asks again, it only repairs in place."""
        self._aside: dict[str, work.Holder] = {}
        """Hosts that refused their own lease. Until this pass asks again, it leaves them alone."""
        self._unsigned: dict[str, list[dict[str, t.Any]]] = {}
        """Versions that count only by the word of the person who asked, by stack."""
        self._unstored: set[str] = set()
        """Stacks whose record reached no majority in this pass. It repairs their recorded members in place."""
        self._pulls = Pulls()
        self._copies = RefusedCopies()
        self._patience = Patience(unattended=term.claim.unattended)
        self._settling = Settling(request.wait_s)
        self._was_upgrading = False
        """Whether an upgrade or a restart went on since the hosts were looked at after a pause."""
        self._stairs = Stairs(request)
        self._outdated: list[Failure] = []
        """Services that keep another definition than the one that was asked for. Later rounds do not ask again."""

    @property
    def command(self) -> str:
        """The command of the request."""
        return self._asked.command

    @property
    def request(self) -> Request:
        """The request of the current round: first what was asked for, then to converge to what the hosts stored."""
        is_order = self._stairs.orders(self.rounds)
        asked = self._asked if is_order else work.next_request(self._asked)
        holder = self._refusing[0] if self._refusing else {}
        who = {key: str(holder[key]) for key in ("owner", "reason")} if holder else {}
        return dataclasses.replace(
            asked,
            waits_for=who,
            unstored=sorted(self._unstored),
            signs=bool(self.inventory.record_key),
            unsigned=self._unsigned,
        )

    @property
    def images(self) -> list[str]:
        """The images that the hosts must report on."""
        return wanted_images(self.request.definition, self.inventory.settings.checker_image)

    # --- what drivers call ---

    def start(self, observations: dict[str, Observation | None], *, now: float) -> Step:
        """Plan the first round from the hosts' observations (None: not reached)."""
        self._looked_at_s = now
        self._take(observations)
        return self._once_whole(_Waiting(_START), now, "")

    def foretell(self, observations: dict[str, Observation | None], *, now: float) -> Step:
        """Plan the first round and end, for check mode and status. The calls of its steps only look."""
        self._take(observations)
        self._stairs.climb()
        return self._once_whole(_Waiting(_FORETELL), now, "")

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
        if self.stage == work.OBSERVE and not self._waiting:
            self._looked_at_s = now
        return self._once_whole(self._waiting or _Waiting(self.stage, outcomes, why), now, token)

    # --- what comes next ---

    def _once_whole(self, waiting: _Waiting, now: float, token: str) -> Step:
        """Go on once all observations are whole. Until then, ask hosts for records that nobody sent."""
        asked = self._assembly.to_ask()
        self._waiting = waiting if asked else None
        if not asked:
            return self._proceed(waiting, now, token)
        wanted = Work(images=self.images, known=self._assembly.known)
        step = self._step(work.OBSERVE, dict.fromkeys(asked, wanted))
        step.completes = True
        return step

    def _first(self, now: float, token: str) -> Step:
        self.term.begin(self._leases())
        return self._plan_and_go_on(now, token)

    def _proceed(self, waiting: _Waiting, now: float, token: str) -> Step:
        """Begin, or take the outcomes of a stage."""
        stage, outcomes = waiting.stage, waiting.outcomes
        if stage == _START:
            return self._first(now, token)
        if stage == _FORETELL:
            return self._end(self._make_plan(now))
        if stage == work.OBSERVE:
            return self._resume(now, token)
        return self._take_outcomes(stage, outcomes, waiting.reasons, now, token)

    def _take_outcomes(
        self, stage: str, outcomes: Outcomes, why: dict[str, str], now: float, token: str
    ) -> Step:
        if stage == work.PULL:
            return self._pulled(outcomes, now, token)
        if self._withdraws:
            self._withdraws = False
            return self._refused(now, token)
        if stage == work.VALIDATE:
            outcomes = {
                host: outcome or work.unanswered(self._plan, why.get(host, ""))
                for host, outcome in outcomes.items()
            }
        into = self._acted if stage == work.OPERATIONS else self._recorded
        into.update(outcomes)
        return self._advance(now, token)

    def _go_on(self, plan: Plan, now: float, token: str) -> Step:
        """Begin what the plan allows: a round, a pull, a wait, or the end."""
        self._whole = plan
        self._was_upgrading = self._was_upgrading or bool(plan.upgrading)
        part = self._pulls.without(self._copies.without(plan))
        if self._has_share(part):
            if self._spent < MAX_ROUNDS:
                return self._begin_round(part, now)
            if pause_s := self._rest_s(plan, now):
                return self._look(pause_s)
            return self._end(plan, [*self._unsettled(plan), *self._gone_back()])
        if self._pulls.due(plan):
            return self._pull(plan)
        if self._refusing or self._aside:
            holders = [*self._refusing, *self._aside.values()]
            return self._give_way(holders, plan, now, token)
        if pause_s := self._patience.pause_s(plan):
            self._notices += self._patience.notices(plan)
            return self._look(pause_s)
        if pause_s := self._pause_s(now):
            self._notices += self._settling.notices()
            return self._look(pause_s)
        if self._stairs.go_on(self.planner, is_ready=not self._settling.failures()):
            self._settling = Settling(self._asked.wait_s)
            return self._look(self._stairs.pause_s)
        told = unconfirmed(self.planner.upgrades, self.command) if self.planner else []
        told += self._stairs.notes(self.planner)
        plan = dataclasses.replace(plan, notes=[*plan.notes, *told])
        return self._end(plan, [*self._settling.failures(), *self._outdated, *self._gone_back()])

    def _rest_s(self, plan: Plan, now: float) -> float:
        """Seconds until a command that goes from member to member goes on: after the last there is work, too."""
        was_upgrading, self._was_upgrading = self._was_upgrading, bool(plan.upgrading)
        if plan.upgrading:
            return self._pause_s(now)
        return PAUSE_S if was_upgrading and self._asked.wait_s else 0.0

    def _pause_s(self, now: float) -> float:
        """Seconds until the next look, while this command waits for its services."""
        return self._settling.pause_s(self.planner, now, self._pulls.failed_services)

    def _gone_back(self) -> list[Failure]:
        """The upgrades that this command asked for, and that failed."""
        return gone_back(self.planner.upgrades, self.command) if self.planner else []

    def _has_share(self, part: Plan) -> bool:
        """Whether any host has something to do in a round of this plan."""
        return _is_shared(part) or bool(self._shares(part, []))

    def _unsettled(self, plan: Plan) -> list[Failure]:
        """Report work that is left after the last round. Repairs continue in the next pass; other work is a failure."""
        if not goes_on_later(plan):
            return [Failure("unsettled", rounds=self._spent)]
        plan.notes.append(Fact("unsettled", {"rounds": self._spent}))
        return []

    # --- pulls ---

    def _pull(self, plan: Plan) -> Step:
        """Call the hosts that pull. They wait for a moment only, and what is not done then goes on."""
        self._plan = plan
        due = self._pulls.due(plan)
        shares = {host: Work(operations=pulls) for host, pulls in due.items()}
        return self._step(work.PULL, self._claimed(shares))

    def _pulled(self, outcomes: Outcomes, now: float, token: str) -> Step:
        """Go on with what is there. After a moment of waiting, look at all hosts first."""
        failures = self._pulls.take(self._plan, outcomes)
        is_first = self._pulls_first()
        self._failures += [*failures, *(not_fresh(self._plan, outcomes) if is_first else [])]
        self._done = Round(self._plan, {}, _ended(outcomes), self._asked.stacks, [])
        self._spent = 0
        if self.term.claim.unattended:
            self._pulls.leave()
        else:
            self._notices += self._pulls.progress()
        if is_first or now - self._looked_at_s > LOOK_AGAIN_S:
            return self._look(0.0)
        return self._go_on(self._make_plan(now), now, token)

    def _pulls_first(self) -> bool:
        """Whether images are pulled before anything is planned."""
        return self._asked.pull and not self.rounds

    def _plan_and_go_on(self, now: float, token: str) -> Step:
        """Plan from new observations, after the pulls that were asked for. If one of them failed, nothing is done."""
        if self._pulls_first():
            wanted = fresh_pulls(self._asked, self._seen)
            if self._pulls.due(wanted):
                return self._pull(wanted)
            if self._failures:
                return self._end(Plan())
        return self._go_on(self._make_plan(now), now, token)

    # --- one round ---

    def _begin_round(self, part: Plan, now: float) -> Step:
        self._plan = part
        self._recorded, self._acted = {}, {}
        self.rounds = max(self.rounds, 1)
        self._spent += 1
        self._shared = _is_shared(part)
        if self._shared:
            self.term.prepare(now)
        wanted = {
            work.VALIDATE: bool(part.validations),
            work.RECORD: self._shared,
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
        self.steps += bool(calls)
        notices, self._notices = self._notices, []
        done, self._done = self._done, None
        return Step(stage, calls, pause_s, self._whole, done, notices)

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
            return self._complete(work.record_work(self._plan, self._answering()), stage)
        if self._is_late():
            return {}
        return self._complete(self._operations(), stage)

    def _operations(self) -> dict[str, Work]:
        blocked = work.blocked_stacks(self._plan, self._recorded)
        shares = self._shares(self._plan, blocked)
        if self._has_to_end():
            shares = {**{host: Work() for host in self._answering()}, **shares}
        return shares

    def _shares(self, plan: Plan, blocked: list[str]) -> dict[str, Work]:
        """The operations and copies of each host that has any and did not refuse its lease."""
        answering = [host for host in self._answering() if host not in self._aside]
        found = work.operation_work(plan, answering, blocked)
        return {host: share for host, share in found.items() if share}

    def _complete(self, shares: dict[str, Work], stage: str) -> dict[str, Work]:
        """Add the values that all calls of a stage share."""
        last = self._has_to_end() if stage == work.OPERATIONS else not self._goes_on()
        alone = not self._shared
        given = {
            host: dataclasses.replace(share, last=last, alone=alone)
            for host, share in shares.items()
        }
        return self._claimed(given)

    def _claimed(self, shares: dict[str, Work]) -> dict[str, Work]:
        """Add the claim of this run, and what hosts must report."""
        claim, images = dataclasses.asdict(self.term.claim), self.images
        return {
            host: dataclasses.replace(share, claim=claim, images=images)
            for host, share in shares.items()
        }

    def _goes_on(self) -> bool:
        """Whether a stage of this round follows after the records."""
        return bool(self._plan.operations) or any(item.is_proposal for item in self._plan.records)

    def _has_to_end(self) -> bool:
        """Whether hosts without a share are called too: each host must note the end of a lease that was taken again."""
        return self._shared and self._goes_on() and self.term.again

    def _is_late(self) -> bool:
        return self._shared and bool(self._recorded) and self.term.is_late(self._recorded)

    # --- the end of a round ---

    def _finish_round(self, now: float, token: str) -> Step:
        failures = failures_of(self._plan, self._recorded, self._acted, self._asked.stacks)
        if self._is_overtaken(failures):
            return self._plan_anew()
        self._done = Round(self._plan, self._recorded, self._acted, self._asked.stacks, failures)
        if work.holders(self._recorded):
            return self._withdraw(now, token)
        if work.objections(self._plan, self._recorded):
            return self._end(Plan(), failures)
        self._copies.take(self._plan, self._acted)
        late = self._is_late()
        self._aside.update(
            {host: item.lease for host, item in self._acted.items() if item and item.lease}
        )
        self.term.acted(self._acted.values(), free=not (self._aside or self._refusing))
        if late:
            self._notices.append(self.term.ask_for_longer())
        self.rounds += 1
        self._stairs.took()
        if failures and self._repairs_in_place() and self._set_apart(failures):
            failures = []
        plan = self._make_plan(now)
        return self._end(plan, failures) if failures else self._go_on(plan, now, token)

    def _set_apart(self, failures: list[Failure]) -> bool:
        """Go on without new places for stacks whose record was not stored, if nothing else failed."""
        if any(item.code != "no_majority" for item in failures):
            return False
        self._failures += failures
        self._unstored |= {item.stack for item in failures}
        return True

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
        return self._look(0.0)

    # --- another run has the lease ---

    def _withdraw(self, now: float, token: str) -> Step:
        """Take back the proposals and the leases of the hosts that granted theirs: nothing will be done there."""
        calls = work.withdrawal_work(self._plan, self._recorded)
        if not calls:
            return self._refused(now, token)
        self._withdraws = True
        return self._step(work.OPERATIONS, self._claimed(calls))

    def _refused(self, now: float, token: str) -> Step:
        """Repair in place what needs no lease of the refusing host, and then wait or end."""
        found = work.holders(self._recorded)
        if self.term.need_not_wait(found) or not self._repairs_in_place():
            return self._give_way(found, self._plan, now, token)
        self._refusing = found
        return self._go_on(self._make_plan(now), now, token)

    def _repairs_in_place(self) -> bool:
        """Whether this round may do without new desired state and places: it was not asked for any."""
        request = self.request
        return request.command == "reconcile" and not (request.rename or request.take)

    def _give_way(self, found: list[work.Holder], plan: Plan, now: float, token: str) -> Step:
        """End, or wait and look at the hosts again."""
        turn = self.term.give_way(found, now=now, token=token)
        if turn.over and self.term.claim.unattended:
            return self._end(plan, gave_way=True, notice=turn.notice)
        if turn.over:
            return self._end(Plan(), [Failure("lease", notice=turn.notice)])
        self._notices += [turn.notice] if turn.notice else []
        return self._look(turn.pause_s)

    def _look(self, pause_s: float) -> Step:
        images = self.images
        calls = {host: Work(images=images) for host in self._looked_at()}
        return self._step(work.OBSERVE, calls, pause_s=pause_s)

    def _resume(self, now: float, token: str) -> Step:
        """Plan again from new observations."""
        self._spent = 0
        self._refusing, self._aside = [], {}
        return self._plan_and_go_on(now, token)

    # --- parts ---

    def _end(
        self,
        plan: Plan,
        failures: list[Failure] | None = None,
        *,
        gave_way: bool = False,
        notice: Fact | None = None,
    ) -> Step:
        plan = dataclasses.replace(plan, held=[*plan.held, *self._pulls.held(plan)])
        copies = [] if gave_way else self._copies.failures(plan)
        step = self._step("", {})
        step.plan = plan
        step.end = End(plan, [*self._failures, *copies, *(failures or [])], gave_way, notice)
        return step

    def _note(self, outcomes: Outcomes, reasons: dict[str, str]) -> None:
        """Replace observations by newer ones. A host that did not answer, or can do nothing, becomes unknown."""
        for host, outcome in outcomes.items():
            if outcome is None:
                self._seen[host] = silent(reasons[host]) if reasons.get(host) else None
            elif outcome.unable:
                self._seen[host] = unable(outcome.unable)
            if outcome is None or outcome.unable:
                self._assembly.drop(host)
        shown = {host: item.observation for host, item in outcomes.items() if item}
        self._take({host: seen for host, seen in shown.items() if seen})

    def _take(self, observations: t.Mapping[str, Observation | None]) -> None:
        """Take what hosts sent. Observations that are not whole yet come later."""
        with paused_collector():
            whole = self._assembly.take(observations)
        signatures = SignatureCheck(self.inventory.record_key, self._asked)
        before = {host: self._seen.get(host) for host in observations}
        checked = {host: signatures.checked(seen) for host, seen in whole.items()}
        self._seen.update({**before, **checked})
        for stack, versions in signatures.accepted.items():
            self._unsigned.setdefault(stack, []).extend(versions)

    def _answering(self) -> list[str]:
        return [host for host, seen in sorted(self._seen.items()) if seen and not seen.get("error")]

    def _looked_at(self) -> list[str]:
        """Return the hosts of this run. A host that C(--limit) left out has no observation at all."""
        return [host for host, seen in sorted(self._seen.items()) if seen is not None]

    def _make_plan(self, now: float) -> Plan:
        self.planner = self._planning(now)
        self._outdated = outdated(self.planner.plan, self.request.command) or self._outdated
        return self.planner.plan

    def __getstate__(self) -> dict[str, t.Any]:
        """Leave the planner out, which each step makes anew."""
        return {**self.__dict__, "planner": None}

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
        sign(self.inventory.record_key, planner.plan)
        planner.plan.refusals = _to_note(planner)
        return planner

    def _leases(self) -> list[work.Holder]:
        """Return the leases in the hosts' observations."""
        found = [seen.get("lease") for seen in self._seen.values() if seen and not seen["error"]]
        return [lease for lease in found if lease]


def _is_shared(plan: Plan) -> bool:
    """Whether a round of this plan stores desired state, so that all hosts must grant the lease."""
    return bool(plan.validations) or any(write.required for write in plan.records)


def _ended(outcomes: Outcomes) -> Outcomes:
    """The outcomes without the pulls that go on."""
    return {
        host: outcome
        and dataclasses.replace(
            outcome, results=[item for item in outcome.results if item["status"] != RUNNING]
        )
        for host, outcome in outcomes.items()
    }


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
