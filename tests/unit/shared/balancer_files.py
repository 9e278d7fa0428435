# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks with a load balancer, written for one test."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.tests.unit.shared.stack_folder import COMPOSE

RANCHER = "rancher-compose.yml"
RULE: dict[str, t.Any] = {
    "source_port": 80,
    "protocol": "http",
    "service": "shop/web",
    "selector": None,
    "target_port": 8080,
    "hostname": "",
    "path": "",
    "priority": 0,
    "backend_name": "",
    "weight": 1,
}
PLAIN = "source_port: 80, target_port: 8080, service: web"


def two_files(config: str, compose_keys: str = "") -> dict[str, str]:
    """A stack of the second format: services web and api, and a load balancer "lb" with this lb_config."""
    lines = "\n".join(f"      {line}" for line in config.splitlines())
    return {
        COMPOSE: "version: '2'\nservices:\n  web: {image: a}\n  api: {image: a}\n"
        f"  lb:\n    image: rancher/lb-service-haproxy:v0.9.1\n{compose_keys}",
        RANCHER: f"version: '2'\nservices:\n  lb:\n    lb_config:\n{lines}\n",
    }


def with_rules(*rules: str) -> dict[str, str]:
    return two_files("port_rules:\n" + "\n".join(f"- {{{rule}}}" for rule in rules))
