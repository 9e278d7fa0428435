# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of load balancers for tests."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

CHECK: Json = {
    "port": 80,
    "request": {"method": "GET", "uri": "/", "version": "HTTP/1.0", "headers": []},
    "interval_ms": 2000,
    "response_timeout_ms": 1500,
    "healthy_threshold": 2,
    "unhealthy_threshold": 3,
}
STICKY: Json = {
    "name": "",
    "cookie": "lb",
    "domain": ".shop.example",
    "indirect": True,
    "nocache": True,
    "postonly": False,
    "mode": "insert",
}


def server(index: int = 1, **given: t.Any) -> Json:
    flags = {"drain": False, "backup": False, "resolve": False}
    place = {"name": f"shop.web.{index}", "address": f"10.42.131.{index}", "port": 8080}
    return {**place, "weight": 1, **flags, **given}


def backend(name: str = "80_", *servers: Json, **given: t.Any) -> Json:
    common = {"mode": "http", "check": None, "stickiness": None}
    return {"name": name, "servers": list(servers), **common, **given}


def frontend(port: int = 80, *rules: Json, **given: t.Any) -> Json:
    common = {"protocol": "http", "proxy_protocol": False, "default_backend": ""}
    return {"port": port, "rules": list(rules), **common, **given}


def rule(hostname: str = "", path: str = "", backend: str = "80_") -> Json:
    return {"hostname": hostname, "path": path, "backend": backend}


def model(**given: t.Any) -> Json:
    return {
        "frontends": [frontend(default_backend="80_")],
        "backends": [backend("80_", server(1), server(2))],
        "certificates": {},
        "default_certificate": "",
        "certificate_dir": "",
        "config": "",
        "retry": True,
        "statistics": None,
        **given,
    }
