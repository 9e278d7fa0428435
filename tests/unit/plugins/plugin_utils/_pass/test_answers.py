# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's answer that does not fit makes that host unknown, by name, and no other."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._pass.answers import (
    answer_problem,
    outcome_of,
    trusted,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.record_check import RecordCheck
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import Outcome
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    observation,
    service,
    stack,
)
from ansible_collections.drover.docker.tests.unit.shared.fleet import Fleet
from ansible_collections.drover.docker.tests.unit.shared.operations import operation

LEASE = {
    "owner": "me@ctl",
    "reason": "up",
    "since": "2026-11-22T10:00:00Z",
    "token": "t",
    "unattended": False,
    "started": False,
    "finished": False,
    "left_s": 20.0,
    "busy": False,
}


def seen(**changes: t.Any) -> t.Any:
    return trusted("h1", t.cast("t.Any", {**observation("h1"), **changes}))


def test_an_answer_that_fits_is_taken_as_it_is() -> None:
    found = t.cast("t.Any", observation("h1", lease=LEASE))
    assert trusted("h1", found) is found


def test_a_host_that_did_not_answer_stays_what_it_is() -> None:
    assert trusted("h1", None) is None
    silent = t.cast("t.Any", {"error": "not reached"})
    assert trusted("h1", silent) is silent


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"containers": 5}, "containers: a whole number, not a list"),
        ({"containers": [{"name": "x"}]}, "containers[0].id: missing"),
        ({"engine": {}}, "engine.id: missing"),
        ({"now": "soon"}, "now: text, not a number"),
        ({"host": "h2"}, "host: 'h2', not 'h1'"),
        ({"foreign": [{"ports": [["0.0.0.0"]]}]}, "foreign[0].id: missing"),
        ({"lease": {**LEASE, "left_s": 1e12}}, "lease.left_s: 1000000000000.0, not 0 to 3600"),
        ({"lease": {"owner": 7}}, "lease.owner: a whole number, not text"),
        ({"refusals": []}, "refusals: a list, not a map"),
        ({"damaged_records": {"shop": None}}, "damaged_records.shop: nothing, not text"),
    ],
)
def test_an_observation_that_does_not_fit(changes: dict[str, t.Any], problem: str) -> None:
    """Attack M1 and M2."""
    assert seen(**changes) == {"error": f"its answer does not fit this release: {problem}"}


@pytest.mark.parametrize("found", [[], {}, ["text"], "text", 7])
def test_something_else_than_an_observation(found: t.Any) -> None:
    told = trusted("h1", found)
    assert told is not None
    assert str(told["error"]).startswith("its answer does not fit this release: ")


RECORD_FAULTS: list[tuple[t.Callable[[t.Any], t.Any], str]] = [
    (lambda record: record["body"].update(hosts=7), "body.hosts: a whole number, not a list"),
    (
        lambda record: record["body"].update(members={"web/1": {}}),
        "body.members.web/1.host: missing",
    ),
    (
        lambda record: record["version"].update(number="9"),
        "version.number: text, not a whole number",
    ),
    (lambda record: record.update(stack="blog"), "stack: 'blog', not 'shop'"),
    (
        lambda record: record["body"]["revisions"][-1].update(services=[]),
        "body.revisions[0].services: a list, not a map",
    ),
    (
        lambda record: record["body"]["revisions"][-1].update(definition={"services": []}),
        "definition.stack: missing",
    ),
    (lambda record: record["body"].update(launches={}), " has no first part"),
]


@pytest.mark.parametrize(("damage", "problem"), RECORD_FAULTS)
def test_a_record_that_does_not_fit_is_a_damaged_copy(
    damage: t.Callable[[t.Any], t.Any], problem: str
) -> None:
    bench = Bench("h1")
    bench.settled(stack({"web": service()}))
    damage(bench["h1"]["records"]["shop"])
    found = t.cast("t.Any", trusted("h1", t.cast("t.Any", bench["h1"])))
    assert found["records"] == {}
    told = found["damaged_records"]["shop"]
    assert told.startswith("it does not fit this release: ")
    assert told.endswith(problem)


def test_a_host_that_shows_another_body_under_the_hash_of_the_majority() -> None:
    """The body of one copy serves all hosts, so no host may choose it alone."""
    bench = Bench("h1", "h2", "h3")
    bench.settled(stack({"web": service()}))
    record = bench["h1"]["records"]["shop"]
    bench["h1"]["records"]["shop"] = {**record, "body": {**record["body"], "counters": {"web": 9}}}
    check = RecordCheck()
    found = {host: t.cast("t.Any", trusted(host, seen, check)) for host, seen in bench.seen.items()}
    assert found["h1"]["damaged_records"] == {"shop": "its body is not what its hash says"}
    assert found["h2"] is bench["h2"]
    assert found["h3"] is bench["h3"]


def test_one_host_that_answers_nonsense_does_not_stop_the_others() -> None:
    """Attack M1: the pass of all hosts ended with a Python error that named none."""
    fleet = Fleet("h1", "h2", "h3")
    fleet.bench.settled(stack({"web": service(scale=3)}))
    fleet.bench["h1"]["containers"] = 5
    gone = fleet.bench["h2"]["containers"].pop()
    fleet.begin()
    fleet.to_end()
    assert gone["name"] in {item["name"] for item in fleet.bench["h2"]["containers"]}


# --- answers of a stage that acts ---


def result(number: int) -> dict[str, t.Any]:
    return {"id": number, "status": "done", "error": "", "seconds": 0.1}


def test_results_of_what_was_asked_for() -> None:
    asked = [operation("start")]
    answer = {"results": [result(asked[0]["id"])], "refused": [], "lease": None}
    assert isinstance(outcome_of(answer, asked, 1.0), Outcome)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"results": [result(99999)]}, "operations that it was not asked for: [99999]"),
        ({"results": [{"id": 1}]}, "results[0].status: missing"),
        ({"results": {}}, "results: a map, not a list"),
        ({"refused": [{"stack": "shop"}]}, "refused[0].reason: missing"),
        ({"lease": {**LEASE, "left_s": -1.0}}, "lease.left_s: -1.0, not 0 to 3600"),
        ({"lease": "mine"}, "lease: text, not a map"),
        ([], "a list, not a map"),
    ],
)
def test_an_answer_that_cannot_be_used(answer: t.Any, problem: str) -> None:
    assert problem in answer_problem(answer, [operation("start")])
