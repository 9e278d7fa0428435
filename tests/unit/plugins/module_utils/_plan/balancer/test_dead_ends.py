# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that lead nowhere are told, with the reason."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import rule
from ansible_collections.drover.docker.tests.unit.shared.front_bench import FrontBench

SELECTOR = [{"key": "a", "values": ["b"], "operator": "="}]


def notes(bench: FrontBench) -> list[str]:
    return [str(item) for item in bench.plan().notes if item.service == "lb"]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([rule()], []),
        (
            [rule("blog/app", hostname="a.org", path="/x")],
            ["shop/lb: port 80 a.org/x leads nowhere: there is no service blog/app"],
        ),
        (
            [rule(), rule(None, selector=SELECTOR, path="/s")],  # type: ignore[arg-type]
            ["shop/lb: port 80 /s leads nowhere: no service has the labels of its selector"],
        ),
    ],
)
def test_a_rule_without_a_service(rules: list[dict[str, t.Any]], told: list[str]) -> None:
    bench = FrontBench("h1")
    bench.start(rules=rules)
    assert notes(bench) == told


def test_a_rule_without_members() -> None:
    bench = FrontBench("h1")
    bench.start()
    bench.command("scale", service="web", scale=0)
    assert notes(bench) == []  # they still finish their work
    bench["h1"]["containers"] = [
        item for item in bench["h1"]["containers"] if item["service"] != "web"
    ]
    assert notes(bench) == ["shop/lb: port 80 leads nowhere: shop/web has no members"]
    bench.command("stop", service="web")
    assert notes(bench) == ["shop/lb: port 80 leads nowhere: shop/web is stopped"]


def test_only_published_ports_listen_everywhere() -> None:
    """Attack M8: other ports of a load balancer were open on docker_gwbridge, too."""
    bench = FrontBench("h1", "h2")
    page = {"port": 9000, "user": "admin", "password": "x"}
    rules = [rule(), rule(source_port=81)]
    port = {"ip": "", "public": 8080, "private": 80, "protocol": "tcp"}
    bench.start(rules=rules, statistics=page, container={"ports": [port]})
    address = bench.model["address"]
    assert address.startswith("10.42.")
    listening = {item["port"]: item["published"] for item in bench.model["frontends"]}
    assert listening == {80: True, 81: False}
    assert bench.model["statistics"]["published"] is False
