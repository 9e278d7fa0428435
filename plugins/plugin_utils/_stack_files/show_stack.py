# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formats the canonical stack for people. Private to the collection."""

from __future__ import annotations

import copy
import re
import typing as t

import yaml

HIDDEN = "********"
# Words of a custom HAProxy config that precede a password.
PASSWORD = re.compile(r"((?:^|\s)(?:insecure-)?password\s+)(?:\"[^\"]*\"|'[^']*'|\S+)")
AUTH = re.compile(r"(\bauth\s+[^\s:]+:)\S+")


def as_yaml(definition: dict[str, t.Any], *, secrets: bool) -> list[str]:
    """Return lines of YAML. Values that may be secrets (environment, metadata, options, headers, keys) are optional."""
    shown = definition if secrets else without_secrets(definition)
    return str(yaml.safe_dump(shown, sort_keys=False, default_flow_style=False)).splitlines()


def without_secrets(definition: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a copy in which possible secrets are replaced."""
    shown = copy.deepcopy(definition)
    for service in shown["services"].values():
        _hide(service["container"].get("environment"))
        _hide(service["metadata"])
        _hide(service["container"].get("logging", {}).get("options"))
        _hide_headers((service.get("health_check") or {}).get("request"))
        _hide_passwords(service.get("balancer"))
    for volume in shown["volumes"].values():
        _hide(volume["driver_opts"])
    for certificate in shown.get("certificates", {}).values():
        certificate["pem"] = HIDDEN
    return shown


def _hide_passwords(balancer: dict[str, t.Any] | None) -> None:
    """Hide passwords of user lists and of the statistics page in a custom config."""
    if balancer:
        text = PASSWORD.sub(rf"\g<1>{HIDDEN}", balancer["config"])
        balancer["config"] = AUTH.sub(rf"\g<1>{HIDDEN}", text)
        if balancer.get("statistics"):
            balancer["statistics"]["password"] = HIDDEN


def _hide_headers(request: dict[str, t.Any] | None) -> None:
    """Hide headers of a health check, such as Authorization. The name of a site is no secret."""
    for header in (request or {}).get("headers", []):
        if header[0].lower() != "host":
            header[1] = HIDDEN


def _hide(values: dict[str, t.Any] | None) -> None:
    for name in values or {}:
        (values or {})[name] = HIDDEN
