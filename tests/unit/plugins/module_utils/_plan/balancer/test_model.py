# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From rules to the model of a load balancer: who is behind each, and in which order rules are tried."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.model import build_model
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.routes import (
    Directory,
    matches,
    routes_of,
)
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER, rule
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK


def directory(services: dict[str, dict[str, t.Any]], **given: t.Any) -> Directory:
    """Services of a stack shop that runs on two hosts, and of a stack other."""
    bench = Bench("h1", "h2")
    bodies = {
        "shop": bench.settled(stack(services)),
        "other": bench.settled(stack({"web": service()}, name="other")),
    }
    return Directory(bodies, **given)


WEB = {"web": service(scale=2), "api": service()}


def model(rules: list[dict[str, t.Any]], *, host: str = "h1", **changes: t.Any) -> dict[str, t.Any]:
    services = changes.pop("services", WEB)
    draining = changes.pop("draining", ())
    balancer = {**BALANCER, "rules": rules, **changes}
    routes = routes_of(directory(services, draining=draining), balancer)
    return build_model(routes, balancer, host=host, fingerprints={"a": "f1", "b": "f2"})


def backends(found: dict[str, t.Any]) -> dict[str, list[str]]:
    return {
        item["name"]: [server["name"] for server in item["servers"]] for item in found["backends"]
    }


def order(found: dict[str, t.Any]) -> list[tuple[str, str]]:
    return [(item["hostname"], item["path"]) for item in found["frontends"][0]["rules"]]


def test_all_members_of_a_service_are_behind_a_rule_without_condition() -> None:
    found = model([rule()])
    assert backends(found) == {"80_": ["shop.web.1", "shop.web.2"]}
    assert found["frontends"][0]["default_backend"] == "80_"
    assert found["frontends"][0]["rules"] == []
    assert {server["port"] for server in found["backends"][0]["servers"]} == {8080}


# Priority first, then Rancher's classes, then the longest path, then the order of the file.
RANKED: list[dict[str, t.Any]] = [
    {"hostname": "*.x.org", "path": "/z", "priority": 1},
    {"hostname": "a.x.org", "path": "/", "priority": 2},
    {"hostname": "a.x.org", "path": "/api/v2"},
    {"hostname": "a.x.org", "path": "/api"},
    {"hostname": "a.x.org"},
    {"hostname": "*.x.org", "path": "/api"},
    {"hostname": "x.*", "path": "/ap"},
    {"hostname": "*.x.org"},
    {"path": "/81/service3.html"},
    {"path": "/81"},
]


@pytest.mark.parametrize("shift", range(len(RANKED)))
def test_rules_are_tried_in_rancher_s_order_however_they_are_written(shift: int) -> None:
    """Behaviours 67, 69 (multiple_port_2), 70 (wildcard_order) and 71 (priority_override_1)."""
    mixed = RANKED[shift:] + RANKED[:shift]
    found = model([rule(**item) for item in mixed])
    wanted = [(item.get("hostname", ""), item.get("path", "")) for item in RANKED]
    assert order(found) == wanted


def test_of_equals_the_first_one_written_is_first() -> None:
    found = model([rule(path="/b1"), rule(path="/a1"), rule(path="/c1")])
    assert order(found) == [("", "/b1"), ("", "/a1"), ("", "/c1")]


def test_rules_for_the_same_requests_are_one_pool() -> None:
    """Behaviour 66 (host_routing_1, cross_stack): servers together, the first rule says how they are checked."""
    same = {"hostname": "A.x.org", "path": "/p"}
    found = model(
        [
            rule(**same),
            rule("shop/api", **{**same, "hostname": "a.X.org"}),
            rule("other/web", **same),
        ]
    )
    assert list(backends(found).values()) == [
        ["shop.web.1", "shop.web.2", "shop.api.1", "other.web.1"]
    ]


def test_a_server_is_once_in_a_pool() -> None:
    assert backends(model([rule(), rule()])) == {"80_": ["shop.web.1", "shop.web.2"]}


def test_ports_are_separate() -> None:
    """Behaviour 69 (multiple_port_1)."""
    found = model([rule(), rule("shop/api", source_port=81)])
    assert backends(found) == {"80_": ["shop.web.1", "shop.web.2"], "81_": ["shop.api.1"]}
    assert [item["port"] for item in found["frontends"]] == [80, 81]


@pytest.mark.parametrize("protocol", ["tcp", "tls"])
def test_host_and_path_mean_nothing_without_http(protocol: str) -> None:
    """Behaviour 69 (tcp_only): all are pooled."""
    rules = [
        rule(protocol=protocol, hostname="a.org", path="/x"),
        rule("shop/api", protocol=protocol),
    ]
    assert list(backends(model(rules)).values()) == [["shop.web.1", "shop.web.2", "shop.api.1"]]


