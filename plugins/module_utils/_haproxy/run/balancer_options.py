# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert the options of the module haproxy_balancer into a load balancer's model. Pure; private to the collection."""

from __future__ import annotations

import hashlib
import typing as t

from .check_options import NUMBERS, request_of

Json = t.Dict[str, t.Any]

# Argument specs of the options that have suboptions.
_REQUIRED = {"type": "str", "required": True}
RULE: Json = {"hostname": {"type": "str"}, "path": {"type": "str"}, "backend": _REQUIRED}
FRONTEND: Json = {
    "port": {"type": "int", "required": True},
    "protocol": {
        "type": "str",
        "choices": ["http", "https", "tcp", "tls", "sni"],
        "default": "http",
    },
    "published": {"type": "bool", "default": True},
    "proxy_protocol": {"type": "bool", "default": False},
    "rules": {"type": "list", "elements": "dict", "default": [], "options": RULE},
    "default_backend": {"type": "str"},
}
SERVER: Json = {
    "name": _REQUIRED,
    "address": _REQUIRED,
    "port": {"type": "int", "required": True},
    "weight": {"type": "int", "default": 1},
    "drain": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": False},
    "resolve": {"type": "bool", "default": False},
}
REQUEST: Json = {
    "method": {"type": "str", "default": "GET"},
    "uri": {"type": "str", "default": "/"},
    "version": {"type": "str", "choices": ["HTTP/1.0", "HTTP/1.1"], "default": "HTTP/1.0"},
    "headers": {"type": "dict", "default": {}},
}
CHECK: Json = {
    "port": {"type": "int"},
    "request_line": {"type": "str"},
    "request": {"type": "dict", "options": REQUEST},
    "interval": {"type": "int"},
    "response_timeout": {"type": "int"},
    "healthy_threshold": {"type": "int"},
    "unhealthy_threshold": {"type": "int"},
}
STICKINESS: Json = {
    "cookie": {"type": "str"},
    "domain": {"type": "str"},
    "indirect": {"type": "bool", "default": False},
    "nocache": {"type": "bool", "default": False},
    "postonly": {"type": "bool", "default": False},
    "mode": {"type": "str", "choices": ["insert", "rewrite", "prefix"], "default": "insert"},
}
BACKEND: Json = {
    "name": _REQUIRED,
    "mode": {"type": "str", "choices": ["http", "tcp"], "default": "http"},
    "servers": {"type": "list", "elements": "dict", "default": [], "options": SERVER},
    "check": {
        "type": "dict",
        "options": CHECK,
        "mutually_exclusive": [("request", "request_line")],
    },
    "stickiness": {"type": "dict", "options": STICKINESS},
}
STATISTICS: Json = {
    "port": {"type": "int", "required": True},
    "user": _REQUIRED,
    "password": {"type": "str", "required": True, "no_log": True},
    "published": {"type": "bool", "default": True},
}


def model_from_options(params: Json) -> Json:
    """The model of render_balancer.

    Args:
        params: The module's options.

    Raises:
        ValueError: A request line can't be read; the text names its backend.
    """
    certificates = params["certificates"] or {}
    return {
        "address": params["address"] or "",
        "frontends": [_frontend(option) for option in params["frontends"]],
        "backends": [_backend(option) for option in params["backends"]],
        "certificates": {name: pem_digest(str(pem)) for name, pem in certificates.items()},
        "default_certificate": params["default_certificate"] or "",
        "certificate_dir": "",
        "config": params["config"] or "",
        "retry": params["retry"],
        "statistics": params["statistics"],
    }


def pem_digest(pem: str) -> str:
    """SHA-256 of a certificate's text, in hex."""
    return hashlib.sha256(pem.strip().encode("utf-8")).hexdigest()


def _frontend(option: Json) -> Json:
    rules = [
        {key: rule.get(key) or "" for key in ("hostname", "path", "backend")}
        for rule in option["rules"]
    ]
    return {**option, "rules": rules, "default_backend": option["default_backend"] or ""}


def _backend(option: Json) -> Json:
    stickiness = option["stickiness"]
    return {
        "name": option["name"],
        "mode": option["mode"],
        "check": _check(option["check"], option["name"]) if option["check"] else None,
        "stickiness": {**stickiness, "name": ""} if stickiness else None,
        "servers": [dict(server) for server in option["servers"]],
    }


def _check(option: Json, backend: str) -> Json:
    check: Json = {
        "port": option["port"] or 0,
        "request": request_of({**option, "backend": backend}),
    }
    for given, key in NUMBERS.items():
        check[key] = option.get(given) or 0
    return check
