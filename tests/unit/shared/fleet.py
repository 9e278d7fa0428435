# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A driver of passes over hosts that are only observations: what a host is told, it has done."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    Operation,
    Result,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import settings_for
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Inventory, Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import End, Step
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import Term
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    OBSERVE,
    PULL,
    RECORD,
    Outcome,
    Work,
)

from .builders import Bench

Json = dict[str, t.Any]


PULL_TURN_S = 10.0
MOST_STEPS = 10_000


def holder(**given: t.Any) -> Json:
    """Another run that has a host's lease."""
    who = {"owner": "ann@c1", "reason": "up blog", "since": "2026-11-22T10:00:00Z", "token": "x"}
    state = {"unattended": False, "started": True, "finished": False, "busy": False, "left_s": 12.0}
    return {**who, **state, **given}


class Fleet:
    """Hosts of a Bench, one pass at a time, and what each host was called for."""

    def __init__(self, *hosts: str) -> None:
        self.bench = Bench(*hosts)
        self.now = 1000.0
        self.answers_in_s = 0.0
        """How long the last host of a stage takes to answer."""
        self.leased: dict[str, Json] = {}
        """Host -> who else has its lease."""
        self.unable: dict[str, str] = {}
        """Host -> why it can do nothing."""
        self.slow_pulls: dict[str, int] = {}
        """Image -> how many calls end before its pull does."""
        self.failing: dict[str, str] = {}
        """Kind of operation -> why it fails."""
        self.refusing: dict[str, dict[str, str]] = {}
        """Host -> stacks whose record it cannot store, and why."""
        self.calls: list[tuple[str, str, Work]] = []
        """Host, stage and share of each call."""
        self.notices: list[Fact] = []
        self.pauses: list[float] = []
        self.unattended = False
        self.record_key = ""
        self.wait_s = 120.0
        self._tokens = itertools.count()
        self.step = Step()
        self.running: Pass

    def begin(self, command: str = "reconcile", **fields: t.Any) -> Step:
        """Start a command."""
        hosts = sorted(self.bench.seen)
        request = Request(command, inventory=hosts, token="r", **fields)
        claim = Claim(self._token(), "me@c2", command, self.unattended, 0.5, 30)
        settings = settings_for(hosts, **self.bench.settings)
        inventory = Inventory(settings, self.bench.labels, self.record_key)
        self.running = Pass(request, inventory, Term(claim, wait_s=self.wait_s))
        return self._take(self.running.start(self._seen(), now=self.now))

    def up(self, definition: Json) -> Step:
        """Start bringing a stack up."""
        return self.begin("up", stacks=[definition["stack"]], definition=definition)

    def go(self) -> Step:
        """Carry the calls of the present step; the next one."""
        outcomes = {
            host: self._call(host, self.step.stage, share)
            for host, share in self.step.calls.items()
        }
        self.now += self.answers_in_s
        for outcome in list(outcomes.values())[-1:]:
            if outcome:
                outcome.answered_at = self.now
        return self._take(self.running.answer(outcomes, now=self.now, token=self._token()))

    def to_end(self) -> End:
        """All steps that are left."""
        for _step in range(MOST_STEPS):
            if self.step.end:
                return self.step.end
            self.go()
        raise AssertionError(f"no end after {MOST_STEPS} steps: {self.called()[-6:]}")

    def called(self) -> list[tuple[str, str]]:
        """Host and stage of each call."""
        return [(host, stage) for host, stage, _share in self.calls]

    def _token(self) -> str:
        return f"token-{next(self._tokens)}"

    def _take(self, step: Step) -> Step:
        self.step = step
        self.notices += step.notices
        if step.pause_s or step.stage == OBSERVE:
            self.pauses.append(step.pause_s)
            self.now += step.pause_s
        return step

    def _seen(self) -> dict[str, Observation | None]:
        return {host: self._look(host) for host in self.bench.seen}

    def _look(self, host: str, known: list[str] | None = None) -> Observation | None:
        seen = self.bench.seen[host]
        return (
            excerpt(t.cast("Observation", {**seen, "taken_at": self.now}), known) if seen else None
        )

    def _call(self, host: str, stage: str, share: Work) -> Outcome | None:
        self.calls.append((host, stage, share))
        if self.bench.seen[host] is None:
            return None
        if stage == OBSERVE:
            return Outcome([], {}, self._look(host, share.known))
        if stage == PULL:
            results = [self._pull(item) for item in share.operations]
            return Outcome(results, {}, self._look(host), None, self.now)
        if reason := self.unable.get(host):
            return Outcome([], {}, None, None, self.now, unable=reason)
        if host in self.leased and (share.records or share.operations or stage == RECORD):
            return Outcome([], {}, None, self.leased[host], self.now)
        refused = self.refusing.get(host, {})
        for item in share.records:
            if item["stack"] not in refused:
                self.bench.store(host, item)
        if share.refusals is not None:
            self.bench[host]["refusals"] = share.refusals
        results = [self._operate(item) for item in share.operations]
        told = {item["stack"]: refused[item["stack"]] for item in share.records if refused}
        return Outcome(results, told, self._look(host), None, self.now)

    def _pull(self, operation: Operation) -> Result:
        """A pull goes on for as many calls as the test says, and then ends as it says."""
        image = operation["args"]["image"]
        if self.slow_pulls.get(image, 0) > 0:
            self.slow_pulls[image] -= 1
            self.now += PULL_TURN_S
            return Result(id=operation["id"], status="running", error="5 of 9 MB", seconds=0.0)
        error = self.failing.get("pull", "")
        status = "failed" if error else "done"
        return Result(id=operation["id"], status=status, error=error, seconds=0.25)

    def _operate(self, operation: Operation) -> Result:
        error = self.failing.get(operation["kind"], "")
        if not error and operation["kind"] == "create":
            self.bench.run(operation)
        if not error and operation["kind"] == "start":
            for item in self.bench[operation["host"]]["containers"]:
                if item["name"] == operation["container"]:
                    item.update(state="running")
        status = "failed" if error else "done"
        return Result(id=operation["id"], status=status, error=error, seconds=0.25)
