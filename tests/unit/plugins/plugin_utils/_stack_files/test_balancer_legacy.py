# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers of Rancher's first format, turned into rules as Rancher turned them."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.balancer_files import RANCHER
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import COMPOSE, load, refused

NOT_RUN = "is not run by this release"
TARGET = "io.rancher.loadbalancer.target."
# source port, target port, service, protocol
Short = tuple[int, int, str, str]


def legacy(keys: str, rancher: str = "") -> dict[str, str]:
    """A stack of the first format with the services web and api, and a load balancer with these keys."""
    lines = "".join(f"  {line}\n" for line in keys.splitlines())
    image = "lb:\n  image: rancher/load-balancer-service\n"
    return {
        COMPOSE: f"web: {{image: a}}\napi: {{image: b}}\n{image}{lines}",
        RANCHER: f"lb: {{{rancher}}}\n",
    }


def read(folder: pathlib.Path, keys: str, rancher: str = "") -> tuple[dict[str, t.Any], list[str]]:
    """The canonical load balancer, and the warnings."""
    definition, warnings = load(folder, legacy(keys, rancher))
    return definition["services"]["lb"], warnings


def in_short(lb: dict[str, t.Any]) -> list[Short]:
    return [
        (rule["source_port"], rule["target_port"], rule["service"], rule["protocol"])
        for rule in lb["balancer"]["rules"]
    ]


# ports, links -> rules, published ports
PORTS: list[tuple[str, list[Short], list[int]]] = [
    ("ports: ['80:8080']\nlinks: [web]", [(80, 8080, "shop/web", "http")], [80]),
    ("ports: [80]\nlinks: ['web:alias']", [(80, 80, "shop/web", "http")], [80]),
    ("ports: ['82:81/tcp']\nlinks: {web: w}", [(82, 81, "shop/web", "tcp")], [82]),
    ("ports: '9999/tcp'\nlinks: [web]", [(9999, 9999, "shop/web", "tcp")], [9999]),
    ("expose: ['3306:3307/tcp']\nlinks: [web]", [(3306, 3307, "shop/web", "tcp")], []),
    ("expose: ['80:8080']\nlinks: [web]", [(80, 8080, "shop/web", "http")], []),
    ("ports: ['80:81']\nexternal_links: [other/db:x]", [(80, 81, "other/db", "http")], [80]),
    ("ports: ['80:81']\nexternal_links: [web]", [(80, 81, "shop/web", "http")], [80]),
]


@pytest.mark.parametrize(("keys", "expected", "published"), PORTS)
def test_ports_and_links_become_rules(
    tmp_path: pathlib.Path, keys: str, expected: list[Short], published: list[int]
) -> None:
    lb, warnings = read(tmp_path, keys)
    assert in_short(lb) == expected
    ports = lb["container"].get("ports", [])
    assert [(port["public"], port["private"]) for port in ports] == [(n, n) for n in published]
    assert (lb["links"], warnings) == ([], [])


def test_each_linked_service_is_on_every_port(tmp_path: pathlib.Path) -> None:
    keys = (
        "ports: ['80:8080', '82:81/tcp']\nexpose: ['99']\nlinks: [web, api]\n"
        "external_links: [other/db]"
    )
    lb, _warnings = read(tmp_path, keys)
    assert in_short(lb) == [
        (80, 8080, "shop/web", "http"),
        (80, 8080, "shop/api", "http"),
        (80, 8080, "other/db", "http"),
        (82, 81, "shop/web", "tcp"),
        (82, 81, "shop/api", "tcp"),
        (82, 81, "other/db", "tcp"),
        (99, 99, "shop/web", "http"),
        (99, 99, "shop/api", "http"),
        (99, 99, "other/db", "http"),
    ]
    assert [port["public"] for port in lb["container"]["ports"]] == [80, 82]


