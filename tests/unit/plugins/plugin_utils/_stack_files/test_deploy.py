# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose's key deploy: other words for keys and labels of the service. Its configs of upgrades have their own file."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    load,
    refused,
    service,
    with_keys,
)

GLOBAL = "io.rancher.scheduler.global"


@pytest.mark.parametrize(
    ("written", "key", "value"),
    [
        ("replicas: 3", "scale", 3),
        ("replicas: '3', mode: replicated", "scale", 3),
        ("mode: global", "global", True),
        ("mode: replicated", "global", False),
    ],
)
def test_mode_and_replicas(tmp_path: pathlib.Path, written: str, key: str, value: t.Any) -> None:
    assert service(tmp_path, f"deploy: {{{written}}}")[key] == value


def test_resources_are_limits_of_the_container(tmp_path: pathlib.Path) -> None:
    keys = """\
deploy:
  resources:
    limits: {cpus: '0.25', memory: 96M, pids: 5}
    reservations: {memory: 32M, devices: [{driver: nvidia, count: 1, capabilities: [gpu, utility]}]}
"""
    assert service(tmp_path, keys)["container"] == {
        "cpus": 0.25,
        "mem_limit": 96 * 2**20,
        "pids_limit": 5,
        "mem_reservation": 32 * 2**20,
        "device_requests": [
            {
                "driver": "nvidia",
                "count": 1,
                "device_ids": [],
                "capabilities": ["gpu", "utility"],
                "options": {},
            }
        ],
    }


def test_constraints_are_labels_of_hosts(tmp_path: pathlib.Path) -> None:
    keys = """\
labels: {io.rancher.scheduler.affinity:host_label: ''}
deploy:
  placement:
    constraints: [node.labels.disk == SSD, engine.labels.zone==a, node.hostname != h1]
"""
    placement = service(tmp_path, keys)["placement"]
    assert placement["host_label"] == [["disk", "ssd"], ["zone", "a"]]
    assert placement["host_label_ne"] == [["io.drover.host.name", "h1"]]


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        ("deploy: {replicas: 2}\nscale: 3", "deploy.replicas", 'contradicts "scale"'),
        ("deploy: {replicas: 0}", "deploy.replicas", "write profiles"),
        ("deploy: {replicas: many}", "deploy.replicas", "a whole number"),
        ("deploy: {mode: globl}", "deploy.mode", 'did you mean "global"'),
        ("deploy: {mode: replicated-job}", "deploy.mode", "start_once"),
        (
            f"deploy: {{mode: global}}\nlabels: {{{GLOBAL}: 'false'}}",
            "deploy",
            f'contradicts the label "{GLOBAL}"',
        ),
        ("deploy: {resources: {limit: {}}}", "deploy.resources.limit", 'mean "limits"?'),
        ("deploy: {resources: {limits: {mem: 1}}}", "deploy.resources.limits.mem", "unknown key"),
        (
            "deploy: {resources: {limits: {memory: 1g}}}\nmem_limit: 2g",
            "deploy.resources.limits.memory",
            'contradicts "mem_limit"',
        ),
        ("deploy: {resources: [a]}", "deploy.resources", "must be a map"),
        ("deploy: {replica: 2}", "deploy.replica", 'mean "replicas"?'),
        (
            "deploy: {placement: {constraints: [node.role == manager]}}",
            "deploy.placement.constraints.0",
            '"node.role" is not run by this release; write node.hostname',
        ),
        (
            "deploy: {placement: {constraints: [node.labels.a=b]}}",
            "deploy.placement.constraints.0",
            'such as "node.labels.disk == ssd"',
        ),
        (
            "deploy: {placement: {max_replicas_per_node: 1}}",
            "deploy.placement.max_replicas_per_node",
            "spread",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(
    tmp_path: pathlib.Path, keys: str, key: str, message: str
) -> None:
    (problem,) = refused(tmp_path, with_keys(keys))
    assert problem.key == key
    assert message in problem.message


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("labels: {a: b}", "labels"),
        ("endpoint_mode: vip", "endpoint_mode"),
        ("restart_policy: {condition: on-failure}", "restart_policy"),
        ("restart_policy: {max_attempts: 3}", "restart_policy"),
        ("resources: {reservations: {cpus: '1'}}", "resources.reservations.cpus"),
        ("placement: {preferences: [{spread: node.labels.zone}]}", "placement.preferences"),
        ("mode: global, replicas: 2", "replicas"),
    ],
)
def test_what_has_no_effect_is_said(tmp_path: pathlib.Path, written: str, key: str) -> None:
    _definition, warnings = load(tmp_path, with_keys(f"deploy: {{{written}}}"))
    assert [text.partition("has no effect")[0].partition("have no")[0] for text in warnings] == [
        f'docker-compose.yml: service "web": key "deploy.{key}": '
    ]


@pytest.mark.parametrize("written", ["restart_policy: {condition: any}", "endpoint_mode: dnsrr"])
def test_what_happens_anyway_is_not_said(tmp_path: pathlib.Path, written: str) -> None:
    assert load(tmp_path, with_keys(f"deploy: {{{written}}}"))[1] == []


ANY = {"driver": "", "count": -1, "device_ids": [], "capabilities": ["gpu"], "options": {}}


@pytest.mark.parametrize(
    ("written", "requests"),
    [
        ("all", [ANY]),
        ("[{count: 2, driver: x}]", [{**ANY, "count": 2, "driver": "x"}]),
        ("[{device_ids: ['0', '3']}]", [{**ANY, "count": 0, "device_ids": ["0", "3"]}]),
        (
            "[{capabilities: [tpu], options: {a: 1}}]",
            [{**ANY, "capabilities": ["tpu"], "options": {"a": "1"}}],
        ),
    ],
)
def test_gpus(tmp_path: pathlib.Path, written: str, requests: list[t.Any]) -> None:
    assert service(tmp_path, f"gpus: {written}")["container"]["device_requests"] == requests


@pytest.mark.parametrize(
    ("written", "key", "message"),
    [
        ("2", "gpus", 'must be "all" or a list'),
        ("[{count: none}]", "gpus.0.count", 'must be "all" or a number'),
        ("[{count: 1, device_ids: [a]}]", "gpus.0.count", "keep one of the two"),
        ("[{counts: 1}]", "gpus.0", 'did you mean "count"'),
        ("[x]", "gpus.0", "must be a map"),
    ],
)
def test_bad_gpus(tmp_path: pathlib.Path, written: str, key: str, message: str) -> None:
    (problem,) = refused(tmp_path, with_keys(f"gpus: {written}"))
    assert problem.key == key
    assert message in problem.message
