# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules from stack files to answers: hosts, paths, wildcards, priorities, selectors, external services, edits.

Which member has answered is told by a header that a custom config adds, so that any path will do.
"""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.balancers import Balancer, balancers, get
from ...shared.hosts import Host, everywhere, lives
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
Rule = dict[str, t.Any]

HOSTS, PATHS, WILD, FIRST, TCP, PICKED, OUTSIDE, NAMED_OUTSIDE = range(18083, 18091)
CONFIG = """\
defaults
  balance first
backend
  http-response set-header X-Served-By %s
backend picked_by_name
  http-response set-header X-Only here
"""


def rule(port: int, service: str, **keys: t.Any) -> Rule:
    return {"source_port": port, "service": service, "target_port": 8080, **keys}


RULES: list[Rule] = [
    # behaviour 66: two services of two stacks with the same host and path are one pool
    rule(HOSTS, "a", hostname="one.example", path="/p"),
    rule(HOSTS, "kiosk/web", hostname="one.example", path="/p"),
    # behaviour 67: host only, path only; everything else is 503
    rule(HOSTS, "b", hostname="two.example", backend_name="picked_by_name"),
    rule(HOSTS, "c", path="/q"),
    # behaviours 67 and 69: host, paths and a default on one port; the longer path was defined later
    rule(PATHS, "a", path="/81"),
    rule(PATHS, "b", path="/81/service3.html"),
    rule(PATHS, "c", hostname="three.example"),
    rule(PATHS, "kiosk/web"),
    # behaviour 70: wildcards, in the wrong order
    rule(WILD, "a", hostname="*.domain.example"),
    rule(WILD, "b", hostname="*.domain.example", path="/x"),
    rule(WILD, "c", hostname="www.domain.example"),
    rule(WILD, "kiosk/web", hostname="domain.*"),
    # behaviour 71
    rule(FIRST, "b", hostname="www.first.example", priority=2),
    rule(FIRST, "a", hostname="*.first.example", priority=1),
    # behaviour 69: TCP knows no paths
    rule(TCP, "a", protocol="tcp"),
    rule(TCP, "b", protocol="tcp"),
    # behaviour 72
    {"source_port": PICKED, "selector": "tier in (front)", "target_port": 8080, "path": "/plain"},
    # behaviour 73
    rule(OUTSIDE, "addresses"),
    rule(NAMED_OUTSIDE, "by-name"),
]
TIER = {"labels": {"tier": "front"}}
HOSTNAMED = {"labels": {"io.rancher.container.hostname_override": "container_name"}}
OWN_RULE = {
    "lb_config": {
        "port_rules": [{"target_port": 8080, "hostname": "picked.example", "path": "/own"}]
    }
}


def services(hosts: Hosts, rules: list[Rule], **more: t.Any) -> dict[str, t.Any]:
    """All services; the external ones are the two members of another stack, by address and by name."""
    address = everywhere(hosts, "kiosk")["kiosk-web-1"].addresses
    outside = {"image": "rancher/external-service"}
    ports = [f"{port}:{port}" for port in range(HOSTS, NAMED_OUTSIDE + 1)]
    return {
        "a": HOSTNAMED,
        "b": {"labels": {**HOSTNAMED["labels"], **TIER["labels"]}, **OWN_RULE},
        "c": HOSTNAMED,
        "addresses": {**outside, "external_ips": [next(iter(address.values()))]},
        "by_name": {**outside, "rancher": {"hostname": "kiosk-web-2"}},
        "ways": {
            "image": "rancher/lb-service-haproxy",
            "ports": ports,
            "lb_config": {"port_rules": rules, "config": CONFIG},
        },
        **more,
    }


def define(stack: Stack, found: dict[str, t.Any]) -> Stack:
    """A host name of an external service can only stand in rancher-compose.yml."""
    own = {name: keys.pop("rancher") for name, keys in found.items() if "rancher" in keys}
    lines = [f"  {name.replace('_', '-')}: {keys}" for name, keys in own.items()]
    text = "\n".join(["version: '2'", "services:", *lines, ""])
    (stack.folder / "rancher-compose.yml").write_text(text)
    return stack.define(**found)


@pytest.fixture(scope="module")
def ways(hosts: Hosts, make_stack: MakeStack) -> t.Iterator[Stack]:
    stack = define(make_stack("annex"), services(hosts, RULES))
    with stack.lasting():
        yield stack


@pytest.fixture(scope="module")
def front(hosts: Hosts, ways: Stack) -> Balancer:
    (found,) = balancers(hosts, "annex", "ways")
    return found


def served(front: Balancer, port: int, target: str) -> str:
    """Who answers a request such as two.example/p; 503 where nobody does."""
    host, _slash, path = target.partition("/")
    reply = get(front.host.address, port, f"/{path}", host=host)
    return reply.headers.get("x-served-by", str(reply.status))


A, B, C, D = (f"annex.{name}.1" for name in "abcd")
KIOSK = "kiosk.web.1"
TABLE = [
    (HOSTS, "two.example/", B),
    (HOSTS, "TWO.example:80/p", B),
    (HOSTS, "four.example/q/r", C),
    (HOSTS, "one.example/", "503"),
    (HOSTS, "four.example/p", "503"),
    (HOSTS, "two.example.org/", "503"),
    (PATHS, "any.example/81/x", A),
    (PATHS, "any.example/81/service3.html", B),
    (PATHS, "three.example/", C),
    (PATHS, "three.example/81", C),
    (PATHS, "any.example/else", KIOSK),
    (WILD, "www.domain.example/x", C),
    (WILD, "x.y.domain.example/", A),
    (WILD, "other.domain.example/x", B),
    (WILD, "domain.org/", KIOSK),
    (WILD, "domain.example/x", KIOSK),
    (WILD, "xdomain.example/", "503"),
    (FIRST, "www.first.example/", A),
    (PICKED, "picked.example/own/x", B),
    (PICKED, "picked.example/plain", "503"),
    (OUTSIDE, "any.example/", "annex.addresses.1"),
    (NAMED_OUTSIDE, "any.example/", "annex.by-name.name"),
]


@pytest.mark.parametrize(("port", "target", "expected"), TABLE)
def test_who_answers(front: Balancer, port: int, target: str, expected: str) -> None:
    """Behaviours 66 _host_routing_2, 67 _only_path, _only_host, _3, 69 _multiple_port_2, 70 _wildcard_order,
    71 _priority_override_1, 72 test_lb_with_selector_link_target_portrules, 73 test_lbservice_external_service.
    """
    eventually(lambda: served(front, port, target) == expected, seconds=10)


def test_external_services_answer(front: Balancer) -> None:
    """Behaviour 73: they are what they should be."""
    assert get(front.host.address, OUTSIDE).member == "kiosk-web-1"
    assert get(front.host.address, NAMED_OUTSIDE).member == "kiosk-web-2"


def test_pool_of_two_stacks(front: Balancer) -> None:
    """Behaviour 66 _host_routing_1_cross_stack."""
    found = {item.name for item in front.servers() if item.backend == f"{HOSTS}_one_example_p"}
    assert found == {A, KIOSK, "kiosk.web.2"}


def test_tcp_pools_all_targets_of_its_port(front: Balancer) -> None:
    """Behaviour 69 _tcp_only."""
    found = {item.name for item in front.servers() if item.backend == f"{TCP}_"}
    assert found == {A, B}
    assert get(front.host.address, TCP, "/no/such/rule").status == 404


def test_custom_config_of_one_backend(front: Balancer) -> None:
    """Behaviour 63 test_lbservice_custom_haproxy_1..3: balance first, and lines for one backend only."""
    answers = {
        target: get(front.host.address, HOSTS, "/p", host=target)
        for target in ("one.example", "two.example")
    }
    assert "x-only" not in answers["one.example"].headers
    assert answers["two.example"].headers["x-only"] == "here"
    first = {served(front, HOSTS, "one.example/p") for _number in range(6)}
    assert len(first) == 1


def test_rules_edited_while_it_runs(hosts: Hosts, ways: Stack, front: Balancer) -> None:
    """Behaviours 68 _edit_host_routing_add_host, _remove_host, _edit_existing_host, _edit_add_multiple_port_rules and
    55, targets that come later: a service that the selector finds.
    """
    before = lives(everywhere(hosts, "annex"))
    edited = [item for item in RULES if item.get("path") != "/q"]
    edited[2] = {**edited[2], "hostname": "zwei.example"}
    edited += [rule(HOSTS, "c", hostname="five.example"), rule(PATHS, "c", path="/five")]
    late = {"labels": {**HOSTNAMED["labels"], **TIER["labels"]}}
    run = define(ways, services(hosts, edited, d=late)).up()
    assert "annex-ways-1" in " ".join(line for line in run.done if "  balancer  " in line)
    for port, target, expected in (
        (HOSTS, "zwei.example/", B),
        (HOSTS, "two.example/", "503"),
        (HOSTS, "four.example/q", "503"),
        (HOSTS, "five.example/", C),
        (PATHS, "any.example/five", C),
        (PICKED, "any.example/plain", D),
        (PICKED, "picked.example/own", B),
    ):
        eventually(
            lambda port=port, target=target, expected=expected: (  # type: ignore[misc]
                served(front, port, target) == expected
            ),
            seconds=10,
        )
    after = lives(everywhere(hosts, "annex"))
    assert before.items() <= after.items()
    assert set(after) - set(before) == {"annex-d-1"}
