# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load balancer's definition and its rules, as the loader makes them."""

from __future__ import annotations

import typing as t

BALANCER: dict[str, t.Any] = {
    "rules": [],
    "proxy_protocol_ports": [],
    "certificates": [],
    "default_certificate": "",
    "certificate_dir": "",
    "default_certificate_dir": "",
    "stickiness": None,
    "config": "",
    "target": "any",
}


def rule(target: str = "shop/web", **changes: t.Any) -> dict[str, t.Any]:
    base = {
        "source_port": 80,
        "protocol": "http",
        "service": target,
        "selector": None,
        "target_port": 8080,
        "hostname": "",
        "path": "",
        "priority": 0,
        "backend_name": "",
        "weight": 1,
    }
    return {**base, **changes}
