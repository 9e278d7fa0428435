# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service as its containers show it: what the planner reads of containers that exist is as it was asked for."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.found_service import (
    found_service,
    newest_of,
)

Json = dict[str, t.Any]
LINKS = ["db.shop:mysql", "cache.v2.other:redis"]


def member(create_index: int, **changes: t.Any) -> t.Any:
    endpoint = {"address": "10.42.131.7", "aliases": [], "links": LINKS, "mac": ""}
    base = {"image": f"app:{create_index}", "create_index": create_index}
    return {**base, "networks": {"drover": endpoint}, **changes}


def shown(facts: Json, *members: t.Any) -> Json:
    found = found_service("shop", "web", members or [member(1)], facts)
    assert (found["stack"], list(found["services"]), found["volumes"]) == ("shop", ["web"], {})
    return dict(found["services"]["web"])


@pytest.mark.parametrize(
    ("mode", "network"),
    [
        ("host", "host"),
        ("none", "none"),
        ("bridge", "bridge"),
        ("default", "bridge"),
        ("", "bridge"),
        ("drover", "managed"),
        ("drover-local", "managed"),
    ],
)
def test_the_mode_tells_the_network(mode: str, network: str) -> None:
    assert shown({"HostConfig": {"NetworkMode": mode}})["network"] == network


@pytest.mark.parametrize(("policy", "once"), [("no", True), ("unless-stopped", False), ("", False)])
def test_the_policy_tells_whether_it_runs_once(policy: str, once: bool) -> None:
    assert shown({"HostConfig": {"RestartPolicy": {"Name": policy}}})["start_once"] is once


@pytest.mark.parametrize(
    ("timeout", "container"),
    [(1, {"stop_grace_period_s": 1.0}), (0, {"stop_grace_period_s": 0.0}), (None, {})],
)
def test_it_gets_its_time_to_stop(timeout: int | None, container: Json) -> None:
    assert shown({"Config": {"StopTimeout": timeout}})["container"] == container


def test_the_newest_counts() -> None:
    members = [member(2), member(3), member(1)]
    assert newest_of(members)["create_index"] == 3
    service = shown({}, *members)
    assert (service["image"], service["scale"]) == ("app:3", 3)


def test_links_are_those_of_its_connections() -> None:
    assert shown({})["links"] == [
        {"stack": "other", "service": "cache.v2", "alias": "redis"},
        {"stack": "shop", "service": "db", "alias": "mysql"},
    ]
