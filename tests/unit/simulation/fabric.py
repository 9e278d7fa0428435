# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fake hosts share: the clock, the image registry, networks and their addresses, the Swarm."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import ipaddress
import itertools
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._engine.errors import refusal

NEVER = "0001-01-01T00:00:00Z"
NO_LEADER = "The swarm does not have a leader. It's possible that too few managers are online."
# After 20 s, when a manager finds the wanted address taken.
ATTACH_FAILED = (
    "attaching to network failed, make sure your network options are correct and check manager logs: "
    "context deadline exceeded"
)


class Clock:
    """Seconds since the epoch, moved by the simulation alone."""

    def __init__(self, now: float = 1_795_341_600.0) -> None:
        self.now = now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def stamp(self) -> str:
        """Now, as the engine writes times."""
        moment = datetime.datetime.fromtimestamp(self.now, datetime.timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


@dataclasses.dataclass
class Image:
    """An image as a registry or a host has it."""

    reference: str
    volumes: tuple[str, ...] = ()
    ends: bool = False
    """Its program does its work and ends, as a start_once service's does."""
    fails: bool = False
    """Its program fails at once after each start."""
    content: str = ""
    """What is in it; without one its name stands for that."""

    @property
    def id(self) -> str:
        seed = f"{self.content or self.reference}|{','.join(self.volumes)}"
        return f"sha256:{hashlib.sha256(seed.encode()).hexdigest()}"

    def as_json(self) -> dict[str, Any]:
        """As C(GET /images/REF/json)."""
        return {
            "Id": self.id,
            "RepoTags": [self.reference],
            "RepoDigests": [f"{self.reference.split(':')[0]}@{self.id}"],
            "Config": {"Volumes": {path: {} for path in self.volumes} or None},
        }


class Registry:
    """Where images are pulled from; single references, or all of it, can fail."""

    def __init__(self, images: list[Image]) -> None:
        self.images = {image.reference: image for image in images}
        self.broken: set[str] = set()

    def get(self, reference: str) -> Image:
        if reference in self.broken:
            raise refusal("received unexpected HTTP status: 503 Service Unavailable", 500)
        if reference not in self.images:
            raise refusal(f"manifest for {reference} not found: manifest unknown", 404)
        return self.images[reference]


@dataclasses.dataclass
class Swarm:
    """The Swarm that carries the overlay; without a manager quorum nothing attaches to it."""

    quorum: bool = True


@dataclasses.dataclass
class Network:
    """One network; for an overlay the same object is in all hosts."""

    name: str
    id: str
    driver: str
    subnet: str
    ip_range: str
    labels: dict[str, str]
    options: dict[str, str] = dataclasses.field(default_factory=dict)
    owners: dict[str, str] = dataclasses.field(default_factory=dict)
    """Address -> id of the container that holds it."""

    def claim(self, container_id: str, wanted: str) -> str:
        """Take an address for a container; any of the engine's own range where none is wanted."""
        if not wanted:
            wanted = self._next_free()
        elif ipaddress.ip_address(wanted) not in ipaddress.ip_network(self.subnet):
            text = f"Invalid address {wanted}: It does not belong to any of this network's subnets"
            raise refusal(text, 400)
        if self.owners.get(wanted, container_id) != container_id:
            if self.driver == "overlay":
                raise refusal(ATTACH_FAILED, 500)
            raise refusal("Address already in use", 403)
        self.owners[wanted] = container_id
        return wanted

    def _next_free(self) -> str:
        hosts = itertools.islice(
            ipaddress.ip_network(self.ip_range or self.subnet).hosts(), 1, None
        )
        return next(str(address) for address in hosts if str(address) not in self.owners)

    def release(self, container_id: str) -> None:
        """Give up whatever a container holds."""
        self.owners = {
            address: owner for address, owner in self.owners.items() if owner != container_id
        }

    def as_json(self) -> dict[str, Any]:
        """As an element of C(GET /networks)."""
        config = {"Subnet": self.subnet}
        if self.ip_range:
            config["IPRange"] = self.ip_range
        overlay = self.driver == "overlay"
        return {
            "Name": self.name,
            "Id": self.id,
            "Scope": "swarm" if overlay else "local",
            "Driver": self.driver,
            "EnableIPv6": False,
            "IPAM": {"Driver": "default", "Options": {}, "Config": [config] if self.subnet else []},
            "Internal": False,
            "Attachable": overlay,
            "Ingress": False,
            "Containers": {},
            "Options": dict(self.options),
            "Labels": dict(self.labels),
        }


def new_network(name: str, body: dict[str, Any], identity: str) -> Network:
    """A network as C(POST /networks/create) makes it."""
    config = (body.get("IPAM", {}).get("Config") or [{}])[0]
    return Network(
        name,
        identity,
        body.get("Driver", "bridge"),
        config.get("Subnet", ""),
        config.get("IPRange", ""),
        dict(body.get("Labels") or {}),
        dict(body.get("Options") or {}),
    )
