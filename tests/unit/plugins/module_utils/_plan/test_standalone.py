# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module for one service on one host refuses, because nothing stands behind it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.names import reserved
from ansible_collections.drover.docker.plugins.module_utils._model.problems import StackError
from ansible_collections.drover.docker.plugins.module_utils._plan.standalone import one_service


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
