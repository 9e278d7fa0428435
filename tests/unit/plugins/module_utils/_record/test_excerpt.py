# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts send of their records: each body from two of them, and of the rest one hash."""

from __future__ import annotations

import typing as t
from collections import Counter

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import (
    excerpt,
    versions_of,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import empty_body
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench

Json = dict[str, t.Any]


def fleet(hosts: int, stacks: int) -> Bench:
    """Hosts that all have the same records."""
    bench = Bench(*(f"h{number:03d}" for number in range(hosts)))
    for number in range(stacks):
        body = empty_body(sorted(bench.seen))
        bench.record(f"s{number}", {**body, "counters": {"web": number}})
    return bench


def sent(bench: Bench, known: list[str] | None = None) -> dict[str, Observation]:
    return {host: excerpt(seen, known) for host, seen in bench.seen.items()}


@pytest.mark.parametrize("hosts", [2, 3, 30, 100])
def test_a_body_and_the_list_of_versions_are_sent_twice_however_many_hosts_there_are(
    hosts: int,
) -> None:
    found = sent(fleet(hosts, 20))
    bodies = Counter(stack for seen in found.values() for stack in seen["records"])
    assert set(bodies.values()) == {2}
    assert len(bodies) == 20
    assert sum("versions" in seen["versions"] for seen in found.values()) == 2
    assert len({seen["versions"]["digest"] for seen in found.values()}) == 1


def test_no_host_sends_much_more_than_others() -> None:
    found = sent(fleet(10, 200))
    assert max(len(seen["records"]) for seen in found.values()) < 80, "of 40 on average"


def test_a_single_host_sends_all() -> None:
    bench = fleet(1, 3)
    (found,) = sent(bench).values()
    assert found["records"] == bench["h000"]["records"]
    assert found["versions"]["versions"] == versions_of(bench["h000"]["records"])


def test_ledgers_are_sent_by_the_host_that_has_them() -> None:
    bench = fleet(30, 1)
    for host in bench.seen:
        bench[host]["records"]["s0"]["life"] = {"web/1": {"seq": int(host[1:])}}
    for host, seen in sent(bench).items():
        whole = seen["records"].get("s0", {}).get("life")
        assert (whole or seen["versions"]["life"]["s0"]) == {"web/1": {"seq": int(host[1:])}}


def _proposed(record: Json) -> Json:
    later = make_record("s0", empty_body(["h000"]), number=2, token="n")
    return {**record, "proposed": {**later, "asked": ["h000"]}}


def _first_proposed(record: Json) -> Json:
    return {**_proposed(record), "version": {"number": 0, "token": "", "hash": ""}}


ODD: list[t.Callable[[Json], Json]] = [
    _proposed,
    _first_proposed,
    lambda record: {**record, "host": "old"},
    lambda record: {**record, "format": 1},
    lambda record: {**record, "more": 1},
    lambda record: {**record, "body": {**record["body"], "hosts": []}},
    lambda record: {**record, "body": {**record["body"], "hosts": "h000"}},
]


@pytest.mark.parametrize("change", ODD)
def test_what_cannot_be_put_together_is_sent_as_it_is(change: t.Callable[[Json], Json]) -> None:
    bench = fleet(30, 1)
    for host in bench.seen:
        bench[host]["records"]["s0"] = change(bench[host]["records"]["s0"])
    for known in (None, [bench["h000"]["records"]["s0"]["version"]["hash"]]):
        for host, seen in sent(bench, known).items():
            assert seen["records"] == bench[host]["records"]


def test_a_proposal_does_not_change_the_hash_of_the_versions() -> None:
    bench = fleet(3, 2)
    before = sent(bench)["h001"]["versions"]["digest"]
    bench["h001"]["records"]["s0"] = _proposed(bench["h001"]["records"]["s0"])
    bench["h001"]["records"]["s9"] = _first_proposed(bench["h001"]["records"]["s0"])
    assert sent(bench)["h001"]["versions"]["digest"] == before


def test_a_host_that_is_asked_sends_its_versions_and_all_that_is_not_known() -> None:
    bench = fleet(30, 3)
    records = bench["h001"]["records"]
    known = [records[stack]["version"]["hash"] for stack in ("s0", "s2")]
    for seen in sent(bench, known).values():
        assert set(seen["records"]) == {"s1"}
        assert seen["versions"]["versions"] == versions_of(records)


def test_a_host_that_sees_nothing_has_nothing_to_send() -> None:
    bench = fleet(1, 1)
    bench["h000"]["error"] = "no engine"
    assert sent(bench)["h000"] is bench["h000"]
