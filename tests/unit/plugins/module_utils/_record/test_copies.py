# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A version that a seen majority lacks never counted: it is not acted on, now or later."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record import copies as copies_module
from ansible_collections.drover.docker.plugins.module_utils._record.copies import (
    make_record,
    view_records,
)
from ansible_collections.drover.docker.plugins.module_utils._record.states import (
    no_version,
    with_version,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    body_of,
    service,
    stack,
)

FIVE = ("h1", "h2", "h3", "h4", "h5")
WEB = stack({"web": service(scale=5)})


def after_a_failed_down() -> Bench:
    """Five hosts; `down` was stored by the first only, and reported as failed."""
    bench = Bench(*FIVE)
    bench.settled(WEB)
    down = bench.plan("down", stacks=["shop"])
    bench.record("shop", body_of(down.records[0]), number=2, hosts=["h1"], token="failed")
    return bench


def test_a_failed_order_is_undone_by_the_next_pass() -> None:
    bench = after_a_failed_down()
    plan = bench.plan()
    assert plan.lines() == [
        "h1,h2,h3,h4,h5  record  shop v3  an order that never reached a majority is undone"
    ]
    assert not body_of(plan.records[0])["revisions"][-1]["tombstone"]
    assert "version 2 is on h1 only and never reached a majority: it has no effect" in str(
        plan.notes
    )


def test_a_host_that_is_alone_with_it_removes_nothing() -> None:
    bench = after_a_failed_down()
    for host in FIVE[1:]:
        bench.seen[host] = None
    plan = bench.plan()
    assert [item for item in plan.operations if item["kind"] in ("stop", "remove")] == []
    assert [message.code for message in plan.held] == ["undecided"]


def test_the_hosts_that_may_all_have_it_finish_it() -> None:
    bench = after_a_failed_down()
    body = bench["h1"]["records"]["shop"]["body"]
    bench.record("shop", body, number=2, hosts=["h2"], token="failed")
    bench.seen["h3"] = bench.seen["h4"] = None
    plan = bench.plan()
    assert plan.records[0].record["version"]["number"] == 2
    assert plan.records[0].hosts == ["h5"]
    assert [item for item in plan.operations if item["kind"] in ("stop", "remove")] == []


def test_a_new_stack_that_one_host_made_up_is_left_alone_until_a_person_takes_it() -> None:
    bench = Bench("h1", "h2", "h3")
    forged = body_of(bench.up(WEB).records[0])
    bench.record("shop", {**forged, "hosts": ["h1", "h2", "h3"]}, hosts=["h1"])
    plan = bench.plan()
    assert plan.lines() == []
    assert "version 1 is on h1 only and never reached a majority; left alone" in str(plan.held[0])
    taken = bench.plan(take="h1")
    assert [write.required for write in taken.records] == [True]
    assert taken.operations


def test_up_and_down_go_on_above_a_version_that_never_counted() -> None:
    bench = Bench("h1", "h2", "h3")
    body = body_of(bench.up(WEB).records[0])
    bench.record("shop", body, hosts=["h1"])
    for plan in (bench.up(WEB), bench.plan("down", stacks=["shop"])):
        assert [write.record["version"]["number"] for write in plan.records] == [2]
        assert plan.errors == []


def copy(number: int, hosts: t.Sequence[str], mark: str = "") -> dict[str, t.Any]:
    body = {"hosts": list(hosts), "revisions": [], "members": {}, "counters": {}, "mark": mark}
    return make_record("shop", body, number=number, token=mark)


def test_no_copy_names_its_own_jury() -> None:
    three = ("h1", "h2", "h3")
    good = copy(1, three)
    view = view_records("shop", {"h1": copy(2, ["h1"], "forged"), "h2": good, "h3": good})
    assert view.record == good
    assert (view.number, view.rivals) == (2, ["h1"])


def test_a_damaged_copy_is_not_a_vote_against() -> None:
    three = ("h1", "h2", "h3")
    copies = {"h1": copy(2, three), "h2": None, "h3": None}
    assert view_records("shop", copies, unreadable=["h2"]).counts
    assert not view_records("shop", copies).counts


