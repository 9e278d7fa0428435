# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records that control nodes sign: what a host makes up has no effect, and stops nobody."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.constants import SYSTEM_STACK
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.states import with_version
from ansible_collections.drover.docker.plugins.plugin_utils._pass.signatures import signature_of
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import End
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    observation,
    service,
    stack,
)
from ansible_collections.drover.docker.tests.unit.shared.fleet import Fleet
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK

Json = dict[str, t.Any]

KEY = "a key of sixteen or more"
OTHER_KEY = "a key that is another one"
THREE = ("h1", "h2", "h3")


def shop(scale: int = 3) -> Json:
    return stack({"web": service(scale=scale)})


def signed_fleet(*hosts: str, key: str = KEY) -> Fleet:
    """Hosts with a stack that a control node with a key brought up."""
    fleet = Fleet(*(hosts or THREE))
    fleet.record_key = key
    fleet.up(shop())
    assert fleet.to_end().failures == []
    for seen in fleet.bench.seen.values():  # the hosts share no object that a test changes
        seen["records"] = copy.deepcopy(seen["records"])
    return fleet


def record(fleet: Fleet, host: str) -> Json:
    return t.cast("Json", fleet.bench[host]["records"]["shop"])


def versions(fleet: Fleet) -> dict[str, int]:
    """The committed number on each host."""
    return {host: record(fleet, host)["version"]["number"] for host in fleet.bench.seen}


def bodies(fleet: Fleet) -> list[Json]:
    return [copy.deepcopy(record(fleet, host)["body"]) for host in fleet.bench.seen]


def is_signed(fleet: Fleet, host: str, key: str = KEY) -> bool:
    version = record(fleet, host)["version"]
    return bool(version.get("signature") == signature_of(key, "shop", version))


def forge(fleet: Fleet, host: str, *, above: int = 1, **changes: t.Any) -> None:
    """As root on a host can: another body under a higher number, with the signature that was there."""
    found = record(fleet, host)
    body = {**copy.deepcopy(found["body"]), **changes}
    body["counters"] = {"web": 99}
    number = found["version"]["number"] + above
    forged = make_record("shop", body, number=number, token="forged")
    signature = found["version"].get("signature", "")
    forged["version"]["signature"] = signature
    fleet.bench[host]["records"]["shop"] = {**found, **forged}


def forge_proposal(fleet: Fleet, host: str, above: int = 1) -> None:
    found = record(fleet, host)
    body = {**found["body"], "counters": {"web": 99}}
    new = make_record("shop", body, number=found["version"]["number"] + above, token="forged")
    known = {"version": found["version"], "is_known": True}
    stored = with_version(found, {**new, "host": host}, list(fleet.bench.seen), known)
    fleet.bench[host]["records"]["shop"] = stored


def reconciled(fleet: Fleet, **fields: t.Any) -> End:
    fleet.calls.clear()
    fleet.begin(**fields)
    return fleet.to_end()


def notes(end: End) -> list[str]:
    return [str(note) for note in end.plan.notes]


def operations(fleet: Fleet) -> list[str]:
    return [item["kind"] for _host, _stage, share in fleet.calls for item in share.operations]


def stored(fleet: Fleet) -> list[str]:
    """The causes of the records that hosts were told to store."""
    return [
        item["cause"]["code"]
        for _host, _stage, share in fleet.calls
        for item in share.records
        if "cause" in item
    ]


# --- signing ---


def test_each_new_version_is_signed_and_a_second_pass_changes_nothing() -> None:
    fleet = signed_fleet()
    assert all(is_signed(fleet, host) for host in THREE)
    end = reconciled(fleet)
    assert (fleet.calls, notes(end)) == ([], [])


def test_no_host_gets_the_key() -> None:
    fleet = signed_fleet()
    reconciled(fleet, stacks=["shop"], sign_records=True)
    sent = [share for _host, _stage, share in fleet.calls] + list(fleet.bench.seen.values())
    assert KEY not in repr(sent)
    assert KEY not in repr(fleet.running.inventory)


