# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role network decides for sound hosts, and for hosts that come, go and return."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._swarm.fleet import largest_odd
from ansible_collections.drover.docker.tests.unit.shared.swarm_reports import (
    Json,
    leaderless,
    lost,
    node,
    plan,
    report,
    swarm,
)
from hypothesis import given
from hypothesis import strategies as st


def fresh(*hosts: str) -> dict[str, Json]:
    return {host: report(host) for host in hosts}


def test_one_host_needs_nothing() -> None:
    found = plan(fresh("h1"))
    assert (found.needed, found.seed, found.changes, found.errors) == (False, "", [], [])


def test_three_fresh_hosts_become_managers() -> None:
    found = plan(fresh("h3", "h1", "h2"))
    assert found.changes == [
        "h1  start the Swarm (172.16.0.1)",
        "h2  join as manager (172.16.0.2)",
        "h3  join as manager (172.16.0.3)",
        "h1  create network drover (10.42.0.0/16)",
    ]
    assert found.start
    assert not found.errors


def test_two_hosts_have_one_manager_and_say_what_that_means() -> None:
    found = plan(fresh("h1", "h2"))
    assert found.joins == {"h2": "worker"}
    assert any("one is the only manager" in note for note in found.notes)


def test_more_hosts_than_managers_are_workers() -> None:
    found = plan(fresh("h1", "h2", "h3", "h4", "h5"))
    assert found.joins == {"h2": "manager", "h3": "manager", "h4": "worker", "h5": "worker"}


def test_five_managers_if_asked_for() -> None:
    found = plan(fresh("h1", "h2", "h3", "h4", "h5"), managers=5)
    assert set(found.joins.values()) == {"manager"}


def test_a_sound_swarm_is_left_as_it_is() -> None:
    found = plan(swarm(dict.fromkeys(("h1", "h2", "h3"), "manager")))
    assert (found.changes, found.errors, found.notes, found.faults) == ([], [], [], {})
    assert not found.settle()


def test_a_third_host_makes_two_more_managers() -> None:
    found = plan({**swarm({"h1": "manager", "h2": "worker"}), **fresh("h3")})
    assert found.changes == ["h3  join as manager (172.16.0.3)", "h2  promote to manager"]
    assert found.promote == ["node-h2"]


def test_more_managers_than_asked_for_are_kept() -> None:
    hosts = dict.fromkeys(("h1", "h2", "h3", "h4", "h5"), "manager")
    assert plan(swarm(hosts)).changes == []


def test_a_lost_manager_gives_its_place_to_a_free_host() -> None:
    roles = {"h1": "manager", "h2": "manager", "h4": "worker"}
    found = plan(swarm(roles, more=[lost("h3")]), hosts=["h1", "h2", "h3", "h4"])
    assert (found.promote, found.demote, found.remove) == (["node-h4"], ["node-h3"], [])
    assert found.missing == ["h3"]


def test_a_lost_manager_is_kept_where_nobody_can_take_its_place() -> None:
    found = plan(
        swarm({"h1": "manager", "h2": "manager"}, more=[lost("h3")]), hosts=["h1", "h2", "h3"]
    )
    assert found.changes == []


@pytest.mark.parametrize("seen", [True, False], ids=["host answers", "not a host of the group"])
def test_a_silent_manager_of_which_nothing_is_known_is_kept(seen: bool) -> None:
    reports = swarm({"h1": "manager", "h2": "manager", "h4": "worker"}, more=[lost("h3")])
    if seen:
        reports["h3"] = leaderless(swarm({"h3": "manager"})["h3"])
    found = plan(reports)
    assert (found.promote, found.demote) == ([], [])


def test_a_wiped_host_joins_again_and_its_old_entry_goes() -> None:
    old = node("h3", "manager", id="node-old", state="down", reachability="unreachable")
    found = plan({**swarm({"h1": "manager", "h2": "manager"}, more=[old]), **fresh("h3")})
    assert (found.joins, found.remove) == ({"h3": "manager"}, ["node-old"])


def test_an_old_entry_of_a_host_that_is_back_goes() -> None:
    old = node("h3", id="node-old", state="down")
    found = plan(swarm({"h1": "manager", "h2": "manager", "h3": "manager"}, more=[old]))
    assert found.changes == ["h3  remove the node entry of its earlier life (node-old)"]


def test_a_node_of_the_same_name_elsewhere_is_no_old_entry() -> None:
    other = node("h3", id="node-other", state="down", addr="172.16.9.9")
    found = plan(swarm({"h1": "manager", "h2": "manager", "h3": "manager"}, more=[other]))
    assert found.changes == []


def test_hosts_that_were_not_reached_are_named() -> None:
    found = plan(fresh("h1", "h2"), hosts=["h1", "h2", "h3"])
    assert found.changes[0].startswith("h1  start")
    assert found.joins == {"h2": "worker"}
    assert any("Not reached: h3" in note for note in found.notes)