def test_sni_knows_hosts_and_no_paths() -> None:
    assert order(model([rule(protocol="sni", hostname="*.x.org", path="/x")])) == [("*.x.org", "")]


def test_a_backend_has_rancher_s_name_or_its_own() -> None:
    found = model([rule(hostname="a.x.org", path="/api/v1"), rule(path="/z", backend_name="mine")])
    assert [item["name"] for item in found["backends"]] == ["80_a_x_org_api_v1", "mine"]


def test_a_stopped_service_has_no_servers() -> None:
    bench = Bench("h1")
    body = bench.settled(stack({"web": service()}))
    body["revisions"][-1]["services"]["web"]["state"] = "stopped"
    assert Directory({"shop": body}).servers("shop/web") == []


def test_an_unknown_target_brings_no_backend() -> None:
    assert model([rule("shop/gone")])["backends"] == []


EXTERNAL = {"kind": "external", "scale": 0}


def test_external_services_are_servers_by_address_or_name() -> None:
    """Behaviour 73 (external_service)."""
    services = {
        "ips": service(
            **EXTERNAL, external={"addresses": ["192.0.2.1", "192.0.2.2"], "hostname": ""}
        ),
        "name": service(**EXTERNAL, external={"addresses": [], "hostname": "example.org"}),
    }
    found = model([rule("shop/ips"), rule("shop/name", path="/n")], services=services)
    assert [item["address"] for item in found["backends"][0]["servers"]] == [
        "192.0.2.1",
        "192.0.2.2",
    ]
    assert found["backends"][1]["servers"][0]["resolve"] is True


def test_an_alias_stands_for_others() -> None:
    services = {
        **WEB,
        "both": service(kind="alias", scale=0, alias_of=["shop/web", "shop/api"]),
        "circle": service(kind="alias", scale=0, alias_of=["shop/circle", "shop/api"]),
    }
    assert list(backends(model([rule("shop/both")], services=services)).values()) == [
        ["shop.web.1", "shop.web.2", "shop.api.1"]
    ]
    assert list(backends(model([rule("shop/circle")], services=services)).values()) == [
        ["shop.api.1"]
    ]


# --- selectors ---

SELECTOR = [{"key": "role", "values": ["front"], "operator": "="}]
LABELLED = {
    "one": service(container={"labels": {"role": "front"}}),
    "two": service(
        container={"labels": {"role": "front"}},
        target_rules=[
            {"target_port": 9090, "hostname": "two.org", "path": "/t", "backend_name": "two"}
        ],
    ),
    "three": service(container={"labels": {"role": "back"}}),
}


def test_a_selector_picks_services_and_takes_their_rules() -> None:
    """Behaviour 72 (selector_link_target_portrules)."""
    picked = rule("", service=None, selector=SELECTOR, hostname="all.org", priority=7)
    found = model([picked], services=LABELLED)
    assert order(found) == [("two.org", "/t"), ("all.org", "")]
    assert backends(found) == {"80_all_org_": ["shop.one.1"], "two": ["shop.two.1"]}
    assert found["backends"][1]["servers"][0]["port"] == 9090


def test_a_selected_service_without_a_port_is_left_out() -> None:
    picked = rule("", service=None, selector=SELECTOR, target_port=0)
    assert list(backends(model([picked], services=LABELLED))) == ["two"]


def test_rules_by_selector_lose_their_priority() -> None:
    picked = rule("", service=None, selector=SELECTOR, path="/s", priority=1)
    found = model([picked, rule("shop/three", hostname="a.org")], services=LABELLED)
    assert order(found)[0] == ("two.org", "/t")
    assert order(found)[-1] == ("", "/s")


@pytest.mark.parametrize(
    ("operator", "values", "value", "fits"),
    [
        ("=", ["a"], "A", True),
        ("=", ["a"], None, False),
        ("!=", ["a"], "b", True),
        ("!=", ["a"], None, True),
        ("in", ["a", "b"], "b", True),
        ("notin", ["a", "b"], "b", False),
        ("exists", [], "", True),
        ("exists", [], None, False),
        ("absent", [], None, True),
    ],
)
def test_operators_of_a_selector(
    operator: str, values: list[str], value: str | None, fits: bool
) -> None:
    labels = {} if value is None else {"k": value}
    assert matches(labels, {"key": "k", "values": values, "operator": operator}) is fits


# --- what else changes servers ---


def hosts_of(found: dict[str, t.Any], key: str) -> dict[str, bool]:
    return {item["name"]: item[key] for item in found["backends"][0]["servers"]}


