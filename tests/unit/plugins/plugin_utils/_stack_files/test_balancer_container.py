# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs as a load balancer: image, options, ports, health check; and what needs a new container."""

from __future__ import annotations

import copy
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.config_hash import config_hash
from ansible_collections.drover.docker.tests.unit.shared.balancer_files import PLAIN, two_files
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load, with_keys

RULES = f"port_rules:\n- {{{PLAIN}}}"
BARE: dict[str, t.Any] = {
    "entrypoint": ["haproxy"],
    "command": [
        *("-W", "-db", "-S", "/run/haproxy/master.sock,mode,600"),
        *("-f", "/usr/local/etc/haproxy/haproxy.cfg"),
    ],
    "user": "99:99",
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "stop_signal": "SIGUSR1",
    "mounts": [
        {
            "kind": "bind",
            "source": "@state_dir/balancers/@member/config",
            "target": "/usr/local/etc/haproxy",
            "options": ["ro"],
        },
        {
            "kind": "bind",
            "source": "@state_dir/balancers/@member/run",
            "target": "/run/haproxy",
            "options": [],
        },
    ],
}


def balanced(
    folder: pathlib.Path, config: str = RULES, keys: str = "", **options: t.Any
) -> tuple[dict[str, t.Any], list[str]]:
    """The load balancer with this lb_config and these keys in the compose file, and the warnings."""
    lines = "".join(f"    {line}\n" for line in keys.splitlines())
    definition, warnings = load(folder, two_files(config, lines), **options)
    return definition["services"]["lb"], warnings


def test_a_load_balancer_runs_with_as_little_as_it_can(tmp_path: pathlib.Path) -> None:
    lb, warnings = balanced(tmp_path)
    assert (lb["container"], lb["kind"], lb["network"]) == (BARE, "container", "managed")
    assert warnings == []


@pytest.mark.parametrize(
    ("written", "runs"),
    [
        ("rancher/lb-service-haproxy:v0.9.1", "haproxy:3.0"),
        ("rancher/lb-service-haproxy", "haproxy:3.0"),
        ("docker.io/rancher/lb-service-haproxy:v0.7.9", "haproxy:3.0"),
        ("mirror.example:5000/hub/rancher/lb-service-haproxy:v0.9.14", "haproxy:3.0"),
        ("rancher/load-balancer-service", "haproxy:3.0"),
        ("haproxy:2.8-alpine", "haproxy:2.8-alpine"),
        ("own/rancher-lb-service-haproxy:1", "own/rancher-lb-service-haproxy:1"),
    ],
)
def test_ranchers_images_are_replaced(tmp_path: pathlib.Path, written: str, runs: str) -> None:
    compose = (
        f"web: {{image: a}}\nlb: {{image: '{written}', ports: [80], links: [web], "
        f"lb_config: {{port_rules: [{{{PLAIN}}}]}}}}"
    )
    definition, _warnings = load(tmp_path, compose)
    assert definition["services"]["lb"]["image"] == runs
    assert definition["services"]["lb"]["balancer"]["rules"]


def test_rancher_has_one_check_for_all_load_balancers(tmp_path: pathlib.Path) -> None:
    lb, _warnings = balanced(tmp_path)
    assert lb["health_check"] == {
        "port": 42,
        "request": None,
        "interval_ms": 2000,
        "response_timeout_ms": 2000,
        "healthy_threshold": 2,
        "unhealthy_threshold": 3,
        "initializing_timeout_ms": 60000,
        "reinitializing_timeout_ms": 60000,
        "strategy": "recreate",
        "quorum": 1,
    }


def test_a_check_of_the_file_counts(tmp_path: pathlib.Path) -> None:
    lb, _warnings = balanced(tmp_path, keys="health_check: {port: 42, interval: 5000}")
    assert (lb["health_check"]["port"], lb["health_check"]["interval_ms"]) == (42, 5000)


# ports of the file -> ip, host port, port
PORTS: list[tuple[str, list[tuple[str, int, int]]]] = [
    ("ports: ['80:80']", [("", 80, 80)]),
    ("ports: [80]", [("", 80, 80)]),
    ("ports: ['80']", [("", 80, 80)]),
    ("ports: ['80:80', 80]", [("", 80, 80)]),
    ("ports: ['8080:80']", [("", 8080, 80)]),
    ("ports: ['127.0.0.1:80:80']", [("127.0.0.1", 80, 80)]),
    ("ports: []", []),
    ("expose: [80]", []),
]


