# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack record as a file and in observations: the types of docs/schema.md sections 4 and 5.

Private to the collection. What they name, the planner reads without a further check.
"""

from __future__ import annotations

import typing as t

from .entry import MemberEntry
from .ledger import LedgerEntry

Json = t.Dict[str, t.Any]


class Version(t.TypedDict):
    """The order of writes."""

    number: int
    token: str
    hash: str
    """SHA-256 of the body as canonical JSON."""


class Desire(t.TypedDict):
    """The desired state of one service."""

    scale: int
    state: str
    """C(active), C(stopped) or C(created)."""


class Link(t.TypedDict):
    """A link of a service."""

    stack: str
    service: str
    alias: str


class Placement(t.TypedDict):
    """The host labels that a service asks for. C(soft): preferred, not required."""

    host_label: list[list[str]]
    host_label_ne: list[list[str]]
    host_label_soft: list[list[str]]
    host_label_soft_ne: list[list[str]]


class PortMapping(t.TypedDict):
    """A published port. C(public) is None if the engine picks it."""

    ip: str
    public: int | None
    private: int
    protocol: str


class Mount(t.TypedDict):
    """A mount of a container."""

    kind: str
    source: str | None
    target: str
    options: list[str]


class ContainerOptions(t.TypedDict, total=False):
    """The options of a container that planning reads. The engine checks the others."""

    labels: dict[str, str]
    ports: list[PortMapping]
    mounts: list[Mount]
    volume_driver: str
    hostname: str
    mac_address: str
    stop_grace_period_s: float


_Named = t.TypedDict("_Named", {"global": bool})
"""C(global) is a word of Python."""


class _Further(t.TypedDict, total=False):
    """Keys that only some services have: those of load balancers and of services without containers (section 11)."""

    health_check: Json | None
    kind: str
    balancer: Json | None
    external: Json | None
    alias_of: t.Any
    target_rules: list[Json]
    drain_timeout_ms: int


class CanonicalService(_Named, _Further):  # pylint: disable=inherit-non-class
    """One service of a definition."""

    image: str
    scale: int
    start_once: bool
    start_on_create: bool
    pull: str
    network: str
    retain_ip: bool
    hostname_override: t.Any
    links: list[Link]
    depends_on: list[str]
    placement: Placement
    metadata: Json
    container: ContainerOptions


class DeclaredVolume(t.TypedDict):
    """A declared volume of a stack."""

    driver: str
    driver_opts: dict[str, str]
    external: bool
    name: str
    per_container: bool


class _Certificates(t.TypedDict, total=False):
    certificates: Json


class Definition(_Certificates):
    """The canonical stack."""

    stack: str
    services: dict[str, CanonicalService]
    volumes: dict[str, DeclaredVolume]


class Revision(t.TypedDict):
    """One desired state."""

    number: int
    author: str
    time: str
    note: str
    tombstone: bool
    definition: Json
    """A C(Definition); empty before the first C(up)."""
    services: dict[str, Desire]
    digests: dict[str, str]


class Body(t.TypedDict):
    """Desired state and placement of one stack."""

    hosts: list[str]
    revisions: list[Revision]
    members: dict[str, MemberEntry]
    counters: dict[str, int]


class _Ledger(t.TypedDict, total=False):
    life: dict[str, LedgerEntry]


class Record(_Ledger):
    """The record of one stack on one host."""

    format: int
    stack: str
    host: str
    version: Version
    body: Body
