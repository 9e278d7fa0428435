# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert the engine's inspect of our containers into an observation. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._common.constants import (
    LABEL_CONFIG_HASH,
    LABEL_CREATE_INDEX,
    LABEL_FIXED,
    LABEL_INDEX,
    LABEL_MANAGED,
    LABEL_REVISION,
    LABEL_SERVICE,
    LABEL_SLOT,
    LABEL_STACK,
)
from .._common.labels import number
from .._model.observation import Endpoint, ObservedContainer, short_id

Json = t.Dict[str, t.Any]


def summary(inspected: Json) -> ObservedContainer:
    """The observation of one of our containers."""
    labels, state = inspected["Config"].get("Labels") or {}, inspected["State"]
    slot = number(labels.get(LABEL_SLOT))
    found = ObservedContainer(
        id=inspected["Id"],
        name=inspected["Name"].lstrip("/"),
        managed=labels[LABEL_MANAGED],
        stack=labels[LABEL_STACK],
        service=labels[LABEL_SERVICE],
        index=number(labels[LABEL_INDEX]),
        create_index=number(labels.get(LABEL_CREATE_INDEX)),
        revision=number(labels.get(LABEL_REVISION)),
        config_hash=labels.get(LABEL_CONFIG_HASH, ""),
        state=state["Status"],
        exit_code=state.get("ExitCode", 0),
        oom=bool(state.get("OOMKilled")),
        error=state.get("Error", ""),
        started_at=state.get("StartedAt", ""),
        finished_at=state.get("FinishedAt", ""),
        health=(state.get("Health") or {}).get("Status", "none"),
        restart_count=inspected.get("RestartCount", 0),
        image=inspected["Config"].get("Image", ""),
        image_id=short_id(inspected.get("Image", "")),
        networks=_networks(inspected),
        ports=_ports(inspected),
        mounts=volume_mounts(inspected),
    )
    if slot:
        found["slot"] = slot
    if LABEL_FIXED in labels:
        found["fixed"] = labels[LABEL_FIXED]
    return found


def volume_mounts(inspected: Json) -> dict[str, str]:
    """Container path to volume name."""
    mounts = inspected.get("Mounts") or []
    return {
        item["Destination"]: item["Name"]
        for item in mounts
        if item.get("Type") == "volume" and item.get("Name")
    }


def _networks(inspected: Json) -> dict[str, Endpoint]:
    networks = (inspected.get("NetworkSettings") or {}).get("Networks") or {}
    return {name: _endpoint(endpoint or {}, inspected) for name, endpoint in networks.items()}


def _endpoint(endpoint: Json, inspected: Json) -> Endpoint:
    """A stopped container has no address; then the fixed address that it will request is given."""
    wanted = (endpoint.get("IPAMConfig") or {}).get("IPv4Address", "")
    short_id = inspected["Id"][:12]  # engines add it to the aliases
    return Endpoint(
        address=endpoint.get("IPAddress") or wanted,
        aliases=[alias for alias in endpoint.get("Aliases") or [] if alias != short_id],
        links=list(endpoint.get("Links") or []),
        mac=endpoint.get("MacAddress") or "",
    )


def _ports(inspected: Json) -> list[list[t.Any]]:
    """Host ports: fixed ones always, ports chosen by the engine only while the container runs."""
    wanted = inspected.get("HostConfig", {}).get("PortBindings") or {}
    actual = (inspected.get("NetworkSettings") or {}).get("Ports") or {}
    found: set[tuple[str, int, str]] = set()
    for name, bindings in wanted.items():
        fixed = [item for item in bindings or [] if number(item.get("HostPort"))]
        for binding in fixed or actual.get(name) or []:
            found.add(
                (
                    binding.get("HostIp") or "0.0.0.0",
                    number(binding.get("HostPort")),
                    name.partition("/")[2],
                )
            )
    return [list(port) for port in sorted(found) if port[1]]