def test_an_adopted_swarm_gets_the_network() -> None:
    reports = swarm({"h1": "manager", "h2": "worker"})
    reports["h1"].update(networks=[], services=3)
    found = plan(reports, adopt_swarm=True)
    assert (found.errors, found.create_network) == ([], True)


def test_going_on_from_the_manager_that_is_left() -> None:
    reports = swarm(dict.fromkeys(("h1", "h2", "h3"), "manager"))
    found = plan({"h1": leaderless(reports["h1"]), **fresh("h2", "h3")}, force_new_cluster="h1")
    assert (found.force_new_cluster, found.seed, found.errors) == (True, "h1", [])
    assert found.joins == {"h2": "manager", "h3": "manager"}


def test_a_new_swarm_takes_a_worker_of_the_lost_one() -> None:
    worker = swarm({"h1": "manager", "h2": "worker"})["h2"]
    reports = {**fresh("h1"), "h2": worker}
    found = plan(reports, force_new_cluster="h1", rejoin=["h2"])
    assert (found.start, found.force_new_cluster, found.leave) == (True, False, ["h2"])
    assert found.joins == {"h2": "worker"}


def test_rejoining_hosts_that_are_sound_nodes_are_left_alone() -> None:
    found = plan(swarm(dict.fromkeys(("h1", "h2", "h3"), "manager")), rejoin=["h2"])
    assert found.changes == []


def test_a_host_with_a_swarm_of_its_own_comes_over_when_told_to() -> None:
    stray = swarm({"h3": "manager"})["h3"]
    found = plan({**swarm({"h1": "manager", "h2": "manager"}), "h3": stray}, rejoin=["h3"])
    assert (found.errors, found.leave, found.joins) == ([], ["h3"], {"h3": "manager"})


@pytest.mark.parametrize("state", ["pending", "error"])
def test_a_host_that_failed_to_join_tries_again(state: str) -> None:
    found = plan({**swarm({"h1": "manager", "h2": "manager"}), "h3": report("h3", state=state)})
    assert (found.leave, found.joins, found.faults) == (["h3"], {"h3": "manager"}, {})


def test_a_host_with_a_broken_swarm_is_kept_where_no_other_is() -> None:
    found = plan({"h1": report("h1", state="error"), "h2": report("h2")})
    assert (found.changes, found.leave) == ([], [])
    assert "no manager quorum" in found.errors[0]


def test_a_manager_of_before_a_forced_start_is_none() -> None:
    roles = {"h1": "manager", "h2": "worker", "h3": "worker"}
    ghost = node("h9", "manager", state="down", reachability="")
    assert plan(swarm(roles, more=[ghost])).promote == ["node-h2", "node-h3"]


def test_notes_on_nodes_that_take_no_containers() -> None:
    reports = swarm(dict.fromkeys(("h1", "h2", "h3"), "manager"))
    for host in reports:
        reports[host]["nodes"][1]["availability"] = "drain"
    assert any("h2 is set to drain" in note for note in plan(reports).notes)


def obeyed(reports: dict[str, Json], changes: t.Any) -> dict[str, Json]:
    """The reports after the hosts did what the plan says."""
    managers = {host for host, found in reports.items() if found["manager"]}
    managers |= {host for host, role in changes.joins.items() if role == "manager"}
    managers |= {host for host in reports if f"node-{host}" in changes.promote} | {changes.seed}
    roles = {host: "manager" if host in managers else "worker" for host in sorted(reports)}
    gone = [*changes.remove, *changes.demote]
    nodes = [entry for found in reports.values() for entry in found["nodes"]]
    kept = {entry["id"]: entry for entry in nodes if entry["id"] not in gone}
    more = [entry for key, entry in kept.items() if key.removeprefix("node-") not in roles]
    return swarm(roles, more=more)


@given(
    count=st.integers(2, 8),
    members=st.integers(0, 8),
    managers=st.integers(1, 4),
    goal=st.sampled_from([1, 3, 5]),
)
def test_one_run_is_enough_and_keeps_what_there_is(
    count: int, members: int, managers: int, goal: int
) -> None:
    hosts = [f"h{number}" for number in range(1, count + 1)]
    inside = hosts[: min(members, count)]
    roles = {host: "manager" if at < managers else "worker" for at, host in enumerate(inside)}
    reports = {**fresh(*hosts), **(swarm(roles) if roles else {})}
    first = plan(reports, managers=goal)
    assert first.errors == []
    after = obeyed(reports, first)
    made = {host for host, found in after.items() if found["manager"]}
    assert {host for host, role in roles.items() if role == "manager"} <= made
    assert len(made) == max(
        largest_odd(min(goal, count)), len([r for r in roles.values() if r == "manager"])
    )
    assert plan(after, managers=goal).changes == []
