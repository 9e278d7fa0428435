# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""lb_config of the second format: what it becomes. Behaviours are those of Rancher 1.6's own tests."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.balancer_files import (
    PLAIN,
    RANCHER,
    RULE,
    two_files,
    with_rules,
)
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load


def balancer(folder: pathlib.Path, files: dict[str, str]) -> dict[str, t.Any]:
    definition, warnings = load(folder, files)
    assert warnings == []
    return t.cast("dict[str, t.Any]", definition["services"]["lb"]["balancer"])


def rules(folder: pathlib.Path, *written: str) -> list[dict[str, t.Any]]:
    return t.cast("list[dict[str, t.Any]]", balancer(folder, with_rules(*written))["rules"])


def test_the_smallest_rule_gets_every_key(tmp_path: pathlib.Path) -> None:
    assert balancer(tmp_path, with_rules(PLAIN)) == {
        "rules": [RULE],
        "proxy_protocol_ports": [],
        "certificates": [],
        "default_certificate": "",
        "certificate_dir": "",
        "default_certificate_dir": "",
        "stickiness": None,
        "config": "",
        "retry": True,
        "statistics": None,
        "target": "any",
    }


# a rule -> what differs from the smallest one
CONVERTED: list[tuple[str, dict[str, t.Any]]] = [
    ("source_port: '80', target_port: '8080', service: web", {}),
    (f"{PLAIN}, protocol: '', hostname: '', path: '', selector: ''", {}),
    (f"{PLAIN}, protocol: , hostname: , path: , priority: , weight: , backend_name: ", {}),
    (f"{PLAIN}, protocol: HTTP", {}),
    (f"{PLAIN}, priority: 0, weight: 1, region: '', environment: ''", {}),
    (f"{PLAIN}, protocol: tcp", {"protocol": "tcp"}),
    (f"{PLAIN}, protocol: sni, hostname: '*.b.c'", {"protocol": "sni", "hostname": "*.b.c"}),
    (f"{PLAIN}, priority: '3'", {"priority": 3}),
    (f"{PLAIN}, weight: 0", {"weight": 0}),
    (f"{PLAIN}, weight: 256", {"weight": 256}),
    (f"{PLAIN}, backend_name: Web.1_a-b", {"backend_name": "Web.1_a-b"}),
    (f"{PLAIN}, hostname: WWW.Shop.Example", {"hostname": "www.shop.example"}),
    (f"{PLAIN}, hostname: '*.shop.example'", {"hostname": "*.shop.example"}),
    (f"{PLAIN}, hostname: 'shop.*'", {"hostname": "shop.*"}),
    (f"{PLAIN}, hostname: app_1.local", {"hostname": "app_1.local"}),
    (f"{PLAIN}, hostname: 10.0.0.1", {"hostname": "10.0.0.1"}),
    (f"{PLAIN}, path: /Api/v1", {"path": "/Api/v1"}),
    (f"{PLAIN}, path: /81/service3.html", {"path": "/81/service3.html"}),
    (f"{PLAIN}, path: /a%20b~c", {"path": "/a%20b~c"}),
    ("source_port: 80, target_port: 8080, service: Other/web", {"service": "other/web"}),
    ("source_port: 80, target_port: 8080, service: other/api", {"service": "other/api"}),
    ("source_port: 80, target_port: 8080, service: shop/web", {}),
]


@pytest.mark.parametrize(("written", "changes"), CONVERTED)
def test_a_rule_is_converted(
    tmp_path: pathlib.Path, written: str, changes: dict[str, t.Any]
) -> None:
    assert rules(tmp_path, written) == [{**RULE, **changes}]


# a selector -> its conditions as key, operator, values
SELECTORS: list[tuple[str, list[tuple[str, str, list[str]]]]] = [
    ("tier=front", [("tier", "=", ["front"])]),
    ("tier==front", [("tier", "=", ["front"])]),
    ("tier != front", [("tier", "!=", ["front"])]),
    ("tier", [("tier", "exists", [])]),
    ("!tier", [("tier", "absent", [])]),
    ("tier in (a, b)", [("tier", "in", ["a", "b"])]),
    ("tier notin (a,b),x=y", [("tier", "notin", ["a", "b"]), ("x", "=", ["y"])]),
    ("io.shop/role=web, zone", [("io.shop/role", "=", ["web"]), ("zone", "exists", [])]),
]


@pytest.mark.parametrize(("written", "expected"), SELECTORS)
def test_a_selector_is_split_into_conditions(
    tmp_path: pathlib.Path, written: str, expected: list[tuple[str, str, list[str]]]
) -> None:
    (rule,) = rules(tmp_path, f"source_port: 80, selector: '{written}'")
    conditions = [{"key": key, "operator": o, "values": v} for key, o, v in expected]
    assert rule == {**RULE, "service": None, "target_port": 0, "selector": conditions}


