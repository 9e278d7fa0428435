# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several controllers, three hosts, any order of their calls, deaths included: never do two act in turns.

The controllers are real passes over the hosts' real code. Only what they plan is made up.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import tempfile
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._act.stage import CallContext, act
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim, standing
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    RecordWrite,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import settings_for
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Inventory, Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import Term
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    OBSERVE,
    RECORD,
    Outcome,
    Outcomes,
    Work,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import observation
from ansible_collections.drover.docker.tests.unit.shared.operations import operation
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image, Registry
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine
from hypothesis import example, given, settings
from hypothesis import strategies as st

HOSTS = ("h1", "h2", "h3")
DURATION_S = 30.0
LONGEST_S = 3600.0
ROUNDS = 2
EXAMPLES = int(os.environ.get("DROVER_EXAMPLES", "100"))
Json = dict[str, t.Any]


def act_on(number: int, host: str) -> Operation:
    """An operation that finds nothing to do."""
    return operation("unpause", id=number, host=host, container="none", cause="because")


def desired(hosts: t.Collection[str]) -> RecordWrite:
    """A change of desired state, which all hosts have already: only its need of their lease is left."""
    record = {"stack": "shop", "version": {"number": 1}}
    return RecordWrite(record, [], list(hosts), [list(hosts)], True, Fact("up"))


class Hosts:
    """Three hosts with one boot clock for all, and the merged list of who acted when."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.now = 1000.0
        self.acted: list[str] = []
        self.acted_on: dict[str, list[str]] = {host: [] for host in HOSTS}
        self.engines = {
            name: FakeEngine(name, clock=Clock(), registry=Registry([Image("app:1")]))
            for name in HOSTS
        }
        self.folders = {name: str(folder / name) for name in HOSTS}

    def look(self, host: str) -> Observation:
        """What a host shows to whoever only looks."""
        lease = standing(self.folders[host], clock=lambda: self.now)
        return t.cast("Observation", observation(host, lease=lease))

    def call(self, host: str, stage: str, work: Work) -> Outcome:
        if stage == OBSERVE:
            return Outcome([], {}, self.look(host))
        caller = CallContext(
            Claim(**work.claim),
            prepare=stage == RECORD,
            alone=work.alone,
            last=work.last,
            boot=lambda: self.now,
            syslog="",
            lock_wait_s=0.0,
        )
        found = act(
            self.engines[host],
            host=host,
            state_dir=self.folders[host],
            records=[],
            operations=work.operations,
            clock=lambda: 1.0,
            term=caller,
            workers=1,
        )
        if found["results"] and not work.alone:
            self.acted.append(work.claim["token"])
        if found["results"]:
            self.acted_on[host].append(work.claim["token"])
        return Outcome(found["results"], {}, self.look(host), found["lease"], self.now)


class Acts(Pass):
    """A pass that acts on each host, in two rounds; all else of it is real."""

    repairs = False
    """It repairs in place; else it stores desired state in each round."""

    def _make_plan(self, now: float) -> Plan:
        plan = Plan()
        if self.rounds <= ROUNDS:
            plan.operations = [act_on(number, host) for number, host in enumerate(HOSTS, 1)]
            plan.records = [] if self.repairs or self._refusing else [desired(HOSTS)]
        return plan


class Controller:
    """One run as a row of calls; between any two of them others may have their turn."""

    _tokens = itertools.count()

    def __init__(
        self, hosts: Hosts, *, unattended: bool, ticket: float, repairs: bool = False
    ) -> None:
        self._hosts = hosts
        self.over = False
        claim = Claim(self._token(), "o", "r", unattended, ticket, DURATION_S)
        inventory = Inventory(settings_for(HOSTS), {})
        command = "reconcile" if repairs else "up"
        self._pass = Acts(Request(command), inventory, Term(claim, wait_s=LONGEST_S))
        self._pass.repairs = repairs
        self._steps = self._run()

    @property
    def token(self) -> str:
        """The token under which it acts now."""
        return self._pass.term.claim.token

    def step(self) -> None:
        """Make the next call."""
        if next(self._steps, None) is None:
            self.over = True

    def _token(self) -> str:
        return f"t{next(self._tokens)}"

    def _run(self) -> t.Iterator[str]:
        """Pauses are left to whoever lets time go by."""
        seen: dict[str, Observation | None] = {host: self._hosts.look(host) for host in HOSTS}
        yield "looked"
        step = self._pass.start(seen, now=self._hosts.now)
        while step.end is None:
            outcomes: Outcomes = {}
            for host, work in step.calls.items():
                outcomes[host] = self._hosts.call(host, step.stage, work)
                yield host
            step = self._pass.answer(outcomes, now=self._hosts.now, token=self._token())


WAITS = (1, 12, 31)
SHORT = 12
"""The others are longer than a lease."""
Turn = st.one_of(
    st.tuples(st.just("step"), st.integers(0, 2)),
    st.tuples(st.just("step"), st.integers(0, 2)),
    st.tuples(st.just("step"), st.integers(0, 2)),
    st.tuples(st.just("wait"), st.sampled_from(WAITS)),
    st.tuples(st.just("die"), st.integers(0, 2)),
)


def in_one_piece(acted: list[str]) -> bool:
    """Whether each token's acts stand together."""
    blocks = [token for token, _group in itertools.groupby(acted)]
    return len(blocks) == len(set(blocks))


