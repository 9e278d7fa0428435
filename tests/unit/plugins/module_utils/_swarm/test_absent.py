# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the network goes: never from under a container, and never with a Swarm that is somebody else's."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._swarm.absent import decide_absent
from ansible_collections.drover.docker.plugins.module_utils._swarm.fleet import SwarmSettings
from ansible_collections.drover.docker.plugins.module_utils._swarm.plan import SwarmPlan
from ansible_collections.drover.docker.tests.unit.shared.swarm_reports import (
    NETWORK,
    OVERLAY,
    Json,
    address,
    leaderless,
    node,
    report,
    swarm,
)

ROLES = {"h1": "manager", "h2": "manager", "h3": "manager", "h4": "worker"}
INGRESS: Json = {**OVERLAY, "name": "ingress", "ours": False}


def plan(reports: dict[str, Json], *, hosts: t.Iterable[str] = ()) -> SwarmPlan:
    names = list(hosts) or list(reports)
    wanted = SwarmSettings(network=NETWORK)
    return decide_absent(reports, hosts={host: address(host) for host in names}, settings=wanted)


def made(**changes: t.Any) -> dict[str, Json]:
    """Reports of hosts in a Swarm that this role started; managers see the changes."""
    found = swarm(ROLES)
    for host in ("h1", "h2", "h3"):
        found[host].update(made=True, networks=[INGRESS, OVERLAY], **changes)
    return found


def test_the_network_and_the_swarm_that_was_made_for_it_go() -> None:
    found = plan(made())
    assert (found.errors, found.notes) == ([], [])
    assert (found.seed, found.remove_network, found.leave) == ("h1", True, list(ROLES))
    assert found.demote == ["node-h2", "node-h3"]
    assert found.changes == [
        "h1  remove network drover",
        *(f"{host}  leave the Swarm" for host in ROLES),
    ]


def test_run_again_it_changes_nothing() -> None:
    found = plan({host: report(host) for host in ROLES})
    assert found == SwarmPlan()


def test_a_run_that_was_cut_off_after_the_network_goes_on() -> None:
    found = plan(
        made() | {host: {**made()[host], "networks": [INGRESS]} for host in ("h1", "h2", "h3")}
    )
    assert (found.remove_network, found.leave) == (False, list(ROLES))


def test_containers_on_the_network_are_named_and_nothing_is_changed() -> None:
    reports = made()
    reports["h2"]["attached"] = ["shop-web-1", "shop-web-2"]
    reports["h4"]["attached"] = ["blog-db-1"]
    found = plan(reports)
    assert found.errors == [
        "h2: shop-web-1, shop-web-2 on the network drover. Take their stacks down first (drover.docker.down).",
        "h4: blog-db-1 on the network drover. Take their stacks down first (drover.docker.down).",
    ]
    assert (found.changes, found.leave, found.remove_network) == ([], [], False)


def test_a_host_that_is_not_reached_may_have_containers_on_it() -> None:
    reports = made()
    del reports["h3"]
    found = plan(reports, hosts=ROLES)
    assert [text[:16] for text in found.errors] == ["h3: not reached,"]
    assert found.changes == []


def test_without_a_quorum_nothing_can_be_removed() -> None:
    reports = {host: leaderless(seen) for host, seen in made().items() if host != "h4"}
    found = plan(reports)
    assert "no manager quorum" in found.errors[0]
    assert found.changes == []


def test_a_network_of_somebody_else_stays() -> None:
    reports = made()
    for host in ("h1", "h2", "h3"):
        reports[host]["networks"] = [INGRESS, {**OVERLAY, "ours": False}]
    found = plan(reports)
    assert found.errors == [
        "network drover was not made by this role. If it is to go: docker network rm drover."
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"made": False}, "it was not made by this role"),
        ({"services": 2}, "it runs 2 services"),
        (
            {"networks": [INGRESS, OVERLAY, {**OVERLAY, "name": "their"}]},
            "it has other networks (their)",
        ),
        ({"more": [node("h9")]}, "it has nodes that are no hosts of the group (h9)"),
    ],
)
def test_a_swarm_that_others_use_stays(changes: Json, reason: str) -> None:
    reports = made()
    more = changes.pop("more", [])
    for host in ("h1", "h2", "h3"):
        reports[host].update(changes)
        reports[host]["nodes"] = [*reports[host]["nodes"], *more]
    found = plan(reports)
    assert (found.errors, found.remove_network, found.leave, found.demote) == ([], True, [], [])
    assert found.notes == [f"The Swarm stays: {reason}."]


def test_a_network_of_one_host_only_stays_in_docker() -> None:
    """A bridge of that name is not in a Swarm."""
    bridge = {**OVERLAY, "scope": "local", "driver": "bridge"}
    assert plan({"h1": report("h1", networks=[bridge])}).changes == []
