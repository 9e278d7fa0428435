# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several controllers, three hosts, any order of their calls, deaths included: never do two act in turns.

The controllers here take the very steps of a run: C(act) on each host to prepare, and when all gave the lease C(act)
with operations; who is refused comes back under a new token, as the claims of a run have it.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import pathlib
import tempfile
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._act.stage import Term, act
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import (
    Claim,
    ended_runs,
    standing,
)
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


def pull(number: int) -> Json:
    member = {"stack": "shop", "service": "web", "index": 1, "container": "", "container_id": ""}
    fields = {"id": number, "kind": "pull", "after": [], "cause": "because", "version": 0}
    return {**member, **fields, "args": {"image": "app:1"}}


class Hosts:
    """Three hosts with one boot clock for all, and the merged list of who acted when."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.now = 1000.0
        self.acted: list[str] = []
        self.engines = {
            name: FakeEngine(name, clock=Clock(), registry=Registry([Image("app:1")]))
            for name in HOSTS
        }
        self.folders = {name: str(folder / name) for name in HOSTS}

    def ended(self) -> list[str]:
        """Tokens of runs that have ended, as somebody sees it who only looks."""
        found = [standing(folder, clock=lambda: self.now) for folder in self.folders.values()]
        return ended_runs([lease for lease in found if lease])

    def call(self, host: str, claim: Claim, operations: list[Json]) -> Json:
        term = Term(claim, not operations, lambda: self.now, syslog="", lock_wait_s=0.0)
        outcome = act(
            self.engines[host],
            host=host,
            state_dir=self.folders[host],
            records=[],
            operations=operations,
            clock=lambda: 1.0,
            term=term,
            workers=1,
        )
        if outcome["results"]:
            self.acted.append(claim.token)
        return outcome


class Controller:
    """One run as a row of calls; between any two of them others may have their turn."""

    _tokens = itertools.count()

    def __init__(self, hosts: Hosts, *, unattended: bool, ticket: float) -> None:
        self._hosts = hosts
        self.over = False
        self.earlier: list[str] = []
        # As one whose rounds take long, or have records, takes the lease for each of them.
        self._again = ticket > 0.4
        self.claim = Claim(self._token(), "o", "r", unattended, ticket, DURATION_S)
        self._steps = self._run()

    def step(self) -> None:
        """Make the next call."""
        if next(self._steps, None) is None:
            self.over = True

    def _token(self) -> str:
        return f"t{next(self._tokens)}"

    def _run(self) -> t.Iterator[str]:
        rounds = 0
        self.claim.over = self._hosts.ended()
        yield "looked"
        while rounds < ROUNDS:
            refused: list[Json] = []
            began = self._hosts.now
            for host in HOSTS if self._again or not self.claim.started else ():
                found = self._hosts.call(host, self.claim, [])["lease"]
                refused += [found] if found else []
                yield host
            late = self._hosts.now - began >= self.claim.duration_s
            if late and not refused:  # the first hosts may have given it to another one since
                self.claim = dataclasses.replace(self.claim, duration_s=2 * self.claim.duration_s)
                continue
            for host in HOSTS if not refused else ():
                found = self._hosts.call(host, self.claim, [pull(1)])["lease"]
                refused += [found] if found else []
                yield host
            if refused and self.claim.unattended:
                return
            if refused:
                self.earlier.append(self.claim.token)
                over, token = ended_runs(refused) + self.earlier, self._token()
                self.claim = dataclasses.replace(self.claim, token=token, over=over, started=False)
            else:
                self.claim = dataclasses.replace(self.claim, started=True, over=self.earlier)
                rounds += 1


Turn = st.one_of(
    st.tuples(st.just("step"), st.integers(0, 2)),
    st.tuples(st.just("step"), st.integers(0, 2)),
    st.tuples(st.just("step"), st.integers(0, 2)),
    st.tuples(st.just("wait"), st.sampled_from([1, 12, 31])),
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
        assert hosts.acted[-2 * len(HOSTS) :] == [last.claim.token] * 2 * len(HOSTS)


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