def test_behaviour_66_services_of_one_host_and_path_are_pooled(tmp_path: pathlib.Path) -> None:
    same = "source_port: 80, target_port: 8080, hostname: a.b, path: /c"
    found = rules(tmp_path, f"{same}, service: web", f"{same}, service: other/api")
    assert [rule["service"] for rule in found] == ["shop/web", "other/api"]
    assert {(rule["hostname"], rule["path"]) for rule in found} == {("a.b", "/c")}


def test_behaviour_67_host_path_and_default_on_one_port(tmp_path: pathlib.Path) -> None:
    found = rules(tmp_path, f"{PLAIN}, hostname: a.b", f"{PLAIN}, path: /c", PLAIN)
    assert [(one["hostname"], one["path"]) for one in found] == [("a.b", ""), ("", "/c"), ("", "")]


def test_behaviour_69_ports_have_rules_and_protocols_of_their_own(tmp_path: pathlib.Path) -> None:
    other = "source_port: 81, target_port: 80, service: api, protocol: tcp"
    found = rules(tmp_path, PLAIN, other)
    assert [(one["source_port"], one["protocol"]) for one in found] == [(80, "http"), (81, "tcp")]


@pytest.mark.parametrize(
    ("protocol", "keys", "left"),
    [
        ("tcp", ["hostname", "path"], ("", "")),
        ("tls", ["hostname", "path"], ("", "")),
        ("sni", ["path"], ("a.b", "")),
    ],
)
def test_behaviour_69_what_a_protocol_cannot_see_has_no_effect(
    tmp_path: pathlib.Path, protocol: str, keys: list[str], left: tuple[str, str]
) -> None:
    rule = f"{PLAIN}, protocol: {protocol}, hostname: a.b, path: /c"
    labels = "    labels: {io.rancher.lb_service.cert_dir: /certs}\n    volumes: ['/c:/certs']\n"
    files = two_files(f"port_rules:\n- {{{rule}}}", labels if protocol == "tls" else "")
    definition, warnings = load(tmp_path, files)
    (found,) = definition["services"]["lb"]["balancer"]["rules"]
    assert (found["hostname"], found["path"]) == left
    assert warnings == [
        f'{RANCHER}: service "lb": key "lb_config.port_rules.0.{key}": '
        f"has no effect with the protocol {protocol}"
        for key in keys
    ]


def test_behaviour_71_priorities_are_kept_as_they_are(tmp_path: pathlib.Path) -> None:
    found = rules(
        tmp_path,
        f"{PLAIN}, hostname: '*.b.c', priority: 1",
        f"{PLAIN}, hostname: a.b.c, priority: 2",
    )
    assert [(one["hostname"], one["priority"]) for one in found] == [("*.b.c", 1), ("a.b.c", 2)]


def test_behaviour_72_a_target_says_how_a_selector_reaches_it(tmp_path: pathlib.Path) -> None:
    target = "target_port: '81', hostname: A.b, path: /c, backend_name: x"
    files = with_rules("source_port: 80, selector: tier=front")
    files[RANCHER] += f"  web: {{lb_config: {{certs: [], port_rules: [{{{target}}}, {{}}]}}}}\n"
    definition, warnings = load(tmp_path, files)
    web = definition["services"]["web"]
    assert web["target_rules"] == [
        {"target_port": 81, "hostname": "a.b", "path": "/c", "backend_name": "x"},
        {"target_port": 0, "hostname": "", "path": "", "backend_name": ""},
    ]
    assert (web["kind"], web["balancer"], web["image"]) == ("container", None, "a")
    assert (definition["services"]["lb"]["target_rules"], warnings) == ([], [])


POLICY = {
    "name": "",
    "cookie": "lb",
    "domain": "",
    "indirect": False,
    "nocache": False,
    "postonly": False,
    "mode": "insert",
}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{}", None),
        ("", None),
        ("{cookie: SRV}", {**POLICY, "cookie": "SRV"}),
        ("{name: policy2, cookie: ''}", {**POLICY, "name": "policy2"}),
        (
            "{cookie: c, domain: .shop.example, indirect: true, nocache: 'true', "
            "postonly: yes, mode: insert}",
            {
                **POLICY,
                "cookie": "c",
                "domain": ".shop.example",
                "indirect": True,
                "nocache": True,
                "postonly": True,
            },
        ),
        (
            "{cookie: JSESSIONID, mode: prefix}",
            {**POLICY, "cookie": "JSESSIONID", "mode": "prefix"},
        ),
    ],
)
def test_behaviour_64_stickiness(
    tmp_path: pathlib.Path, written: str, expected: dict[str, t.Any] | None
) -> None:
    files = two_files(f"port_rules:\n- {{{PLAIN}}}\nstickiness_policy: {written}")
    assert balancer(tmp_path, files)["stickiness"] == expected