def test_members_of_the_own_host_first_or_only() -> None:
    everywhere = {host: model([rule()], target="prefer-local", host=host) for host in ("h1", "h2")}
    backup = {host: hosts_of(found, "backup") for host, found in everywhere.items()}
    for member in ("shop.web.1", "shop.web.2"):
        assert backup["h1"][member] != backup["h2"][member]
    only = [
        list(hosts_of(model([rule()], target="only-local", host=h), "backup")) for h in ("h1", "h2")
    ]
    assert sorted(itertools.chain(*only)) == ["shop.web.1", "shop.web.2"]


def test_a_draining_member_is_marked_also_when_it_is_retired() -> None:
    assert hosts_of(model([rule()], draining=[MemberId("shop", "web", 2)]), "drain") == {
        "shop.web.1": False,
        "shop.web.2": True,
    }
    bench = Bench("h1")
    body = bench.settled(stack({"web": service(scale=2)}))
    body["members"]["web/2"]["retired"] = True
    assert [item.name for item in Directory({"shop": body}).servers("shop/web")] == ["shop.web.1"]
    draining = Directory({"shop": body}, [MemberId("shop", "web", 2)])
    assert [(item.name, item.drain) for item in draining.servers("shop/web")] == [
        ("shop.web.1", False),
        ("shop.web.2", True),
    ]


def test_certificates_are_named_with_their_fingerprints() -> None:
    found = model([rule(protocol="https")], certificates=["b"], default_certificate="a")
    assert found["certificates"] == {"a": "f1", "b": "f2"}


def test_stickiness_is_for_http() -> None:
    sticky = {"name": "", "cookie": "lb", "mode": "insert"}
    found = model([rule(), rule(source_port=81, protocol="tcp")], stickiness=sticky)
    assert [item["stickiness"] for item in found["backends"]] == [sticky, None]


def test_a_port_may_take_the_proxy_protocol() -> None:
    found = model([rule(), rule(source_port=81)], proxy_protocol_ports=[81])
    assert [item["proxy_protocol"] for item in found["frontends"]] == [False, True]


def test_a_port_without_any_target_is_there_all_the_same() -> None:
    """It answers 503, as one whose members are all gone does."""
    found = model([rule("shop/gone", source_port=81), rule("shop/gone", source_port=80)])
    assert [(item["port"], item["default_backend"]) for item in found["frontends"]] == [
        (80, ""),
        (81, ""),
    ]


def test_a_member_with_two_ports_in_a_pool_is_two_servers() -> None:
    services = {**LABELLED, "lb": service()}
    services["two"] = {
        **services["two"],
        "target_rules": [
            {"target_port": port, "hostname": "", "path": "", "backend_name": ""}
            for port in (9090, 9091)
        ],
    }
    picked = rule("", service=None, selector=SELECTOR)
    names = backends(model([picked], services=services))["80_"]
    assert names == ["shop.one.1", "shop.two.1", "shop.two.1.9091"]


def test_backends_that_rancher_would_name_alike_are_told_apart() -> None:
    found = model([rule(hostname="a.org"), rule("shop/api", hostname="*.a.org")])
    assert backends(found) == {
        "80_a_org_": ["shop.web.1", "shop.web.2"],
        "80_a_org__60f540fc": ["shop.api.1"],
    }
    assert [item["backend"] for item in found["frontends"][0]["rules"]] == [
        "80_a_org_",
        "80_a_org__60f540fc",
    ]


def test_generated_names_never_collide() -> None:
    rules = [
        rule(hostname="magic.example"),
        rule(hostname="*.magic.example"),
        rule(path="/api-v1"),
        rule(path="/api/v1"),
        rule(hostname="shop-eu.x"),
        rule(hostname="shop.eu.x"),
        rule(path="/mine", backend_name="80__api_v1"),
        rule(path="/" + "x" * 900),
        rule(path="/" + "x" * 901),
    ]
    names = list(backends(model(rules)))
    assert len(set(names)) == len(rules)
    assert all(len(name) <= 128 for name in names)
    # A given name is kept, and no name depends on where other rules stand.
    assert "80__api_v1" in names
    fewer = list(backends(model([rules[0], *rules[2:]])))
    assert set(fewer) <= set(names)


def test_a_check_of_another_port_is_told() -> None:
    web = service(health_check=CHECK)
    other = model([rule(target_port=8088)], services={"web": web})
    assert other["backends"][0]["check"]["other_port"] is True
    same = model([rule(target_port=80)], services={"web": web})
    assert same["backends"][0]["check"]["other_port"] is False
