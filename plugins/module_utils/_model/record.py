# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack record as a file and in observations: the types of docs/schema.md sections 4 and 5.

Private to the collection. What they name, the planner reads without a further check.
"""

from __future__ import annotations

import typing as t

from .entry import Move, Moved
from .ledger import LedgerEntry

Json = t.Dict[str, t.Any]


class _Signed(t.TypedDict, total=False):
    signature: str
    """Of the control node that made the version. Hosts store it and cannot check it."""


class Version(_Signed):
    """The order of writes."""

    number: int
    token: str
    hash: str
    """SHA-256 of the body as canonical JSON."""


class Link(t.TypedDict):
    """A link of a service."""

    stack: str
    service: str
    alias: str


class _Beside(t.TypedDict, total=False):
    """What a service asks for of the members on its host; only the rules that it has."""

    container_label: list[list[str]]
    container_label_ne: list[list[str]]
    container_label_soft: list[list[str]]
    container_label_soft_ne: list[list[str]]
    container: list[str]
    container_ne: list[str]
    container_soft: list[str]
    container_soft_ne: list[str]


class Placement(_Beside):
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


class UpgradeStrategy(t.TypedDict, total=False):
    """How a service is upgraded; only what its file says."""

    order: str
    """C(start-first) or C(stop-first)."""
    batch_size: int
    interval_ms: int
    monitor_ms: int
    deadline_ms: int
    failure_action: str
    """C(rollback), C(pause) or C(continue)."""
    max_failure_ratio: float
    confirm_after_ms: int


class _Further(t.TypedDict, total=False):
    """Keys that only some services have: those of load balancers, of external ones (section 11), of upgrades."""

    health_check: Json | None
    kind: str
    balancer: Json | None
    external: Json | None
    alias_of: t.Any
    target_rules: list[Json]
    drain_timeout_ms: int
    upgrade_strategy: UpgradeStrategy
    gates: dict[str, str]


class InPlace(_Named, _Further):  # pylint: disable=inherit-non-class
    """What of a service is applied without a new container."""

    scale: int
    start_on_create: bool
    pull: str
    retain_ip: bool
    links: list[Link]
    depends_on: list[str]
    placement: Placement
    metadata: Json


class Part(t.TypedDict):
    """One container of a launch."""

    image: str
    network: str
    hostname_override: t.Any
    start_once: bool
    container: ContainerOptions


class CanonicalService(InPlace, Part):  # pylint: disable=duplicate-bases
    """One service of a definition."""


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


class Launch(t.TypedDict):
    """What needs new containers when it changes."""

    parts: dict[str, Part]
    volumes: dict[str, DeclaredVolume]


# --- the body, of either format: docs/schema.md section 4 ---


class _AnyRevision(t.TypedDict):
    number: int
    author: str
    time: str
    note: str
    tombstone: bool
    digests: dict[str, str]


class FirstDesire(t.TypedDict):
    """The desired state of one service, in format 1."""

    scale: int
    state: str
    """C(active), C(stopped) or C(created)."""


class FirstRevision(_AnyRevision):
    """One desired state, in format 1."""

    definition: Json
    """A C(Definition); empty before the first C(up)."""
    services: dict[str, FirstDesire]


class _TakesOver(t.TypedDict, total=False):
    takes_over: Json
    """While it takes over from another service (C(service)): the scale that it has in the end (C(scale))."""


class Desire(FirstDesire, _TakesOver):
    """The desired state of one service."""

    launch: str
    """Its id in C(launches)."""
    in_place: InPlace


class Revision(_AnyRevision):
    """One desired state."""

    services: dict[str, Desire]
    volumes: dict[str, DeclaredVolume]
    more: Json
    """What else the definition has: its stack, its certificates."""


class _AnyMember(t.TypedDict):
    host: str
    create_index: int
    volumes: dict[str, str]
    retired: bool


class FirstMember(_AnyMember):
    """The placement of one member, in format 1."""

    address: str
    network: str


class _Upgraded(t.TypedDict, total=False):
    slot: int
    """The number of the revision that an upgrade made it for; missing for the first life."""
    role: str
    """C(kept) or C(newcomer); missing if it serves."""
    since: float
    retired: bool
    """This slot is no longer wanted, and others of the member are."""


class Slot(_Upgraded):
    """One life of a member."""

    launch: str
    address: str
    network: str


class _MovedMember(t.TypedDict, total=False):
    move: Move
    """Missing unless it is moved to another host with its volumes."""
    moved: Moved
    """Missing unless it was moved."""


class Member(_AnyMember, _MovedMember):
    """The placement of one member."""

    slots: list[Slot]


class Confirmed(t.TypedDict):
    """The way back of an upgrade: the launch that was last confirmed, and what else changes with it."""

    launch: str
    revision: int
    own: Json
    """What of the service goes with the launch, though it is applied in place: its health check."""


class _Marks(t.TypedDict, total=False):
    refused: bool
    """Docker refused to change a member in place, so the members are replaced."""
    left: int
    """Of the rollback of a forced upgrade: the slot that it began, whose launch is the confirmed one, too."""


class Upgrade(_Marks):
    """An upgrade of one service that is not confirmed. How far it is follows from the slots; it is not stored."""

    phase: str
    """C(rolling), C(paused), C(rolling_back) or C(rolled_back)."""
    slot: int
    """The slot of the newcomers: the number of the revision that began it."""
    force: bool
    """Whether containers of the same launch are replaced too."""
    confirmed: Confirmed
    others: dict[str, Json]
    """The C(own) of other launches that members may still have, by launch."""
    policy: Json
    """What the command says of its order and pace; it overrides what the service says."""
    reason: t.Any
    """Why it was paused or rolled back: a fact, or None for a person's command."""


class _Launches(t.TypedDict, total=False):
    launches: dict[str, Launch]
    upgrades: dict[str, Upgrade]
    """By service."""


class Body(_Launches):
    """Desired state and placement of one stack, as stored in either format."""

    hosts: list[str]
    revisions: list[Revision | FirstRevision]
    members: dict[str, Member | FirstMember]
    counters: dict[str, int]


class StoredVersion(t.TypedDict):
    """A version and its body."""

    version: Version
    body: Body


class _Base(t.TypedDict, total=False):
    base: Json
    """The undecided C(Proposal) that it was made on."""


class Proposal(StoredVersion, _Base):
    """A version that its host has not heard to be committed."""

    asked: list[str]


class _More(t.TypedDict, total=False):
    life: dict[str, LedgerEntry]
    proposed: Proposal


class Record(StoredVersion, _More):
    """The record of one stack on one host."""

    format: int
    stack: str
    host: str