def test_stickiness_without_http_is_said(tmp_path: pathlib.Path) -> None:
    files = two_files(
        f"port_rules:\n- {{{PLAIN}, protocol: tcp}}\nstickiness_policy: {{cookie: c}}"
    )
    _definition, (said,) = load(tmp_path, files)
    assert 'key "lb_config.stickiness_policy": has no effect' in said


CONFIG = """\
# ours
defaults
    balance first
    timeout client 60000
global
    maxconn 9000
frontend 80
    accept-proxy
    maxconn 100
backend customUUID
    server $$IP maxconn 5
backend
    option httpclose
listen extra
    bind *:9000
    mode tcp
"""


def test_behaviour_63_a_custom_config_is_kept(tmp_path: pathlib.Path) -> None:
    lines = "\n".join(f"  {line}" for line in CONFIG.splitlines())
    files = two_files(f"port_rules:\n- {{{PLAIN}, backend_name: customUUID}}\nconfig: |\n{lines}")
    found = balancer(tmp_path, files)
    kept = CONFIG.replace("    accept-proxy\n", "").replace("$$IP", "$IP").rstrip("\n")
    assert found["config"] == kept
    assert found["proxy_protocol_ports"] == [80]


@pytest.mark.parametrize("written", ["", "''", "|\n\n"])
def test_an_empty_custom_config_is_none(tmp_path: pathlib.Path, written: str) -> None:
    files = two_files(f"port_rules:\n- {{{PLAIN}}}\nconfig: {written}")
    assert balancer(tmp_path, files)["config"] == ""


def test_a_different_name_of_one_backend_is_said(tmp_path: pathlib.Path) -> None:
    other = PLAIN.replace("web", "api")
    files = with_rules(f"{PLAIN}, backend_name: one", f"{other}, backend_name: two")
    _definition, (said,) = load(tmp_path, files)
    assert 'port_rules.1.backend_name": has no effect' in said
    assert '"one"' in said


def test_rules_whose_generated_names_are_equal_are_taken(tmp_path: pathlib.Path) -> None:
    """The case p24-apex: the apex and its wildcard; a path with a hyphen and one with a slash."""
    pairs = (
        ("hostname: magic.example", "hostname: '*.magic.example'"),
        ("path: /api-v1", "path: /api/v1"),
        ("hostname: shop-eu.x", "hostname: shop.eu.x"),
        ("path: /", "path: /x, backend_name: '80_'"),
    )
    for one, other in pairs:
        folder = tmp_path / one.replace("/", "-")
        folder.mkdir()
        found = balancer(folder, with_rules(f"{PLAIN}, {one}", f"{PLAIN}, {other}"))
        assert len(found["rules"]) == 2


@pytest.mark.parametrize("port", [8080, 9090])
def test_a_service_twice_behind_one_match_counts_once(tmp_path: pathlib.Path, port: int) -> None:
    again = f"source_port: 80, target_port: {port}, service: shop/web"
    definition, (said,) = load(tmp_path, with_rules(PLAIN, again))
    assert definition["services"]["lb"]["balancer"]["rules"] == [RULE]
    assert 'port_rules.1": has no effect, as in Rancher: lb_config.port_rules.0 has' in said


def test_null_blocks_of_catalogs_are_nothing(tmp_path: pathlib.Path) -> None:
    config = (
        f"certs:\nconfig:\nstickiness_policy:\ndefault_cert: ${{NONE}}\nport_rules:\n- {{{PLAIN}}}"
    )
    definition, warnings = load(tmp_path, two_files(config), environ={"NONE": ""})
    assert definition["services"]["lb"]["balancer"]["rules"] == [RULE]
    assert (definition["certificates"], warnings) == ({}, [])


def test_a_load_balancer_in_the_compose_file_alone(tmp_path: pathlib.Path) -> None:
    compose = (
        f"web: {{image: a}}\nlb: {{image: haproxy:2.8, lb_config: {{port_rules: [{{{PLAIN}}}]}}}}"
    )
    definition, warnings = load(tmp_path, compose)
    lb = definition["services"]["lb"]
    assert (lb["balancer"]["rules"], lb["image"], warnings) == ([RULE], "haproxy:2.8", [])