# a label's text -> hostname, source port, path, target port of the rules for ports 80:8080 and 81:8081
LABELS: list[tuple[str, list[tuple[str, int, str, int]]]] = [
    ("", [("", 80, "", 8080), ("", 81, "", 8081)]),
    ("9000", [("", 80, "", 9000), ("", 81, "", 9000)]),
    ("80=9000", [("", 80, "", 9000), ("", 81, "", 8081)]),
    ("81=9000", [("", 80, "", 8080), ("", 81, "", 9000)]),
    ("a.b", [("a.b", 80, "", 8080), ("a.b", 81, "", 8081)]),
    ("a.b=9000", [("a.b", 80, "", 9000), ("a.b", 81, "", 9000)]),
    ("a.b:80", [("a.b", 80, "", 8080), ("", 81, "", 8081)]),
    ("a.b:80=9000", [("a.b", 80, "", 9000), ("", 81, "", 8081)]),
    ("a.b:80/c=9000", [("a.b", 80, "/c", 9000), ("", 81, "", 8081)]),
    ("a.b/c/d", [("a.b", 80, "/c/d", 8080), ("a.b", 81, "/c/d", 8081)]),
    ("a.b/c.html=9000", [("a.b", 80, "/c.html", 9000), ("a.b", 81, "/c.html", 9000)]),
    ("80/c", [("", 80, "/c", 8080), ("", 81, "", 8081)]),
    ("80/c=9000", [("", 80, "/c", 9000), ("", 81, "", 8081)]),
    (":80/c", [("", 80, "/c", 8080), ("", 81, "", 8081)]),
    ("/c", [("", 80, "/c", 8080), ("", 81, "/c", 8081)]),
    ("/c=9000", [("", 80, "/c", 9000), ("", 81, "/c", 9000)]),
    ("*.b.c", [("*.b.c", 80, "", 8080), ("*.b.c", 81, "", 8081)]),
    ("3com.b:80", [("3com.b", 80, "", 8080), ("", 81, "", 8081)]),
    (
        "a.b:80/c=9000, d.e:80,",
        [("a.b", 80, "/c", 9000), ("d.e", 80, "", 8080), ("", 81, "", 8081)],
    ),
    ("a.b:80,c.d:81=9", [("a.b", 80, "", 8080), ("c.d", 81, "", 9)]),
]


@pytest.mark.parametrize(("text", "expected"), LABELS)
def test_a_target_label_replaces_the_rules_of_its_service(
    tmp_path: pathlib.Path, text: str, expected: list[tuple[str, int, str, int]]
) -> None:
    keys = f"ports: ['80:8080', '81:8081']\nlinks: [web]\nlabels: {{{TARGET}web: '{text}'}}"
    lb, warnings = read(tmp_path, keys)
    keys_of = ("hostname", "source_port", "path", "target_port")
    assert [tuple(rule[key] for key in keys_of) for rule in lb["balancer"]["rules"]] == expected
    assert warnings == []
    assert "labels" not in lb["container"]


def test_a_target_label_leaves_other_services_alone(tmp_path: pathlib.Path) -> None:
    labels = f"labels: {{{TARGET}web: a.b, {TARGET}other/db: /db=1, {TARGET}shop/api: '90'}}"
    keys = f"ports: [80]\nlinks: [web, api]\nexternal_links: [other/db]\n{labels}"
    lb, _warnings = read(tmp_path, keys)
    assert [
        (rule["service"], rule["hostname"], rule["path"], rule["target_port"])
        for rule in lb["balancer"]["rules"]
    ] == [("shop/web", "a.b", "", 80), ("shop/api", "", "", 90), ("other/db", "", "/db", 1)]


def test_two_services_kept_apart_by_labels_as_in_the_catalog(tmp_path: pathlib.Path) -> None:
    labels = f"labels: {{{TARGET}web: '443=443', {TARGET}api: '5000=5000'}}"
    keys = f"ports: ['5000:5000/tcp', '443:443/tcp']\nlinks: [api, web]\n{labels}"
    lb, _warnings = read(tmp_path, keys)
    assert len(in_short(lb)) == 4, "the others stay behind each port, as in Rancher"


def test_tls_and_proxy_protocol_by_label(tmp_path: pathlib.Path) -> None:
    ssl, proxy = "io.rancher.loadbalancer.ssl.ports", "io.rancher.loadbalancer.proxy-protocol.ports"
    keys = (
        "ports: ['80:80', '443:80', '444:80/tcp']\nlinks: [web]\nvolumes: ['/c:/certs']\n"
        f"labels: {{io.rancher.lb_service.cert_dir: /certs, {ssl}: '443, 444', {proxy}: '443,80'}}"
    )
    lb, warnings = read(tmp_path, keys)
    assert [(one, protocol) for one, _to, _service, protocol in in_short(lb)] == [
        (80, "http"),
        (443, "https"),
        (444, "https"),
    ]
    assert lb["balancer"]["proxy_protocol_ports"] == [80, 443]
    assert (lb["balancer"]["certificate_dir"], warnings) == ("/certs", [])


