# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of a service beside the plain options, and what is accepted without an effect."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    load,
    service,
    with_keys,
)


def test_a_bare_service_has_every_key_and_no_option(tmp_path: pathlib.Path) -> None:
    assert service(tmp_path, "") == {
        "image": "nginx:1",
        "scale": 1,
        "global": False,
        "start_once": False,
        "start_on_create": True,
        "pull": "missing",
        "network": "managed",
        "retain_ip": False,
        "hostname_override": False,
        "health_check": None,
        "links": [],
        "depends_on": [],
        "placement": {
            "host_label": [],
            "host_label_ne": [],
            "host_label_soft": [],
            "host_label_soft_ne": [],
        },
        "metadata": {},
        "container": {},
        "kind": "container",
        "balancer": None,
        "external": None,
        "alias_of": [],
        "target_rules": [],
        "drain_timeout_ms": 10000,
    }


# keys of the service -> key and value of the canonical service
SERVICE: list[tuple[str, str, t.Any]] = [
    ("scale: '3'", "scale", 3),
    ("scale: 0", "scale", 1),
    ("retain_ip: true", "retain_ip", True),
    ("start_on_create: false", "start_on_create", False),
    ("start_on_create: 'false'", "start_on_create", False),
    ("net: host", "network", "host"),
    ("network_mode: bridge", "network", "bridge"),
    ("network_mode: none", "network", "none"),
    ("network_mode: managed", "network", "managed"),
    ("network_mode: default", "network", "managed"),
    ("net: ''", "network", "managed"),
    ("pull_policy: always", "pull", "always"),
    ("pull_policy: if_not_present", "pull", "missing"),
    ("labels: {io.rancher.container.pull_image: always}", "pull", "always"),
    ("labels: {io.rancher.container.start_once: 'true'}", "start_once", True),
    ("labels: {io.rancher.container.start_once: True}", "start_once", True),
    ("labels: {io.rancher.container.start_once: ''}", "start_once", False),
    ("labels: {io.rancher.scheduler.global: true}\nscale: 1", "global", True),
    ("labels: {io.rancher.container.hostname_override: container_name}", "hostname_override", True),
    (
        "links: [web, 'web:a', 'web:a']",
        "links",
        [
            {"stack": "shop", "service": "web", "alias": "web"},
            {"stack": "shop", "service": "web", "alias": "a"},
        ],
    ),
    ("links: {web: a}", "links", [{"stack": "shop", "service": "web", "alias": "a"}]),
    (
        "external_links: [Big_Data/db, 'Big_Data/db:d.b', web:w]",
        "links",
        [
            {"stack": "big-data", "service": "db", "alias": "db"},
            {"stack": "big-data", "service": "db", "alias": "d.b"},
            {"stack": "shop", "service": "web", "alias": "w"},
        ],
    ),
    ("external_links: [':database']", "links", []),
    ("depends_on: {nowhere: {condition: service_started, required: false}}", "depends_on", []),
    (
        "metadata: {a: {b: [1, 1.5, true, null, '1', x]}}",
        "metadata",
        {"a": {"b": [1, 1.5, True, None, "1", "x"]}},
    ),
    ("metadata: {v: 1.10, w: 08}", "metadata", {"v": "1.10", "w": "08"}),
]


@pytest.mark.parametrize(("keys", "name", "expected"), SERVICE)
def test_a_key_of_the_service_is_converted(
    tmp_path: pathlib.Path, keys: str, name: str, expected: t.Any
) -> None:
    assert service(tmp_path, keys)[name] == expected


@pytest.mark.parametrize(
    "kind", ["host_label", "host_label_ne", "host_label_soft", "host_label_soft_ne"]
)
def test_host_affinities_become_placement(tmp_path: pathlib.Path, kind: str) -> None:
    keys = f"labels: {{'io.rancher.scheduler.affinity:{kind}': 'SSD=True, stack=$${{stack_name}},,x='}}"
    found = service(tmp_path, keys)
    assert found["placement"].pop(kind) == [["ssd", "true"], ["stack", "shop"], ["x", ""]]
    assert set(map(json.dumps, found["placement"].values())) == {"[]"}
    assert list(found["container"]["labels"].values()) == ["SSD=True, stack=shop,,x="]


