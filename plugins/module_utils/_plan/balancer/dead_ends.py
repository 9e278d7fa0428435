# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of load balancers that lead nowhere: their requests are not answered. Private; pure."""

from __future__ import annotations

import typing as t

from ..._common.constants import STATE_STOPPED
from ..._model.fact import Fact
from .routes import Directory

Json = t.Dict[str, t.Any]


def dead_ends(directory: Directory, balancer: Json, *, stack: str, service: str) -> list[Fact]:
    """A fact for each rule without a server, with the reason."""
    found = []
    for rule in balancer["rules"]:
        told = _of_service(directory, rule) if rule["service"] else _of_selector(directory, rule)
        if told:
            code, parameters = told
            found.append(Fact(code, {"rule": rule_text(rule), **parameters}, stack, service))
    return found


def rule_text(rule: Json) -> str:
    """A rule for people: C(port 80 shop.example/api)."""
    match = f"{rule['hostname']}{rule['path']}"
    return f"port {rule['source_port']} {match}" if match else f"port {rule['source_port']}"


def _of_service(directory: Directory, rule: Json) -> tuple[str, Json] | None:
    target = {"target": rule["service"]}
    if directory.service(rule["service"]) is None:
        return "target_unknown", target
    if directory.servers(rule["service"]):
        return None
    stopped = directory.state(rule["service"]) == STATE_STOPPED
    return ("target_stopped" if stopped else "target_empty"), target


def _of_selector(directory: Directory, rule: Json) -> tuple[str, Json] | None:
    targets = directory.selected(rule["selector"])
    if not targets:
        return "selector_empty", {}
    if not any(directory.servers(item) for item in targets):
        return "target_empty", {"target": ", ".join(targets)}
    return None