def test_of_two_orders_of_one_number_neither_counts_where_an_older_one_has_its_majority() -> None:
    five = FIVE
    copies: dict[str, dict | None] = {host: copy(1, five) for host in five}
    copies |= {"h1": copy(2, five, "mine"), "h2": copy(2, five, "yours")}
    view = view_records("shop", copies)
    assert (view.record, view.conflict) == (copies["h3"], "")
    assert view.rivals == ["h1", "h2"]


def holding(
    committed: dict[str, t.Any] | None, proposed: dict[str, t.Any], asked: t.Sequence[str]
) -> dict[str, t.Any]:
    """A host's file with a proposal."""
    before = {**committed, "life": {}} if committed else no_version("shop")
    return with_version(before, {**proposed, "host": "h"}, list(asked))


THREE = ("h1", "h2", "h3")


def test_a_proposal_is_not_acted_on_by_a_minority() -> None:
    old, new = copy(1, THREE), copy(2, THREE, "new")
    view = view_records("shop", {"h1": holding(old, new, THREE)})
    assert view.record == old
    assert (view.number, [item.number for item in view.pending]) == (2, [2])


def test_the_hosts_of_an_undecided_proposal_have_their_say_in_the_next_version() -> None:
    """h2 has just joined: it may know that the proposal counts, and a version without its vote would count as well."""
    old, new = copy(1, ["h1"]), copy(2, ["h1", "h2"], "new")
    view = view_records("shop", {"h1": holding(old, new, ["h1", "h2"])})
    assert view.record == old
    assert ["h1", "h2"] in view.pending_juries


def test_a_proposal_that_a_majority_has_counts_before_the_hosts_hear_of_it() -> None:
    old, new = copy(1, THREE), copy(2, THREE, "new")
    copies: dict[str, dict | None] = {host: holding(old, new, THREE) for host in ("h1", "h2")}
    view = view_records("shop", {**copies, "h3": old})
    assert (view.record, view.is_finished) == (new, True)
    assert view.outdated == ["h1", "h2", "h3"]


def test_a_proposal_that_may_have_its_majority_is_finished() -> None:
    old, new = copy(1, THREE), copy(2, THREE, "new")
    view = view_records("shop", {"h1": holding(old, new, THREE), "h2": old})
    assert (view.record, view.is_finished) == (new, False)


def test_a_proposal_that_was_not_sent_to_a_majority_of_the_others_never_counts() -> None:
    """h3 is away, but it was away then, too."""
    old, new = copy(1, THREE), copy(2, THREE, "new")
    view = view_records("shop", {"h1": holding(old, new, ("h1", "h2")), "h2": old})
    assert (view.record, [item.number for item in view.undone]) == (old, [2])


def test_what_one_host_knows_to_be_committed_counts() -> None:
    old, new = copy(1, THREE), copy(2, THREE, "new")
    view = view_records("shop", {"h1": new, "h2": old})
    assert (view.record, view.is_finished, view.outdated) == (new, True, ["h2"])


def test_a_first_version_that_only_a_minority_was_seen_with_is_left_alone() -> None:
    view = view_records("shop", {"h1": holding(None, copy(1, THREE), THREE)})
    assert (view.counts, view.valid_body) == (False, None)
    assert [item.number for item in view.pending] == [1]


def test_finishing_makes_a_version_of_its_own() -> None:
    """A copy of the old one would be sent to hosts that its proposal does not name."""
    bench = Bench(*THREE)
    bench.settled(stack({"web": service(scale=2)}))
    write = bench.plan("scale", stacks=["shop"], service="web", scale=1).records[0]
    old = bench["h1"]["records"]["shop"]
    bench["h1"]["records"]["shop"] = with_version(old, {**write.record, "host": "h1"}, list(THREE))
    bench.seen["h3"] = None
    plan = bench.plan()
    assert plan.lines()[0] == (
        "h1,h2  record  shop v3  an order that may have reached a majority is finished"
    )
    assert plan.records[0].is_proposal


