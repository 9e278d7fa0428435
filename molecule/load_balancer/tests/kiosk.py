# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack that converge brings up, for edits: two members, and a load balancer on each host."""

from __future__ import annotations

import typing as t

from ...shared.stacks import Stack

PORT = 18080
PAIR = ["kiosk-web-1", "kiosk-web-2"]
INTERVAL_MS, TIMEOUT_MS, THRESHOLD = 500, 500, 3
BUSY_S = 0.3
# Three checks in a row, of which the last one may take its whole time to fail; and what a busy machine adds.
NOTICED_S = (INTERVAL_MS * THRESHOLD + TIMEOUT_MS) / 1000 + BUSY_S

CHECK = {
    "port": 8080,
    "request_line": "GET /health HTTP/1.0",
    "interval": INTERVAL_MS,
    "response_timeout": TIMEOUT_MS,
    "healthy_threshold": 2,
    "unhealthy_threshold": THRESHOLD,
}
WEB: dict[str, t.Any] = {
    "labels": {"io.rancher.container.hostname_override": "container_name"},
    "health_check": CHECK,
}
RULE = {"source_port": PORT, "service": "web", "target_port": 8080}
LB: dict[str, t.Any] = {
    "image": "rancher/lb-service-haproxy:v0.9.14",
    "stop_grace_period": "10s",
    "ports": [f"{PORT}:{PORT}"],
    "labels": {"io.rancher.scheduler.global": "true"},
}


def with_rule(kiosk: Stack, number: int) -> Stack:
    """The stack with one more rule, another one for each number; none for 0."""
    more = [{**RULE, "hostname": f"shop{number}.example", "path": f"/{number}"}] if number else []
    return with_config(kiosk, {"port_rules": [RULE, *more]})


def with_config(kiosk: Stack, config: dict[str, t.Any], **services: t.Any) -> Stack:
    """The stack with this lb_config, and with more services."""
    return kiosk.define(web=WEB, lb={**LB, "lb_config": config}, **services)