def test_the_signature_is_of_all_that_orders_a_version() -> None:
    version = {"number": 1, "token": "t", "hash": "h"}
    found = {
        signature_of(KEY, "shop", version),
        signature_of(OTHER_KEY, "shop", version),
        signature_of(KEY, "blog", version),
        *(signature_of(KEY, "shop", {**version, part: "x"}) for part in version),
    }
    assert len(found) == 6
    assert signature_of(KEY, "shop", {**version, "signature": "x"}) in found


# --- copies that do not count ---


def test_a_forged_version_is_not_acted_on_and_is_written_over() -> None:
    fleet = signed_fleet()
    before = bodies(fleet)
    forge(fleet, "h1", above=5)
    end = reconciled(fleet)
    shown = {host: share.records[0].get("based_on") for host, stage, share in fleet.calls[:3]}
    assert shown == {"h1": 6, "h2": 1, "h3": 1}
    assert operations(fleet) == []
    assert bodies(fleet) == before
    assert versions(fleet) == dict.fromkeys(THREE, 7)
    assert all(is_signed(fleet, host) for host in THREE)
    assert set(stored(fleet)) == {"copy_unsigned"}
    assert notes(end) == []
    assert reconciled(fleet).plan.records == []


def test_it_is_said_what_is_ignored() -> None:
    fleet = signed_fleet()
    forge(fleet, "h1")
    fleet.begin()
    assert notes(End(fleet.step.plan)) == [
        "shop on h1: version 2 on this host is signed with another key: it has no effect"
    ]
    del record(fleet, "h1")["version"]["signature"]
    fleet.begin()
    assert notes(End(fleet.step.plan)) == [
        "shop on h1: version 2 on this host is not signed: it has no effect"
    ]


def test_hosts_that_are_a_majority_cannot_order_the_last_one_either() -> None:
    fleet = signed_fleet()
    before = record(fleet, "h3")["body"]
    for host in ("h1", "h2"):
        forge(fleet, host)
    reconciled(fleet)
    assert operations(fleet) == []
    assert bodies(fleet) == [before] * 3


def test_a_forged_copy_of_the_same_number_is_written_over() -> None:
    fleet = signed_fleet()
    before = record(fleet, "h2")["body"]
    forge(fleet, "h1", above=0)
    reconciled(fleet)
    assert bodies(fleet) == [before] * 3
    assert versions(fleet) == dict.fromkeys(THREE, 2)


def test_an_older_copy_without_signature_is_only_replaced() -> None:
    """A host that was away while the others were signed."""
    fleet = signed_fleet()
    reconciled(fleet)
    fleet.begin("scale", stacks=["shop"], service="web", scale=2)
    fleet.to_end()
    forge(fleet, "h1", above=-1)
    reconciled(fleet)
    assert versions(fleet) == dict.fromkeys(THREE, 2)
    assert stored(fleet) == ["copy_outdated"]


def test_a_forged_copy_does_not_stop_a_repair_elsewhere() -> None:
    """Even while no majority is seen, so that nothing can be written."""
    fleet = signed_fleet(*THREE, "h4", "h5")
    forge(fleet, "h1")
    used = next(host for host in ("h2", "h3", "h4", "h5") if fleet.bench[host]["containers"])
    gone = fleet.bench[used]["containers"].pop()
    for host in {"h2", "h3", "h4", "h5"} - {used}:
        fleet.bench.seen[host] = None
    end = reconciled(fleet)
    assert gone["name"] in {item["name"] for item in fleet.bench[used]["containers"]}
    assert record(fleet, "h1")["version"]["token"] == "forged"
    assert "version 2 on this host" in str(end.plan.notes)


