# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fake container, and the objects that the Engine API makes of it."""

from __future__ import annotations

import dataclasses
from typing import Any

from .fabric import NEVER

Json = dict[str, Any]

ANY_MAC = "02:42:0a:2a:80:01"


@dataclasses.dataclass
class Mount:
    """One mount: a volume (anonymous ones can be removed with the container) or a path of the host."""

    target: str
    source: str
    volume: bool
    anonymous: bool = False
    mode: str = ""

    def as_json(self) -> Json:
        if not self.volume:
            common = {"Type": "bind", "Source": self.source, "Destination": self.target}
        else:
            place = f"/var/lib/docker/volumes/{self.source}/_data"
            common = {
                "Type": "volume",
                "Name": self.source,
                "Source": place,
                "Destination": self.target,
            }
            common["Driver"] = "local"
        return {
            **common,
            "Mode": self.mode or "z",
            "RW": "ro" not in self.mode.split(","),
            "Propagation": "",
        }


@dataclasses.dataclass
class Container:
    """A container of a fake engine."""

    id: str
    name: str
    body: Json
    made_at: str
    mounts: list[Mount]
    networks: dict[str, Json]
    """Name of the network -> the endpoint's wishes: IPAMConfig, Aliases, Links."""
    addresses: dict[str, str] = dataclasses.field(default_factory=dict)
    status: str = "created"
    exit_code: int = 0
    error: str = ""
    started_at: str = NEVER
    finished_at: str = NEVER
    restarts: int = 0
    starts: int = 0
    """How often it was started by a call."""
    stopped_by_hand: bool = False
    broken: bool = False
    """Its program fails at once after each start."""
    health: str = ""
    """What its own check says; empty without one."""
    said: str = ""
    """What that check printed last."""
    image_id: str = ""
    """Of the image that its name meant when it was made."""
    ours: bool = False
    """Made by a call of the code under test, not by a person."""

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.body.get("Labels") or {})

    @property
    def live(self) -> bool:
        """What the engine calls Running: also while paused, and while it waits to restart."""
        return self.status in ("running", "paused", "restarting")

    @property
    def policy(self) -> str:
        return str((self.body.get("HostConfig") or {}).get("RestartPolicy", {}).get("Name") or "no")

    @property
    def network_mode(self) -> str:
        return str((self.body.get("HostConfig") or {}).get("NetworkMode") or "default")

    @property
    def published(self) -> Json:
        """The port bindings that count: those of exposed ports."""
        bindings = (self.body.get("HostConfig") or {}).get("PortBindings") or {}
        exposed = [] if self.network_mode == "host" else self.body.get("ExposedPorts") or {}
        return {port: bindings.get(port) or [] for port in sorted(exposed)}

    @property
    def bindings(self) -> list[tuple[str, int, str]]:
        """Host ports it asks for: address, port, protocol."""
        return [
            (place.get("HostIp") or "0.0.0.0", int(place["HostPort"]), _protocol(port))
            for port, places in self.published.items()
            for place in places
            if place.get("HostPort")
        ]

    def snapshot(self) -> tuple[Any, ...]:
        """What nobody but its owner may change."""
        networks = tuple(sorted((name, str(wish)) for name, wish in self.networks.items()))
        return (
            self.id,
            self.name,
            self.status,
            self.started_at,
            tuple(sorted(self.labels.items())),
            networks,
        )


def listed(container: Container, image_id: str) -> Json:
    """As an element of C(GET /containers/json)."""
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.body["Image"],
        "ImageID": image_id,
        "Command": "",
        "Created": 0,
        "Ports": _list_ports(container),
        "Labels": container.labels,
        "State": container.status,
        "Status": container.status,
        "HostConfig": {"NetworkMode": container.network_mode},
        "NetworkSettings": {"Networks": _networks(container)},
        "Mounts": [mount.as_json() for mount in container.mounts],
    }


def _protocol(port: str) -> str:
    return port.partition("/")[2] or "tcp"


def _list_ports(container: Container) -> list[Json]:
    if container.status not in ("running", "paused"):
        return []
    return [
        _list_port(int(port.partition("/")[0]), _protocol(port), place)
        for port, places in container.published.items()
        for place in places or [{}]
    ]


def _list_port(private: int, protocol: str, place: Json) -> Json:
    port: Json = {"PrivatePort": private, "Type": protocol}
    if place.get("HostPort"):
        port.update({"IP": place.get("HostIp") or "0.0.0.0", "PublicPort": int(place["HostPort"])})
    return port


def inspected(container: Container, image_id: str) -> Json:
    """As C(GET /containers/ID/json), as far as anything in the collection could read it."""
    body = container.body
    host_config = {**(body.get("HostConfig") or {})}
    host_config.setdefault("NetworkMode", "default")
    host_config["RestartPolicy"] = {"Name": container.policy, "MaximumRetryCount": 0}
    return {
        "Id": container.id,
        "Name": f"/{container.name}",
        "Created": container.made_at,
        "Image": image_id,
        "RestartCount": container.restarts,
        "State": _state(container),
        "HostConfig": host_config,
        "Config": {
            **{
                key: value
                for key, value in body.items()
                if key not in ("HostConfig", "NetworkingConfig")
            },
            "Labels": container.labels,
        },
        "Mounts": [mount.as_json() for mount in container.mounts],
        "NetworkSettings": {"Networks": _networks(container), "Ports": _inspect_ports(container)},
    }


def _state(container: Container) -> Json:
    log = [{"ExitCode": 1, "Output": container.said}]
    health = {"Health": {"Status": container.health, "Log": log}} if container.health else {}
    return {
        **health,
        "Status": container.status,
        "Running": container.live,
        "Paused": container.status == "paused",
        "Restarting": container.status == "restarting",
        "OOMKilled": False,
        "Dead": container.status == "dead",
        "Pid": 4711 if container.status in ("running", "paused") else 0,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": container.started_at,
        "FinishedAt": container.finished_at,
    }


def _networks(container: Container) -> Json:
    found = {}
    for name, wish in container.networks.items():
        aliases = wish.get("Aliases")
        if container.started_at != NEVER and name not in ("bridge", "host", "none"):
            aliases = [*(aliases or []), container.id[:12]]
        found[name] = {
            "IPAMConfig": wish.get("IPAMConfig"),
            "Links": wish.get("Links"),
            "Aliases": aliases,
            "NetworkID": "",
            "EndpointID": "",
            "IPAddress": container.addresses.get(name, ""),
            "MacAddress": (wish.get("MacAddress") or ANY_MAC)
            if name in container.addresses
            else "",
        }
    return found


def _inspect_ports(container: Container) -> Json:
    if container.status not in ("running", "paused"):
        return {}
    return {
        port: [_bound(place) for place in places] or None
        for port, places in container.published.items()
    }


def _bound(place: Json) -> Json:
    """Where a port is published; the engine chooses where nothing was asked for."""
    return {
        "HostIp": place.get("HostIp") or "0.0.0.0",
        "HostPort": place.get("HostPort") or "32768",
    }