ENDINGS = ["", "_ne", "_soft", "_soft_ne"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_container_affinities_become_placement(tmp_path: pathlib.Path, ending: str) -> None:
    """A service without a stack is one of its own, as in Rancher."""
    start = "io.rancher.scheduler.affinity:container"
    value = "Role=DB,io.rancher.stack_service.name=web"
    found = service(tmp_path, f"labels: {{'{start}_label{ending}': '{value}'}}")["placement"]
    assert found[f"container_label{ending}"] == [
        ["role", "db"],
        ["io.rancher.stack_service.name", "shop/web"],
    ]
    found = service(tmp_path, f"labels: {{'{start}{ending}': 'Shop-db-1, b'}}")["placement"]
    assert found[f"container{ending}"] == ["shop-db-1", "b"]


@pytest.mark.parametrize(
    ("variable", "kind", "rule"),
    [
        ("constraint:ssd==true", "host_label", ["ssd", "true"]),
        ("constraint:ssd!=true", "host_label_ne", ["ssd", "true"]),
        ("constraint:ssd==~true", "host_label_soft", ["ssd", "true"]),
        ("constraint:ssd!=~true", "host_label_soft_ne", ["ssd", "true"]),
        ("affinity:role==db", "container_label", ["role", "db"]),
        ("affinity:role!=~db", "container_label_soft_ne", ["role", "db"]),
        ("affinity:container==shop-db-1", "container", "shop-db-1"),
        ("affinity:container!=shop-db-1", "container_ne", "shop-db-1"),
    ],
)
def test_rules_in_the_environment(
    tmp_path: pathlib.Path, variable: str, kind: str, rule: t.Any
) -> None:
    """The syntax of the old Docker Swarm, beside a label of the same kind, and other variables."""
    label = {"container": "x-y-1"}.get(kind.partition("_")[0] if "label" not in kind else "", "a=b")
    keys = (
        f"environment: ['{variable}', 'A=b']\n"
        f"labels: {{'io.rancher.scheduler.affinity:{kind}': '{label}'}}"
    )
    found = service(tmp_path, keys)
    first = label if label == "x-y-1" else label.split("=")
    assert found["placement"][kind] == [first, rule]
    assert found["container"]["environment"] == {"A": "b"}


# What is accepted and tells so: keys -> part of the warning.
WARNINGS = [
    ("develop: {watch: []}", "nothing watches files"),
    ("container_name: db\nscale: 2", 'key "container_name": has no effect'),
    ("container_name: db\nnetwork_mode: host", "is not on the managed network"),
    ("container_name: db\nlabels: {io.rancher.scheduler.global: true}", "may have several members"),
    ("restart: 'no'", 'key "restart": has no effect'),
    ("restart: no", 'key "restart": has no effect'),
    ("restart: 'on-failure:3'", 'key "restart": has no effect'),
    ("scale: 0", "0 is read as 1"),
    ("labels: {io.rancher.scheduler.global: true}\nscale: 3", "has no effect beside the label"),
    (
        "labels: {io.rancher.container.volume_cleanup_strategy: unnamed}",
        "volumes are never removed",
    ),
    (
        "labels: {'io.rancher.scheduler.affinity:not_host_label': a=b}",
        "is not known and has no effect",
    ),
    (
        "labels: {io.rancher.container.pull_images: always}",
        'did you mean "io.rancher.container.pull_image"',
    ),
    ("external_links: [':database']", "points to nothing"),
    ("dns: [10.0.0.1, 169.254.169.250]", "Rancher's name server"),
    ("network_mode: host\nports: [80]", "are not published"),
    ("network_mode: host\nlinks: [web]", 'have no effect with network_mode "host"'),
    (
        "hostname: a\nlabels: {io.rancher.container.hostname_override: container_name}",
        'key "hostname": has no effect',
    ),
    ("environment: [NOWHERE]", 'the variable "NOWHERE" is not set and is left out'),
    ("image: nginx:2", 'key "services.web.image": line 4: is given twice; the last one counts'),
]


@pytest.mark.parametrize(("keys", "warning"), WARNINGS)
def test_what_has_no_effect_is_said(tmp_path: pathlib.Path, keys: str, warning: str) -> None:
    _definition, warnings = load(tmp_path, with_keys(keys))
    assert len(warnings) == 1
    assert warnings[0].startswith("docker-compose.yml: ")
    assert warning in warnings[0]


# What is accepted without a word.
HARMLESS = [
    "restart: always",
    "restart: unless-stopped",
    "certs: []",
    "health_check: {}",
    "lb_config:",
    "build: ''",
    "networks: {}",
    "drain_timeout_ms: 0",
    "x-anything: {a: '$'}",
    "labels: {io.rancher.container.create_agent: 'false'}",
    "labels: {io.rancher.container.agent.role: ''}",
    "labels: {io.rancher.container.dns: 'true'}",
    "labels: {io.rancher.container.network: 'true'}",
    "labels: {io.rancher.container.volume_cleanup_strategy: none}",
    "labels: {'io.rancher.scheduler.affinity:host_label': ''}",
    "labels: {io.rancher.community.plone: a, io.rancher.network.arpsync: b}",
]


@pytest.mark.parametrize("keys", HARMLESS)
def test_what_asks_for_nothing_is_accepted(tmp_path: pathlib.Path, keys: str) -> None:
    definition, warnings = load(tmp_path, with_keys(keys))
    assert warnings == []
    container = definition["services"]["web"]["container"]
    assert set(container) <= {"labels"}
