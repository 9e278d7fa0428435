# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports of the host that a service asks for. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .world import Port


def published(service: dict[str, t.Any]) -> list[Port]:
    """Host ports that every member of a service needs for itself."""
    if service["network"] == "host":
        return []
    ports = service["container"].get("ports", [])
    return [(port["ip"], int(port["public"]), port["protocol"]) for port in ports if port["public"]]
