# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role network refuses: each names the host and what to do, and nothing is planned beside it."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.addresses import parse_subnet
from ansible_collections.drover.docker.tests.unit.shared.swarm_reports import (
    OVERLAY,
    Json,
    leaderless,
    plan,
    report,
    swarm,
)


def fresh(**changes: Json) -> dict[str, Json]:
    hosts = {host: report(host) for host in ("h1", "h2", "h3")}
    return {host: {**found, **changes.get(host, {})} for host, found in hosts.items()}


def bridge(name: str, subnet: str) -> Json:
    return {**OVERLAY, "name": name, "driver": "bridge", "scope": "local", "subnets": [subnet]}


REFUSED = {
    "live-restore": (fresh(h2={"live_restore": True}), "h2: live-restore is enabled"),
    "no address": (fresh(h3={"advertise_addr": ""}), "h3: has no default route"),
    "one engine twice": (fresh(h3={"engine_id": "engine-h1"}), "h3: is the same engine as h1"),
    "route": (
        fresh(h3={"routes": [{"subnet": "10.0.0.0/8", "interface": "tun0"}]}),
        "h3: 10.42.0.0/16 overlaps with route 10.0.0.0/8 on tun0",
    ),
    "network": (
        fresh(h2={"networks": [bridge("shop", "10.42.8.0/24")]}),
        "h2: 10.42.0.0/16 overlaps with network shop (10.42.8.0/24)",
    ),
    "pool": (
        fresh(h2={"networks": [bridge("shop", "10.44.8.0/24")]}),
        "Choose another drover_network_default_addr_pool",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_unfit_hosts(case: str) -> None:
    reports, text = REFUSED[case]
    found = plan(reports)
    assert any(text in error for error in found.errors), found.errors


def test_a_refusal_of_a_host_comes_before_any_plan() -> None:
    assert plan(fresh(h2={"live_restore": True})).changes == []


def test_a_swarm_is_not_started_while_most_hosts_are_away() -> None:
    found = plan({"h1": report("h1")}, hosts=["h1", "h2"])
    assert "h1: in no Swarm, but h2 may be in one" in found.errors[0]


def test_the_lost_quorum_is_told_with_its_managers() -> None:
    reports = swarm(dict.fromkeys(("h1", "h2", "h3"), "manager"))
    found = plan({"h3": leaderless(reports["h3"])}, hosts=["h1", "h2", "h3"])
    (error,) = found.errors
    assert (
        "172.16.0.1 (does not answer); 172.16.0.2 (does not answer); h3 172.16.0.3 (answers)"
        in error
    )
    assert (found.seed, found.changes) == ("", [])


def test_workers_alone_have_no_quorum() -> None:
    worker = swarm({"h1": "manager", "h2": "worker"})["h2"]
    found = plan({"h2": worker}, hosts=["h1", "h2"])
    assert "no manager quorum" in found.errors[0]


def test_a_swarm_with_services_of_its_own() -> None:
    reports = {**fresh(), **swarm({"h1": "manager"})}
    reports["h1"].update(networks=[], services=2)
    assert "h1: is in a Swarm that runs 2 services" in plan(reports).errors[0]


def test_two_swarms() -> None:
    stray = swarm({"h3": "manager"})["h3"]
    found = plan({**swarm({"h1": "manager", "h2": "manager"}), "h3": stray})
    assert "h3: is in another Swarm than h1" in found.errors[0]
    assert '"drover_network_rejoin": ["h3"]' in found.errors[0]


def test_a_worker_of_another_swarm() -> None:
    stray = swarm({"h9": "manager", "h3": "worker"})["h3"]
    found = plan({**swarm({"h1": "manager", "h2": "manager"}), "h3": stray})
    assert "h3: is in another Swarm than h1" in found.errors[0]


@pytest.mark.parametrize(
    "state", ["pending", "locked", "error"]
)  # with a node id, or locked: it was in one
def test_a_host_that_is_not_ready_holds_up_only_itself(state: str) -> None:
    reports = {**swarm({"h1": "manager", "h2": "manager"}), "h3": report("h3", state=state)}
    reports["h3"]["node_id"] = "" if state == "locked" else "node-h3"
    found = plan(reports)
    assert found.errors == []
    assert list(found.faults) == ["h3"]
    assert found.faults["h3"].startswith("h3: ")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ({"subnets": ["10.99.0.0/16"]}, "subnet is 10.99.0.0/16, not 10.42.0.0/16"),
        ({"ip_ranges": []}, "ip_range is unset, not 10.42.0.0/17"),
        ({"driver": "bridge"}, "driver is bridge, not overlay"),
        ({"encrypted": True}, "encrypted is true, not false"),
        ({"attachable": False}, "attachable is false, not true"),
        ({"ours": False}, "label io.drover.network is false, not true"),
    ],
)
def test_a_network_that_is_otherwise(found: Json, text: str) -> None:
    reports = swarm({"h1": "manager", "h2": "worker"})
    reports["h1"]["networks"] = [{**OVERLAY, **found}]
    errors = plan(reports).errors
    assert any(text in error for error in errors), errors


def test_forcing_needs_a_host_that_answers_and_knows() -> None:
    worker = swarm({"h1": "manager", "h2": "worker"})["h2"]
    gone = plan({"h2": worker}, hosts=["h1", "h2"], force_new_cluster="h1")
    assert "no such host answered" in gone.errors[0]
    blind = plan({"h2": worker}, hosts=["h1", "h2"], force_new_cluster="h2")
    assert "it was a worker" in blind.errors[0]


def test_forcing_is_ignored_while_there_is_a_quorum() -> None:
    found = plan(swarm({"h1": "manager", "h2": "worker"}), force_new_cluster="h2")
    assert (found.errors, found.changes) == ([], [])
    assert any("is ignored" in note for note in found.notes)


@pytest.mark.parametrize("text", ["10.42.0.1/16", "10.42.0.0/29", "fd00::/64", "ten", ""])
def test_unusable_subnets(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_subnet(text)