def test_a_forged_proposal_is_dropped_and_the_committed_version_stays() -> None:
    fleet = signed_fleet()
    before = bodies(fleet)
    forge_proposal(fleet, "h1", above=4)
    gone = fleet.bench["h1"]["containers"].pop()
    reconciled(fleet)
    assert gone["name"] in {item["name"] for item in fleet.bench["h1"]["containers"]}
    assert bodies(fleet) == before
    assert versions(fleet) == dict.fromkeys(THREE, 6)
    assert "proposed" not in record(fleet, "h1")


def test_the_next_write_goes_above_all_that_a_host_forged() -> None:
    fleet = signed_fleet()
    forge(fleet, "h1", above=3)
    forge_proposal(fleet, "h1", above=5)
    reconciled(fleet)
    assert versions(fleet) == dict.fromkeys(THREE, 10)


def test_a_signed_proposal_is_finished_although_another_host_forged_its_copy() -> None:
    """A host that forged its copy may have had the proposal: it is no vote against."""
    fleet = signed_fleet()
    found = record(fleet, "h2")
    body = {**found["body"], "counters": {"web": 7}}
    new = make_record("shop", body, number=2, token="new")
    new["version"]["signature"] = signature_of(KEY, "shop", new["version"])
    known = {"version": found["version"], "is_known": True}
    fleet.bench["h2"]["records"]["shop"] = with_version(
        found, {**new, "host": "h2"}, list(THREE), known
    )
    forge(fleet, "h1", above=0)
    reconciled(fleet)
    assert [item["counters"] for item in bodies(fleet)] == [{"web": 7}] * 3


def test_a_signed_version_of_another_stack_is_none_of_this_one() -> None:
    fleet = signed_fleet()
    blog = stack({"web": service()}, name="blog")
    fleet.up(blog)
    fleet.to_end()
    moved = copy.deepcopy(fleet.bench["h1"]["records"]["blog"])
    fleet.bench["h1"]["records"]["shop"] = {**moved, "stack": "shop"}
    before = bodies(fleet)[1]
    fleet.begin()
    assert fleet.step.plan.errors == []
    assert [note.stack for note in fleet.step.plan.notes] == ["shop"]
    fleet.to_end()
    assert bodies(fleet) == [before] * 3
    assert fleet.bench["h1"]["records"]["blog"]["version"] == moved["version"]


def test_a_stack_that_one_host_made_up_is_left_alone() -> None:
    """Its hosts are that host alone, so it would have its own majority."""
    fleet = Fleet(*THREE)
    fleet.bench.settled(shop())
    forged = copy.deepcopy(record(fleet, "h1")["body"])
    for host in THREE:
        fleet.bench[host]["records"].clear()
        fleet.bench[host]["containers"].clear()
    fleet.bench.record("shop", {**forged, "hosts": ["h1"]}, hosts=["h1"])
    fleet.record_key = KEY
    end = reconciled(fleet)
    assert fleet.calls == []
    assert "version 1 on this host is not signed" in str(end.plan.notes)


def test_a_person_cannot_take_a_copy_that_nobody_signed() -> None:
    fleet = signed_fleet()
    before = record(fleet, "h2")["body"]
    forge(fleet, "h1")
    reconciled(fleet, take="h1")
    assert bodies(fleet) == [before] * 3


def test_a_host_cannot_say_that_its_copy_is_not_signed() -> None:
    fleet = signed_fleet()
    fleet.bench["h1"]["unsigned_records"] = {"shop": {"number": 10**9, "is_signed": False}}
    reconciled(fleet)
    fleet.record_key = ""
    reconciled(fleet)
    assert versions(fleet) == dict.fromkeys(THREE, 1)


@pytest.mark.parametrize("signature", [7, None, [], "\ud800", "x" * 100_000])
def test_a_signature_of_nonsense_stops_nobody(signature: t.Any) -> None:
    fleet = signed_fleet()
    record(fleet, "h1")["version"]["signature"] = signature
    gone = fleet.bench["h2"]["containers"].pop()
    reconciled(fleet)
    assert gone["name"] in {item["name"] for item in fleet.bench["h2"]["containers"]}


