# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module for one service on one host refuses, because nothing stands behind it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.names import reserved
from ansible_collections.drover.docker.plugins.module_utils._model.problems import StackError
from ansible_collections.drover.docker.plugins.module_utils._plan.standalone import (
    Aim,
    one_service,
    plan_service,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import Settings
from ansible_collections.drover.docker.tests.unit.shared.builders import observation


def one(**keys: t.Any) -> dict[str, t.Any]:
    return one_service("shop", "web", {"image": "a", **keys}, volumes={}, warnings=[])


def test_a_health_check_is_refused_with_a_hint() -> None:
    with pytest.raises(StackError) as caught:
        one(health_check={"port": 80})
    assert str(caught.value) == (
        'service "web": key "health_check": is not run by this release; nothing checks the containers of this '
        "module: bring the service up as a stack (drover.docker.up), or write healthcheck, the engine's own"
    )


@pytest.mark.parametrize("value", [None, {}, ""])
def test_an_empty_one_says_nothing(value: t.Any) -> None:
    assert one(health_check=value)["services"]["web"]["health_check"] is None


POLICY, HOOK = "how a change is applied: use that, or", "runs no hooks:"


@pytest.mark.parametrize(
    ("keys", "hint"),
    [
        ({"upgrade_strategy": {"batch_size": 2}}, POLICY),
        ({"deploy": {"update_config": {"parallelism": 2}}}, POLICY),
        ({"x-drover": {"pre_deploy": {"command": "migrate"}}}, HOOK),
    ],
)
def test_how_to_upgrade_is_refused(keys: dict[str, t.Any], hint: str) -> None:
    with pytest.raises(StackError) as caught:
        one(**keys)
    (problem,) = caught.value.problems
    assert [problem.key] == list(keys)
    assert f"{hint} bring the service up as a stack" in problem.message


def test_only_the_system_stacks_name_is_reserved() -> None:
    assert "system services" in reserved("drover")
    assert [reserved(name) for name in ("drover-1", "a-drover", "shop")] == ["", "", ""]


RULE = {"source_port": 80, "target_port": 80, "service": "app"}


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"lb_config": {"port_rules": [RULE]}}, "lb_config"),
        ({"image": "rancher/load-balancer-service", "ports": [80], "links": ["app"]}, "lb_config"),
        ({"image": "rancher/dns-service", "links": ["app"]}, "image"),
        ({"external_ips": ["10.0.0.1"], "image": ""}, "external_ips"),
    ],
)
def test_only_containers_are_run(keys: dict[str, t.Any], key: str) -> None:
    with pytest.raises(StackError) as caught:
        one(**keys)
    (problem,) = caught.value.problems
    assert (problem.service, problem.key) == ("web", key)
    assert "bring the service up as a stack" in problem.message


def test_what_load_balancers_of_stacks_want_to_know_is_accepted() -> None:
    service = one(drain_timeout_ms=5, lb_config={"port_rules": [{"target_port": 80}]})
    assert service["services"]["web"]["target_rules"][0]["target_port"] == 80


# --- which network ---

WORKER = {"state": "active", "node_id": "n", "manager": False, "error": ""}
NO_SWARM = {"state": "inactive", "node_id": "", "manager": False, "error": ""}


def planned(networks: tuple[str, ...], swarm: dict[str, t.Any], **records: t.Any) -> list[str]:
    """What is done on a host with these networks for one new member: the kinds, and the networks that are named."""
    seen = observation("h1", records=records)
    seen["networks"] = dict.fromkeys(networks, seen["networks"]["drover"])
    seen["engine"]["swarm"] = swarm
    settings = Settings(overlay_network="ours")
    aim = Aim("shop", "web", one(image="app:1"), "present", 1, settings)
    plan = plan_service(t.cast("t.Any", seen), aim).plan
    return [
        " ".join([item["kind"], item["args"].get("network") or item["args"].get("name", "")])
        for item in plan.operations
    ]


def test_an_overlay_worker_without_members_makes_no_bridge() -> None:
    """It does not list the overlay as long as no container of its own is on it."""
    assert planned((), WORKER) == ["create ours", "start "]


def test_a_host_of_several_is_on_the_overlay() -> None:
    record = {"host": "h1", "life": {}, "version": {}, "body": {"hosts": ["h1", "h2"]}}
    assert planned((), {**WORKER, "manager": True}, shop=record) == []
    assert planned((), NO_SWARM, shop=record) == []
    assert planned(("ours",), {**WORKER, "manager": True}) == ["create ours", "start "]


def test_a_single_host_has_a_bridge() -> None:
    bridge = ["network drover-local", "create drover-local", "start "]
    assert planned((), NO_SWARM) == bridge
    assert planned((), {**WORKER, "manager": True}) == bridge
