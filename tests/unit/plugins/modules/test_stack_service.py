# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module stack_service keeps the rules of every run: lock, lease, audit, and the inventory's folder and network."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._audit.query import read_audit
from ansible_collections.drover.docker.plugins.module_utils._engine.networks import bridge_body
from ansible_collections.drover.docker.plugins.module_utils._host import own_run
from ansible_collections.drover.docker.plugins.module_utils._lock.host_lock import host_lock
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import (
    Claim,
    Lease,
    standing,
)
from ansible_collections.drover.docker.plugins.modules import stack_service_info
from ansible_collections.drover.docker.tests.unit.shared.service_box import Box, box_in
from ansible_collections.drover.docker.tests.unit.simulation.fabric import NEVER, Swarm

Json = dict[str, t.Any]
WEB = {"stack": "shop", "name": "web", "definition": {"image": "app:1"}}
OTHER = Claim("t", "ann@c1", "up blog", unattended=False, ticket=0.0, duration_s=30.0)


@pytest.fixture
def box(
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Box:
    return box_in(tmp_path / "drover", capsys, monkeypatch)


def test_members_run_and_nothing_is_left_to_do(box: Box) -> None:
    made = box.run(**WEB, scale=2)
    assert [item["name"] for item in made["members"]] == ["shop-web-1", "shop-web-2"]
    assert {item["status"] for item in made["results"]} == {"done"}
    again = box.run(**WEB, scale=2)
    assert (again["changed"], again["operations"], again["results"]) == (False, [], [])


def test_each_operation_is_in_the_audit(box: Box) -> None:
    made = box.run(**WEB)
    lines = read_audit(box.state, wanted={})
    assert [line["action"] for line in lines] == ["network", "create", "start"]
    assert {line["who"] for line in lines} == {"drover.docker.stack_service"}
    assert {line["command"] for line in lines} == {"service shop/web"}
    assert len(made["operations"]) == 3


def test_a_dry_run_leaves_no_line_and_no_lease(box: Box) -> None:
    told = box.run(**WEB, _ansible_check_mode=True)
    assert (told["changed"], told["results"], len(told["operations"])) == (True, [], 3)
    assert (read_audit(box.state, wanted={}), standing(box.state)) == ([], None)


def test_the_lease_is_given_back(box: Box) -> None:
    box.run(**WEB)
    lease = standing(box.state)
    assert lease
    assert (lease["finished"], lease["reason"]) == (True, "service shop/web")


def test_another_runs_lease_is_respected(box: Box) -> None:
    with host_lock(box.state, owner="x"):
        lease = Lease(box.state, OTHER)
        lease.take()
        lease.resume()
    told = box.run(**WEB)
    assert told["failed"]
    assert told["msg"] == "ann@c1 acts (up blog), for longer than 0 s: try again later"
    assert box.engine.containers() == []


def test_after_the_wait_it_plans_anew(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other run may have changed everything; here it made the network."""
    with host_lock(box.state, owner="x"):
        lease = Lease(box.state, OTHER)
        lease.take()
        lease.resume()

    def meanwhile(_seconds: float) -> None:
        box.engine.create_network("drover-local", bridge_body("10.43.0.0/16"))
        lease.finish()
        pathlib.Path(box.state, "lease").unlink()

    changed = {"wait_s": 60.0, "pause": meanwhile}
    defaults = {**(own_run.OwnRun.__init__.__kwdefaults__ or {}), **changed}
    monkeypatch.setattr(own_run.OwnRun.__init__, "__kwdefaults__", defaults)
    told = box.run(**WEB)
    assert [line.split()[1] for line in told["operations"]] == ["create", "start"]
    assert {item["status"] for item in told["results"]} == {"done"}


def test_the_bridge_has_the_given_subnet(box: Box) -> None:
    box.run(**WEB, bridge_subnet="10.9.0.0/16")
    (made,) = [item for item in box.engine.networks() if item["Name"] == "drover-local"]
    assert made["IPAM"]["Config"][0]["Subnet"] == "10.9.0.0/16"


@pytest.mark.parametrize("option", ["bridge_subnet", "network_subnet"])
def test_a_bad_subnet_is_told_before_anything_is_done(box: Box, option: str) -> None:
    told = box.run(**WEB, **{option: "fd00::/64"})
    assert told["msg"].startswith(f"{option}: fd00::/64: IPv6 is not supported")
    assert box.networks() == []


def test_the_state_directory_is_the_given_one(box: Box) -> None:
    box.run(**WEB)
    assert pathlib.Path(box.state, "audit", "audit.jsonl").exists()


def test_the_overlay_may_have_another_name(box: Box) -> None:
    box.engine.create_network("ours", bridge_body("10.42.0.0/16"))
    box.engine.swarm = Swarm()
    made = box.run(**WEB, network_name="ours")
    assert box.networks() == ["ours"]
    assert made["members"][0]["address"].startswith("10.42.")
    (found,) = box.run(stack_service_info, network_name="ours")["services"]
    assert found["members"][0]["address"] == made["members"][0]["address"]


# --- without a definition ---

BARE = {"stack": "shop", "name": "web"}
EVERYTHING = {
    "image": "app:1",
    "environment": {"A": "b"},
    "external_links": ["db.shop:mysql"],
    "ports": ["80"],
    "volumes": ["data:/data"],
}


def states(box: Box) -> dict[str, str]:
    return {item["Names"][0].lstrip("/"): item["State"] for item in box.engine.containers()}


@pytest.mark.parametrize(
    "keys",
    [
        EVERYTHING,
        {"image": "app:1", "network_mode": "host"},
        {"image": "app:1", "network_mode": "none"},
    ],
)
def test_what_runs_stays_as_it_is(box: Box, keys: Json) -> None:
    box.run(**BARE, definition=keys, scale=2)
    told = box.run(**BARE)
    assert (told["changed"], told["operations"], told["outdated"]) == (False, [], [])
    assert [item["state"] for item in told["members"]] == ["running", "running"]


def test_members_are_stopped_started_and_removed(box: Box) -> None:
    box.run(**BARE, definition=EVERYTHING, scale=3)
    made = {item["Id"] for item in box.engine.containers()}
    assert box.run(**BARE, state="stopped")["changed"]
    assert set(states(box).values()) == {"exited"}
    assert not box.run(**BARE, state="stopped")["changed"]
    assert box.run(**BARE, scale=2)["changed"]
    assert states(box) == {"shop-web-1": "running", "shop-web-2": "running"}
    assert {item["Id"] for item in box.engine.containers()} < made
    assert box.run(**BARE, state="absent")["changed"]
    assert states(box) == {}
    assert not box.run(**BARE, state="absent")["changed"]


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_nothing_is_there_to_stop(box: Box, state: str) -> None:
    told = box.run(**BARE, state=state)
    assert (told["changed"], told.get("failed", False)) == (False, False)
    assert not box.run(**BARE, scale=0)["changed"]


def test_containers_are_made_of_a_definition_only(box: Box) -> None:
    assert box.run(**BARE)["msg"] == "shop/web has no container here: give its definition"
    box.run(**WEB)
    told = box.run(**BARE, scale=3)
    assert told["msg"] == "shop-web-2, shop-web-3 would have to be made: give its definition"
    assert list(states(box)) == ["shop-web-1"]
    would = box.run(**BARE, scale=3, _ansible_check_mode=True)
    assert would["failed"]


def test_a_member_that_runs_once_is_not_run_again(box: Box) -> None:
    once = {"image": "app:1", "labels": {"io.rancher.container.start_once": "true"}}
    box.run(**BARE, definition=once)
    (found,) = box.engine.containers()
    box.engine.stop(found["Id"], 0)
    assert not box.run(**BARE)["changed"]


def test_what_never_ran_is_started_and_not_replaced(box: Box) -> None:
    """Of another definition than the given one it would be replaced; without one it is taken as it is."""
    box.run(**BARE, definition=EVERYTHING)
    (made,) = box.engine.containers()
    found = box.engine.find(made["Id"])
    found.status, found.started_at = "created", NEVER
    told = box.run(**BARE)
    assert [line.split()[1] for line in told["operations"]] == ["start"]
    assert [item["Id"] for item in box.engine.containers()] == [made["Id"]]