def test_targets_by_selector_beside_links(tmp_path: pathlib.Path) -> None:
    keys = (
        "ports: ['80:8080']\nexpose: [90]\nlinks: [web]\n"
        "labels: {io.rancher.service.selector.link: 'tier=front'}"
    )
    lb, warnings = read(tmp_path, keys)
    condition = [{"key": "tier", "values": ["front"], "operator": "="}]
    assert [
        (rule["source_port"], rule["target_port"], rule["service"], rule["selector"])
        for rule in lb["balancer"]["rules"]
    ] == [
        (80, 8080, "shop/web", None),
        (90, 90, "shop/web", None),
        (80, 8080, None, condition),
        (90, 90, None, condition),
    ]
    assert (warnings, "labels" in lb["container"]) == ([], False)


def test_the_old_haproxy_config_becomes_text(tmp_path: pathlib.Path) -> None:
    rancher = (
        'load_balancer_config: {name: x, haproxy_config: {global: "daemon\\nmaxconn 256\\n", '
        "defaults: balance first}}"
    )
    lb, warnings = read(tmp_path, "ports: [80]\nlinks: [web]", rancher)
    text = "global\n    maxconn 256\ndefaults\n    balance first"
    assert lb["balancer"]["config"] == text
    assert ['"daemon" has no effect in a container' in said for said in warnings] == [True]


# load_balancer_config as the catalogs have it
EMPTY = ["{}", "", "{haproxy_config: {}}", "{haproxy_config: }", "{haproxy_config: {global: }}"]


@pytest.mark.parametrize("block", EMPTY)
def test_an_empty_old_config_is_nothing(tmp_path: pathlib.Path, block: str) -> None:
    lb, warnings = read(
        tmp_path, "ports: [80]\nlinks: [web]", f"load_balancer_config: {block}, certs: []"
    )
    assert (lb["balancer"]["config"], lb["balancer"]["stickiness"], warnings) == ("", None, [])


def test_behaviour_64_the_old_stickiness(tmp_path: pathlib.Path) -> None:
    rancher = "load_balancer_config: {lb_cookie_stickiness_policy: {cookie: lbsticky}, haproxy_config: {}}"
    lb, warnings = read(tmp_path, "expose: ['80:8080']\nlinks: ['web:web']", rancher)
    assert lb["balancer"]["stickiness"]["cookie"] == "lbsticky"
    assert lb["balancer"]["stickiness"]["mode"] == "insert"
    assert warnings == []


def test_rules_of_both_formats_are_joined(tmp_path: pathlib.Path) -> None:
    rancher = "lb_config: {port_rules: [{source_port: 81, target_port: 1, service: api}]}"
    lb, _warnings = read(tmp_path, "ports: [80]\nlinks: [web]", rancher)
    assert in_short(lb) == [(81, 1, "shop/api", "http"), (80, 80, "shop/web", "http")]


def test_a_host_on_a_tcp_port_has_no_effect(tmp_path: pathlib.Path) -> None:
    lb, (said,) = read(tmp_path, f"ports: [80/tcp]\nlinks: [web]\nlabels: {{{TARGET}web: a.b}}")
    assert lb["balancer"]["rules"][0]["hostname"] == ""
    assert "has no effect with the protocol tcp" in said


@pytest.mark.parametrize(
    ("keys", "warning"),
    [
        ("ports: [80]", "name no service"),
        (f"ports: [80]\nlinks: [web]\nlabels: {{{TARGET}api: '81'}}", "is not among the links"),
        (f"ports: [80]\nlinks: [web]\nlabels: {{{TARGET}web: '90=81'}}", "no port of it"),
        (
            "ports: [80]\nlinks: [web]\nlabels: {io.rancher.loadbalancer.ssl.ports: '443'}",
            "no effect on port 443",
        ),
        ("ports: [80]\nlinks: [web]\nexternal_links: [':db']", "points to nothing"),
    ],
)
def test_what_has_no_effect_is_said(tmp_path: pathlib.Path, keys: str, warning: str) -> None:
    _lb, warnings = read(tmp_path, keys)
    assert [said for said in warnings if warning in said] == warnings
    assert len(warnings) == 1