@settings(deadline=None, max_examples=3 * EXAMPLES)
@given(
    kinds=st.lists(st.booleans(), min_size=3, max_size=3),
    tickets=st.permutations([0.1, 0.5, 0.9]),
    turns=st.lists(Turn, min_size=30, max_size=60),
)
def test_runs_never_interleave(
    kinds: list[bool], tickets: list[float], turns: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(pathlib.Path(folder))
        runs = [
            Controller(hosts, unattended=kind, ticket=ticket)
            for kind, ticket in zip(kinds, tickets, strict=True)
        ]
        dead: set[int] = set()
        for what, number in turns:
            if what == "wait":
                hosts.now += number
            elif what == "die":
                dead.add(number)
            elif number not in dead:
                runs[number].step()
        assert in_one_piece(hosts.acted), hosts.acted


@settings(deadline=None, max_examples=EXAMPLES)
@given(
    kinds=st.lists(st.booleans(), min_size=3, max_size=3),
    turns=st.lists(Turn, min_size=30, max_size=60),
)
def test_repairs_do_not_come_between_the_acts_of_a_run_that_stores(
    kinds: list[bool], turns: list[tuple[str, int]]
) -> None:
    """Two runs store desired state, one repairs. What stores is in one piece, on each host also beside the repairs.

    All stand still for longer than a lease at most once. After two such stalls two runs can act in turns on different
    hosts, each under a lease that is its own by then.
    """
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(pathlib.Path(folder))
        runs = [
            Controller(hosts, unattended=kind, ticket=number / 10, repairs=number == 2)
            for number, kind in enumerate(kinds)
        ]
        longest = max(WAITS)
        for what, number in turns:
            if what == "wait":
                hosts.now += min(number, longest)
                longest = SHORT if number > SHORT else longest
            elif what == "step":
                runs[number].step()
        assert in_one_piece(hosts.acted), hosts.acted


@settings(deadline=None, max_examples=EXAMPLES)
@given(turns=st.lists(Turn, min_size=10, max_size=40))
def test_whoever_dies_another_one_gets_its_turn(turns: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(pathlib.Path(folder))
        runs = [Controller(hosts, unattended=n > 0, ticket=n / 10) for n in range(3)]
        for what, number in turns:
            if what == "wait":
                hosts.now += number
            else:
                runs[number].step()
        hosts.now += LONGEST_S  # all others are dead from here on
        last = Controller(hosts, unattended=True, ticket=0.99)
        for _step in range(100):
            last.step()
        assert hosts.acted[-2 * len(HOSTS) :] == [last.token] * 2 * len(HOSTS)


# One run has acted, its lease is taken as one that has ended, and it asks for its second round in the middle of that.
LOST_BETWEEN_ROUNDS = [
    int(digit) for digit in "011111000010101010101111010111111100000000000000000000000000"
]


@example(order=LOST_BETWEEN_ROUNDS, tickets=[0.9, 0.1], unattended=False)
@settings(deadline=None, max_examples=EXAMPLES)
@given(
    order=st.lists(st.integers(0, 1), min_size=60, max_size=60),
    tickets=st.permutations([0.1, 0.9]),
    unattended=st.booleans(),
)
def test_persons_who_wait_all_get_their_turn(
    order: list[int], tickets: list[float], unattended: bool
) -> None:
    """Also one that is refused on some hosts and not on others, again and again; the clock goes on all the time."""
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(pathlib.Path(folder))
        timer = Controller(hosts, unattended=unattended, ticket=0.5)
        runs = [Controller(hosts, unattended=False, ticket=ticket) for ticket in tickets]
        timer.step()
        for number in [*order, *[0, 1] * 60]:
            hosts.now += 1
            runs[number].step()
        assert [run.over for run in runs] == [True, True]
        assert in_one_piece(hosts.acted)