def test_what_all_hosts_have_is_found_as_quickly_as_surely(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual case has a short way: it must say what the long one says, and only where all agree."""
    hosts = ["h1", "h2", "h3"]
    agreed = {
        host: {**copy(4, hosts), "host": host, "life": {"web/1": {"seq": 2}}} for host in hosts
    }
    newer = {**agreed, "h2": {**copy(5, hosts), "host": "h2"}}
    cases: list[dict[str, t.Any]] = [
        agreed,
        newer,
        {**agreed, "h3": None},
        dict.fromkeys(hosts),
        {},
    ]
    quick = [view_records("shop", case) for case in cases]
    monkeypatch.setattr(copies_module, "_agreed", lambda _copies: None)
    assert quick == [view_records("shop", case) for case in cases]
    assert (quick[0].holders, quick[0].number) == (hosts, 4)


def test_an_unsigned_copy_is_no_vote_and_its_number_is_known() -> None:
    """C(copies) are without what does not count, as the pass gives them."""
    good = copy(3, THREE)
    copies = {"h1": None, "h2": good, "h3": good}
    above = view_records("shop", copies, unsigned={"h1": 9})
    assert (above.record, above.number) == (good, 9)
    assert (above.rivals, above.outdated, above.is_finished) == (["h1"], [], True)
    below = view_records("shop", copies, unsigned={"h1": 2})
    assert (below.number, below.rivals, below.outdated) == (3, [], ["h1"])


def test_a_host_with_an_unsigned_copy_may_have_had_any_version() -> None:
    """As with a damaged one: else one host could undo an order that has its majority by spoiling its own copy."""
    old, new = copy(1, THREE), copy(2, THREE, "new")
    copies = {"h1": None, "h2": holding(old, new, THREE), "h3": {**old, "life": {}}}
    assert view_records("shop", copies, unsigned={"h1": 2}).record == new
    assert view_records("shop", copies).record == old


def test_copies_with_other_signatures_are_other_versions() -> None:
    """Else one host could make the others' version look signed, or not."""
    good = copy(1, THREE)
    signed = {**good, "version": {**good["version"], "signature": "x"}}
    view = view_records("shop", {"h1": signed, "h2": good, "h3": good})
    assert (view.record, view.rivals, view.is_signed) == (good, ["h1"], False)
    assert view_records("shop", dict.fromkeys(THREE, signed)).is_signed


@pytest.mark.parametrize(
    ("accepted", "holds"),
    [
        (FIVE, True),
        (["h1", "h3", "h4", "h5"], True),
        (["h1", "h2", "h3", "h4"], True),
        (["h1", "h2", "h3"], False),
        (["h1"], False),
    ],
)
def test_a_version_stays_refuted_where_the_hosts_without_it_store_the_next_one(
    accepted: list[str], holds: bool
) -> None:
    """The first host has it. Another may have got it since it was seen, unless it stored the next version."""
    bench = after_a_failed_down()
    copies = {host: bench[host]["records"]["shop"] for host in FIVE}
    (refuted,) = view_records("shop", copies).refuted
    assert (refuted.holders, refuted.jury) == (["h1"], list(FIVE))
    assert refuted.holds(accepted) == holds
    assert refuted.renamed({"h1": "web1"}).holders == ["web1"]


def test_hosts_that_a_version_was_never_sent_to_need_not_store_the_next_one() -> None:
    refuted = copies_module.Refuted(["h1", "h2", "h3"], ["h1"], ["h2", "h3"])
    assert refuted.holds([])


def test_a_host_put_back_from_a_backup_undoes_nothing_of_what_the_others_decided() -> None:
    """Two hosts, a third has joined since; of the two, one has its record of before. So half of that jury lacks."""
    old, new = copy(1, ("h1", "h2")), copy(5, THREE)
    view = view_records("shop", {"h1": old, "h2": new, "h3": new})
    assert (view.record, view.is_finished, view.undone) == (new, True, [])
    assert view.outdated == ["h1"]


def test_what_one_host_says_beside_an_old_jury_is_unknown_until_the_rest_of_the_jury_is_seen() -> (
    None
):
    """h2 is away: h3 tells the truth, or it lies."""
    old, new = copy(1, ("h1", "h2")), copy(5, THREE)
    view = view_records("shop", {"h1": old, "h3": new})
    assert (view.record, view.undone) == (old, [])
    assert [item.number for item in view.pending] == [5]
    assert ["h1", "h2"] in view.pending_juries
    assert view_records("shop", {"h1": old, "h2": old, "h3": new}).undone


def test_one_host_of_two_cannot_decide_alone_that_its_version_was_committed() -> None:
    good, forged = copy(1, ("h1", "h2")), copy(9, ["h2"], "forged")
    view = view_records("shop", {"h1": good, "h2": forged})
    assert (view.record, [item.number for item in view.undone]) == (good, [9])