def test_what_a_host_remembers_of_its_members_stays() -> None:
    fleet = signed_fleet()
    life = {
        "web/1": {"config_hash": "", "failures": 3, "last_failure": 0.0, "reason": "", "seq": 4}
    }
    record(fleet, "h1")["life"] = life
    forge(fleet, "h1")
    reconciled(fleet)
    assert record(fleet, "h1")["life"] == life


# --- a person's word ---


def unsigned_fleet() -> Fleet:
    """Hosts that were used without a key; this control node has one from now on."""
    fleet = signed_fleet(key="")
    fleet.record_key = KEY
    return fleet


def test_records_without_signature_are_left_alone_until_a_person_has_them_signed() -> None:
    fleet = unsigned_fleet()
    fleet.bench["h2"]["containers"].clear()
    end = reconciled(fleet)
    assert fleet.calls == []
    assert [str(error) for error in end.plan.errors] == [
        "shop: no copy of its record is signed with the key of this control node (on h1, h2, h3), so it is unknown"
        " what is wanted; left alone: if the record is right, sign it with reconcile -e sign_records=true"
    ]
    assert notes(end) == []


def test_up_does_not_begin_anew_above_records_without_signature() -> None:
    fleet = unsigned_fleet()
    fleet.up(shop(5))
    assert fleet.to_end().plan.errors
    assert versions(fleet) == dict.fromkeys(THREE, 1)


def test_a_person_has_them_signed() -> None:
    fleet = unsigned_fleet()
    before = bodies(fleet)
    end = reconciled(fleet, sign_records=True)
    assert (end.failures, end.plan.errors) == ([], [])
    assert all(is_signed(fleet, host) for host in THREE)
    assert bodies(fleet) == before
    assert set(stored(fleet)) == {"record_signed"}
    assert reconciled(fleet).plan.lines() == []
    reconciled(fleet, sign_records=True)
    assert versions(fleet) == dict.fromkeys(THREE, 2)


def test_a_new_key_signs_what_the_old_one_signed() -> None:
    fleet = signed_fleet()
    fleet.record_key = OTHER_KEY
    assert reconciled(fleet).plan.errors
    reconciled(fleet, sign_records=True)
    assert all(is_signed(fleet, host, OTHER_KEY) for host in THREE)


def test_the_word_is_for_the_named_stack_alone() -> None:
    fleet = unsigned_fleet()
    reconciled(fleet, stacks=["blog"], sign_records=True)
    assert not is_signed(fleet, "h1")
    assert fleet.running.request.unsigned == {}
    reconciled(fleet, stacks=["shop"], sign_records=True)
    assert is_signed(fleet, "h1")


def test_a_minority_does_not_count_by_that_word() -> None:
    fleet = unsigned_fleet()
    before = record(fleet, "h2")["body"]
    forge(fleet, "h1")
    reconciled(fleet, sign_records=True)
    assert bodies(fleet) == [before] * 3
    assert all(is_signed(fleet, host) for host in THREE)


def test_a_commit_that_was_lost_after_signing_is_finished() -> None:
    """The committed version is still unsigned, and the signed one is a proposal everywhere."""
    fleet = unsigned_fleet()
    fleet.begin(sign_records=True)
    fleet.go()  # the proposals; then the control node dies
    assert all("proposed" in record(fleet, host) for host in THREE)
    end = reconciled(fleet)
    assert end.plan.errors == []
    assert all(is_signed(fleet, host) for host in THREE)
    assert not any("proposed" in record(fleet, host) for host in THREE)


def test_the_records_of_our_own_services_and_of_stacks_that_are_down_are_signed_too() -> None:
    fleet = Fleet(*THREE)
    fleet.up(stack({"web": service(health_check=CHECK)}))
    fleet.to_end()
    fleet.begin("down", stacks=["shop"])
    fleet.to_end()
    fleet.record_key = KEY
    reconciled(fleet, sign_records=True)
    for name in ("shop", SYSTEM_STACK):
        version = fleet.bench["h1"]["records"][name]["version"]
        assert version["signature"] == signature_of(KEY, name, version)
    end = reconciled(fleet)
    assert (end.plan.errors, notes(end), stored(fleet)) == ([], [], [])