@pytest.mark.parametrize(("keys", "expected"), PORTS)
def test_behaviour_62_only_ports_are_published(
    tmp_path: pathlib.Path, keys: str, expected: list[tuple[str, int, int]]
) -> None:
    lb, warnings = balanced(tmp_path, keys=keys)
    ports = lb["container"].get("ports", [])
    assert [(one["ip"], one["public"], one["private"]) for one in ports] == expected
    assert {one["protocol"] for one in ports} <= {"tcp"}
    assert "expose" not in lb["container"]
    assert warnings == []


def test_behaviour_62_two_internal_ones_have_the_same_port(tmp_path: pathlib.Path) -> None:
    rules = f"image: haproxy, lb_config: {{port_rules: [{{{PLAIN}}}]}}"
    definition, warnings = load(tmp_path, f"web: {{image: a}}\na: {{{rules}}}\nb: {{{rules}}}\n")
    assert [name for name, one in definition["services"].items() if one["balancer"]] == ["a", "b"]
    assert warnings == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("host_label: 'zone=a'", "host_label: 'zone=b'"),
        ("host_label: 'zone=a'", "host_label_ne: 'zone=a'"),
        ("host_label_ne: 'zone=b,x=y'", "host_label: 'zone=b'"),
    ],
)
def test_labels_of_hosts_keep_two_with_one_port_apart(
    tmp_path: pathlib.Path, one: str, other: str
) -> None:
    def lb(label: str) -> str:
        return (
            f"{{image: haproxy, ports: [80], labels: {{'io.rancher.scheduler.affinity:{label}}}, "
            f"lb_config: {{port_rules: [{{{PLAIN}}}]}}}}"
        )

    first, second = (lb(label.replace(":", "':", 1)) for label in (one, other))
    _definition, warnings = load(tmp_path, f"web: {{image: a}}\na: {first}\nb: {second}\n")
    assert warnings == []


def test_a_port_of_a_listener_of_ones_own_is_published(tmp_path: pathlib.Path) -> None:
    config = f'{RULES}\nconfig: "listen extra\\n  bind *:9000"'
    lb, _warnings = balanced(tmp_path, config, "ports: ['80:80', '9000:9000']")
    assert [port["public"] for port in lb["container"]["ports"]] == [80, 9000]


def test_what_does_not_touch_haproxy_is_passed_on(tmp_path: pathlib.Path) -> None:
    keys = (
        "mem_limit: 64m\nstop_grace_period: 30s\nenvironment: {KEY_FILE_NAME: k.pem}\n"
        "labels: {team: web, io.rancher.scheduler.global: 'true'}\nvolumes: ['/c:/certs:ro']\n"
        "tty: true\nstdin_open: true\nrestart: always"
    )
    lb, warnings = balanced(tmp_path, keys=keys)
    mounted = {"kind": "bind", "source": "/c", "target": "/certs", "options": ["ro"]}
    assert lb["container"] == {
        **BARE,
        "mem_limit": 64 * 1024 * 1024,
        "stop_grace_period_s": 30.0,
        "environment": {"KEY_FILE_NAME": "k.pem"},
        "labels": {"team": "web", "io.rancher.scheduler.global": "true"},
        "mounts": [*BARE["mounts"], mounted],
    }
    assert (lb["global"], warnings) == (True, [])


@pytest.mark.parametrize(
    "keys",
    [
        "command: haproxy -f x",
        "entrypoint: [sh]",
        "privileged: true",
        "cap_add: [NET_ADMIN]",
        "user: root",
        "stop_signal: SIGTERM",
        "links: [web]",
        "external_links: [other/db]",
        "labels: {io.rancher.loadbalancer.target.web: '80'}",
        "labels: {io.rancher.service.selector.link: a=b}",
        "labels: {io.rancher.lb_service.targets: any}",
    ],
)
def test_what_has_no_effect_is_said(tmp_path: pathlib.Path, keys: str) -> None:
    lb, (said,) = balanced(tmp_path, keys=keys)
    assert "no effect" in said
    assert (lb["container"], lb["links"]) == (BARE, [])


def test_what_ranchers_own_image_needed_is_dropped(tmp_path: pathlib.Path) -> None:
    agent = "io.rancher.container.agent"
    keys = (
        f"labels: {{io.rancher.container.create_agent: 'true', {agent}.role: environmentAdmin, "
        f"{agent}_service.drain_provider: 'true'}}"
    )
    lb, warnings = balanced(tmp_path, keys=keys)
    assert (lb["container"], warnings) == (BARE, [])


