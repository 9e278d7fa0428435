# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole records from what hosts send of them, whoever is away and whoever lies."""

from __future__ import annotations

import copy
import pickle
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import empty_body
from ansible_collections.drover.docker.plugins.plugin_utils._pass.assembly import (
    NO_VERSIONS,
    NOT_SENT,
    Assembly,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import OBSERVE
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.fleet import Fleet
from hypothesis import given
from hypothesis import strategies as st

HOSTS = [f"h{number}" for number in range(6)]
STACKS = ("blog", "shop", "wiki")
Lie = t.Callable[[Observation], t.Any]


def recorded(bench: Bench, host: str, name: str, number: int) -> None:
    """A host has a version of a stack, and a ledger of its own."""
    body = {**empty_body(HOSTS), "counters": {name: number}}
    bench.record(name, body, number=number, hosts=[host])
    if number % 2:
        bench[host]["records"][name]["life"] = {"web/1": {"seq": int(host[1:])}}


def at_rest(*away: str) -> Bench:
    """All hosts have the first version of all stacks."""
    bench = Bench(*HOSTS)
    for host in HOSTS:
        for name in STACKS:
            recorded(bench, host, name, 1)
    for host in away:
        bench.seen[host] = None
    return bench


def _named(host: str, seen: t.Any) -> t.Any:
    """An observation whose records name their host, as they are stored; hosts may share records without it."""
    if not seen or "records" not in seen:
        return seen
    records = {name: {"host": host, **record} for name, record in seen["records"].items()}
    return {**seen, "records": records}


class Looks:
    """The looks of one pass, until all observations are whole."""

    def __init__(self, bench: Bench, lies: dict[str, Lie] | None = None) -> None:
        self.assembly = Assembly()
        self.asked: list[list[str]] = []
        self._bench, self._lies = bench, lies or {}
        self.seen = self._answers(list(bench.seen))
        while asked := self.assembly.to_ask():
            self.asked.append(asked)
            self.seen.update(self._answers(asked))

    def _answers(self, hosts: list[str]) -> dict[str, t.Any]:
        known = self.assembly.known if self.asked else None
        sent = {host: self._answer(host, known) for host in hosts}
        return {host: _named(host, seen) for host, seen in self.assembly.take(sent).items()}

    def _answer(self, host: str, known: list[str] | None) -> t.Any:
        seen = self._bench.seen[host]
        found = excerpt(copy.deepcopy(seen), known) if seen else None
        lie = self._lies.get(host)
        return lie(found) if lie and found else found


def senders(bench: Bench, name: str) -> list[str]:
    """The hosts that send a body without being asked."""
    return [host for host, seen in bench.seen.items() if seen and name in excerpt(seen)["records"]]


def listing(bench: Bench) -> list[str]:
    """The hosts that send their versions without being asked."""
    found = {host: excerpt(seen) for host, seen in bench.seen.items() if seen}
    return [host for host, seen in found.items() if "versions" in seen["versions"]]


# --- the truth ---


def test_a_fleet_at_rest_is_whole_after_one_look() -> None:
    bench = at_rest()
    looks = Looks(bench)
    assert (looks.seen, looks.asked) == (bench.seen, [])


def test_two_hosts_are_asked_for_what_hosts_that_are_away_would_have_sent() -> None:
    bench = at_rest()
    bench = at_rest(*senders(bench, "shop"))
    looks = Looks(bench)
    assert (looks.seen, [len(hosts) for hosts in looks.asked]) == (bench.seen, [2])


def test_two_hosts_are_asked_for_the_versions_that_nobody_sent() -> None:
    bench = at_rest()
    bench = at_rest(*listing(bench))
    looks = Looks(bench)
    assert looks.seen == bench.seen
    assert [len(hosts) for hosts in looks.asked] == [2]


def test_a_host_that_comes_back_with_an_old_version_is_asked_once() -> None:
    bench = at_rest()
    for host in HOSTS[1:]:
        recorded(bench, host, "shop", 2)
    looks = Looks(bench)
    assert looks.seen == bench.seen
    assert looks.asked in ([], [["h0"]])


NUMBERS = st.dictionaries(st.sampled_from(STACKS), st.integers(1, 3))


@given(st.lists(NUMBERS, min_size=6, max_size=6), st.sets(st.sampled_from(HOSTS), max_size=4))
def test_whatever_hosts_have_and_whoever_is_away_all_is_seen_as_it_is(
    numbers: list[dict[str, int]], away: set[str]
) -> None:
    bench = Bench(*HOSTS)
    for host, versions in zip(HOSTS, numbers, strict=True):
        for name, number in versions.items():
            recorded(bench, host, name, number)
    for host in away:
        bench.seen[host] = None
    looks = Looks(bench)
    assert looks.seen == bench.seen
    assert len(looks.asked) <= 2


# --- lies ---


def _mute(seen: Observation) -> t.Any:
    """Sends nothing but its hash."""
    versions = {key: item for key, item in seen["versions"].items() if key != "versions"}
    return {**seen, "records": {}, "versions": versions}


def _strange(seen: Observation) -> t.Any:
    """Claims versions that nobody has."""
    return _mute(t.cast("t.Any", {**seen, "versions": {**seen["versions"], "digest": "0" * 64}}))


def _listed(versions: dict[str, t.Any]) -> Lie:
    return lambda seen: {**seen, "versions": {**seen["versions"], "versions": versions}}


def but(looks: Looks, *liars: str) -> dict[str, t.Any]:
    """What is seen of the others."""
    return {host: seen for host, seen in looks.seen.items() if host not in liars}


def test_hosts_that_keep_their_bodies_to_themselves_hide_nothing() -> None:
    bench = at_rest()
    mute = {*senders(bench, "shop"), *listing(bench)}
    looks = Looks(bench, dict.fromkeys(mute, _mute))
    assert but(looks, *mute) == {host: bench[host] for host in HOSTS if host not in mute}


def test_two_that_are_asked_and_say_nothing_make_no_other_host_unknown() -> None:
    bench = at_rest()
    chosen = {*senders(bench, "shop"), *listing(bench)}
    mute = [*chosen, *[host for host in HOSTS if host not in chosen]][: len(HOSTS) - 1]
    looks = Looks(bench, dict.fromkeys(mute, _mute))
    (honest,) = set(HOSTS) - set(mute)
    assert looks.seen[honest] == bench[honest]


def test_a_host_with_a_hash_of_nothing_becomes_unknown_alone() -> None:
    bench = at_rest()
    looks = Looks(bench, {"h0": _strange})
    assert looks.seen["h0"] == {"error": NO_VERSIONS}
    assert but(looks, "h0") == {host: bench[host] for host in HOSTS[1:]}


def test_a_body_that_its_host_does_not_send_is_a_damaged_copy() -> None:
    bench = at_rest()
    version = {"number": 9, "token": "", "hash": "9" * 64}
    looks = Looks(bench, {"h0": _listed({"shop": version})})
    assert looks.seen["h0"]["damaged_records"] == {"shop": NOT_SENT}
    assert but(looks, "h0") == {host: bench[host] for host in HOSTS[1:]}


def test_versions_that_do_not_fit_are_damaged_copies() -> None:
    bench = at_rest()
    good = bench["h0"]["records"]["shop"]["version"]
    versions = {"shop": {**good, "number": "1"}, "wiki": good}
    looks = Looks(bench, {"h0": _listed(versions)})
    damaged = looks.seen["h0"]["damaged_records"]
    assert damaged["shop"].endswith("version.number: text, not a whole number")
    assert "shop" not in looks.seen["h0"]["records"]
    assert but(looks, "h0") == {host: bench[host] for host in HOSTS[1:]}


def test_the_hash_of_versions_is_computed_here() -> None:
    bench = at_rest()
    lie = _listed({})
    looks = Looks(bench, dict.fromkeys(listing(bench), lie))
    honest = [host for host in HOSTS if host not in listing(bench)]
    assert all(looks.seen[host] == bench[host] for host in honest)


def test_a_ledger_that_does_not_fit_makes_a_damaged_copy_of_its_host() -> None:
    bench = at_rest()
    (host, *_others) = (host for host in HOSTS if host not in senders(bench, "shop"))
    bench[host]["records"]["shop"]["life"] = {"web/1": {"seq": "high"}}
    looks = Looks(bench)
    found = looks.seen[host]
    assert found["damaged_records"]["shop"].endswith("life.web/1.seq: text, not a whole number")
    assert set(found["records"]) == {"blog", "wiki"}


def test_a_body_of_another_hash_is_used_for_nobody() -> None:
    bench = at_rest()
    one, *_others = senders(bench, "shop")

    def forged(seen: Observation) -> t.Any:
        found = copy.deepcopy(seen)
        found["records"]["shop"]["body"]["counters"] = {"web": 7}
        return found

    looks = Looks(bench, {one: forged})
    assert looks.seen[one]["damaged_records"] == {"shop": "its body is not what its hash says"}
    assert "shop" not in looks.seen[one]["records"]
    others = [host for host in HOSTS if host != one]
    assert but(looks, one) == {host: bench[host] for host in others}


# --- in a pass ---

SHOP = stack({"web": service(scale=2)})


def fleet_without_senders() -> tuple[Fleet, list[str]]:
    """A fleet at rest in which the two that would send the shop's body are away."""
    fleet = Fleet(*HOSTS)
    fleet.bench.settled(SHOP)
    away = senders(fleet.bench, "shop")
    for host in away:
        fleet.bench.seen[host] = None
    return fleet, away


def test_a_pass_asks_before_it_plans_and_then_goes_on() -> None:
    fleet, away = fleet_without_senders()
    step = fleet.begin()
    assert (step.stage, len(step.calls), step.pause_s) == (OBSERVE, 2, 0.0)
    end = fleet.to_end()
    assert len([stage for _host, stage in fleet.called() if stage == OBSERVE]) == 2
    assert not [note for note in end.plan.notes if "record" in note.code]
    assert {item.host for item in end.plan.notes if item.code == "not_reached"} <= set(away)


def test_a_host_that_does_not_answer_the_question_is_unknown_and_another_is_asked() -> None:
    fleet, _away = fleet_without_senders()
    asked = sorted(fleet.begin().calls)
    for host in asked:
        fleet.bench.seen[host] = None
    step = fleet.go()
    assert step.stage == OBSERVE
    assert set(step.calls).isdisjoint(asked)
    fleet.to_end()
    assert fleet.running._seen[asked[0]] is None


def test_what_a_pass_knows_is_not_asked_for_again() -> None:
    fleet, _away = fleet_without_senders()
    step = fleet.begin()
    body = fleet.bench.seen[next(iter(step.calls))]["records"]["shop"]["version"]["hash"]
    (known,) = {tuple(share.known or ()) for share in step.calls.values()}
    assert body not in known
    fleet.go()
    assert body in fleet.running._assembly.known


def test_a_pass_that_asks_can_be_stored() -> None:
    fleet, _away = fleet_without_senders()
    fleet.begin()
    fleet.running = pickle.loads(pickle.dumps(fleet.running))
    assert fleet.to_end().failures == []


def test_what_is_foretold_is_asked_for_too() -> None:
    fleet, _away = fleet_without_senders()
    fleet.begin()  # a pass to take the place of
    running = type(fleet.running)(
        fleet.running.request, fleet.running.inventory, fleet.running.term
    )
    sent = {host: seen and excerpt(seen) for host, seen in fleet.bench.seen.items()}
    fleet.running, fleet.step = running, running.foretell(sent, now=1.0)
    assert fleet.step.stage == OBSERVE
    fleet.to_end()
    assert running.planner
    assert "shop" in running.planner.bodies


def test_a_stored_copy_of_a_pass_that_asks_goes_on_by_itself() -> None:
    """A play stores a copy without the key: what goes on must belong to the copy."""
    fleet, _away = fleet_without_senders()
    fleet.begin()
    fleet.running = pickle.loads(pickle.dumps(copy.copy(fleet.running)))
    fleet.to_end()
    assert fleet.running.planner