# --- without the key ---


def keyless_fleet() -> Fleet:
    """Hosts with signed records; this control node has no key."""
    fleet = signed_fleet()
    fleet.record_key = ""
    return fleet


NO_KEY = (
    "the records of shop are signed, and this control node has no key (drover_record_key):"
    " it writes none of them"
)


def test_without_the_key_members_are_repaired_in_place() -> None:
    fleet = keyless_fleet()
    gone = fleet.bench["h2"]["containers"].pop()
    end = reconciled(fleet)
    assert gone["name"] in {item["name"] for item in fleet.bench["h2"]["containers"]}
    assert (stored(fleet), notes(end), end.plan.errors) == ([], [NO_KEY], [])
    assert end.plan.held == []


def test_without_the_key_no_order_is_taken() -> None:
    fleet = keyless_fleet()
    for order in (
        {"command": "scale", "service": "web", "scale": 1},
        {"command": "down"},
        {"command": "up", "definition": shop(1)},
        {"command": "reconcile", "take": "h1"},
    ):
        fleet.begin(**order, stacks=["shop"])
        end = fleet.to_end()
        assert [error.code for error in end.plan.errors] == ["key_needed"]
        assert all(is_signed(fleet, host) for host in THREE)
        assert versions(fleet) == dict.fromkeys(THREE, 1)


def test_without_the_key_members_wait_for_places() -> None:
    """A member of a global service on a host that is new."""
    fleet = Fleet(*THREE)
    fleet.record_key = KEY
    fleet.up(stack({"web": service(**{"global": True})}))
    fleet.to_end()
    fleet.record_key = ""
    fleet.bench.seen["h4"] = observation("h4")
    end = reconciled(fleet)
    assert (stored(fleet), operations(fleet), notes(end)) == ([], [], [NO_KEY])
    assert [fact.code for fact in end.plan.held] == ["places_need_key"]


def test_without_the_key_no_copy_is_written_either() -> None:
    """A control node that cannot check a version must not spread it."""
    fleet = keyless_fleet()
    fleet.bench["h1"]["records"].clear()
    forge(fleet, "h2")
    assert NO_KEY in notes(reconciled(fleet))
    assert stored(fleet) == []


def test_a_person_drops_the_signatures() -> None:
    fleet = keyless_fleet()
    before = bodies(fleet)
    end = reconciled(fleet, unsign_records=True)
    assert (end.plan.errors, notes(end), set(stored(fleet))) == ([], [], {"signature_dropped"})
    assert all("signature" not in record(fleet, host)["version"] for host in THREE)
    assert bodies(fleet) == before
    assert reconciled(fleet, unsign_records=True).plan.lines() == []
    assert versions(fleet) == dict.fromkeys(THREE, 2)


def test_a_host_cannot_stop_control_nodes_without_key_by_a_signature() -> None:
    fleet = signed_fleet(key="")
    record(fleet, "h1")["version"]["signature"] = "made up"
    reconciled(fleet)
    assert all("signature" not in record(fleet, host)["version"] for host in THREE)
    assert versions(fleet) == dict.fromkeys(THREE, 2)


def test_status_says_that_records_are_not_signed() -> None:
    fleet = signed_fleet(key="")
    fleet.begin("status")
    assert notes(End(fleet.step.plan)) == ["records are not signed: no drover_record_key is set"]
    assert notes(reconciled(fleet)) == []
    signed = signed_fleet()
    signed.begin("status")
    assert notes(End(signed.step.plan)) == []
    empty = Fleet(*THREE)
    empty.begin("status")
    assert notes(End(empty.step.plan)) == []