@pytest.mark.parametrize("target", ["any", "prefer-local", "only-local", ""])
def test_which_members_are_preferred(tmp_path: pathlib.Path, target: str) -> None:
    lb, warnings = balanced(tmp_path, keys=f"labels: {{io.rancher.lb_service.target: '{target}'}}")
    assert (lb["balancer"]["target"], warnings) == (target or "any", [])


def test_directories_of_certificates(tmp_path: pathlib.Path) -> None:
    label = "io.rancher.lb_service."
    keys = (
        f"labels: {{{label}cert_dir: /certs, {label}default_cert_dir: /certs/shop.example/}}\n"
        "volumes: ['/c:/certs']"
    )
    lb, warnings = balanced(tmp_path, f"port_rules:\n- {{{PLAIN}, protocol: https}}", keys)
    found = lb["balancer"]
    assert found["certificate_dir"] == "/certs"
    assert found["default_certificate_dir"] == "/certs/shop.example"
    assert (found["certificates"], warnings) == ([], [])


# what is applied in place: an lb_config, keys of the compose file
IN_PLACE = [
    (f"port_rules:\n- {{{PLAIN}, hostname: a.b, path: /c, priority: 1, weight: 2}}", ""),
    (f"port_rules:\n- {{{PLAIN}}}\n- {{source_port: 81, target_port: 1, service: api}}", ""),
    (f"{RULES}\nstickiness_policy: {{cookie: c}}", ""),
    (f'{RULES}\nconfig: "defaults\\n  balance first"', ""),
    (RULES, "labels: {io.rancher.lb_service.target: only-local}"),
    (RULES, "health_check: {port: 42, interval: 5000}"),
    (RULES, "drain_timeout_ms: 5"),
    (RULES, "scale: 3"),
    (RULES, "metadata: {a: b}"),
]


@pytest.mark.parametrize(("config", "keys"), IN_PLACE)
def test_a_load_balancer_is_changed_without_a_new_container(
    tmp_path: pathlib.Path, config: str, keys: str
) -> None:
    before, _warnings = balanced(tmp_path)
    after, _warnings = balanced(tmp_path, config, keys)
    assert before != after
    assert config_hash(before, {}) == config_hash(after, {})


@pytest.mark.parametrize("keys", ["ports: [80]", "mem_limit: 1g", "volumes: ['/c:/certs']"])
def test_some_of_it_needs_a_new_container(tmp_path: pathlib.Path, keys: str) -> None:
    before, _warnings = balanced(tmp_path)
    after, _warnings = balanced(tmp_path, keys=keys)
    assert config_hash(before, {}) != config_hash(after, {})


def test_records_without_the_new_keys_keep_their_hash(tmp_path: pathlib.Path) -> None:
    definition, _warnings = load(tmp_path, with_keys("ports: [80]"))
    service = definition["services"]["web"]
    old = copy.deepcopy(service)
    for key in ("kind", "balancer", "external", "alias_of", "target_rules", "drain_timeout_ms"):
        del old[key]
    assert config_hash(old, {}) == config_hash(service, {})


@pytest.mark.parametrize(
    ("written", "expected"), [("", 10000), ("0", 0), ("'25000'", 25000), ("86400000", 86400000)]
)
def test_how_long_a_service_is_drained(tmp_path: pathlib.Path, written: str, expected: int) -> None:
    definition, warnings = load(tmp_path, with_keys(f"drain_timeout_ms: {written}"))
    assert (definition["services"]["web"]["drain_timeout_ms"], warnings) == (expected, [])


@pytest.mark.parametrize(
    "keys",
    [
        "lb_config: {}",
        "lb_config: {certs: [], port_rules: []}",
        "lb_config: {port_rules: }",
        "load_balancer_config: {haproxy_config: {}}",
        "certs: []\ndefault_cert: ''\nexternal_ips: []",
    ],
)
def test_empty_blocks_make_no_load_balancer(tmp_path: pathlib.Path, keys: str) -> None:
    definition, warnings = load(tmp_path, with_keys(keys))
    assert (definition["services"]["web"]["balancer"], warnings) == (None, [])


def test_a_label_of_load_balancers_elsewhere_is_said(tmp_path: pathlib.Path) -> None:
    _definition, (said,) = load(
        tmp_path, with_keys("labels: {io.rancher.lb_service.target: only-local}")
    )
    assert "has no effect: the service is no load balancer" in said