# keys -> key of the problem, part of its message
BAD: list[tuple[str, str, str]] = [
    ("links: [web]", "ports", 'needs "ports", or "expose"'),
    ("ports: [':8181']\nlinks: [web]", "ports.0", "is a variable not set?"),
    ("ports: ['80:']\nlinks: [web]", "ports.0", "a port such as"),
    ("ports: ['80:81:82:83']\nlinks: [web]", "ports.0", "a port such as"),
    ("ports: ['80-90:80-90']\nlinks: [web]", "ports.0", "a whole number"),
    ("ports: {80: 80}\nlinks: [web]", "ports", "must be a list"),
    ("ports: ['42:80']\nlinks: [web]", "ports.0", "own health check"),
    ("expose: ['8404']\nlinks: [web]", "expose.0", "metrics"),
    ("ports: ['80:80/udp']\nlinks: [web]", "ports.0", "does not balance UDP"),
    ("ports: ['80:80/tpc']\nlinks: [web]", "ports.0", 'did you mean "tcp"?'),
    ("ports: [80]\nexpose: [80/tcp]\nlinks: [web]", "expose.0.protocol", "one port has one"),
    ("ports: [80]\nlinks: [wbe]", "links.0", 'did you mean "web"?'),
    ("ports: [80]\nlinks: [lb]", "links.0", "this very service"),
    (f"ports: [80]\nlinks: [web]\nlabels: {{{TARGET}web: 'a b'}}", f"labels.{TARGET}web", "host"),
    (
        f"ports: [80]\nlinks: [web]\nlabels: {{{TARGET}web: 'a.b:80:81'}}",
        f"labels.{TARGET}web",
        "host:port/path=port",
    ),
    (
        f"ports: [80]\nlinks: [web]\nlabels: {{{TARGET}web: '80=x'}}",
        f"labels.{TARGET}web",
        "whole number",
    ),
    (
        "ports: [80]\nlinks: [web]\nlabels: {io.rancher.loadbalancer.ssl.ports: https}",
        "labels.io.rancher.loadbalancer.ssl.ports",
        "whole number",
    ),
    (
        "ports: [80]\nlinks: [web]\nlabels: {io.rancher.loadbalancer.ssl.ports: '80'}",
        "ports.0.protocol",
        "needs a certificate",
    ),
    (
        "ports: [80]\nlinks: [web]\nload_balancer_config: {app_cookie_stickiness_policy: {cookie: x}}",
        "load_balancer_config.app_cookie_stickiness_policy",
        NOT_RUN,
    ),
    (
        "ports: [80]\nlinks: [web]\nload_balancer_config: {haproxy_config: {frontend: x}}",
        "load_balancer_config.haproxy_config.frontend",
        "unknown key",
    ),
    (
        "ports: [80]\nlinks: [web]\n"
        'load_balancer_config: {haproxy_config: {global: "a\\nlisten x\\nbind *:1"}}',
        "load_balancer_config.haproxy_config.global",
        'line 2: "listen" begins a section',
    ),
    (
        "ports: [80]\nlinks: [web]\nload_balancer_config: {haproxy_config: {defaults: 'bind *:1'}}",
        "load_balancer_config.haproxy_config.defaults",
        "as in Rancher",
    ),
    (
        "ports: [80]\nlinks: [web]\nload_balancer_config: [a]",
        "load_balancer_config",
        "must be a map, not a list",
    ),
]


@pytest.mark.parametrize(("keys", "key", "message"), BAD)
def test_what_is_wrong_is_refused_with_its_place(
    tmp_path: pathlib.Path, keys: str, key: str, message: str
) -> None:
    problems = refused(tmp_path, legacy(keys))
    assert [(one.service, one.key) for one in problems] == [("lb", key)], [
        str(one) for one in problems
    ]
    assert message in problems[0].message
