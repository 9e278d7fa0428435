# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The observation of one host: the types of docs/schema.md section 7. Private to the collection."""

from __future__ import annotations

import typing as t

from .fact import Refusals

Json = t.Dict[str, t.Any]

# --- containers ---


class Endpoint(t.TypedDict):
    """A container on one network. A fixed C(address) is also given while the container is stopped."""

    address: str
    aliases: list[str]
    links: list[str]
    mac: str
    """Its hardware address; empty while the container is stopped."""


class _Slot(t.TypedDict, total=False):
    slot: int
    """The slot of its member; missing for 0."""
    fixed: str
    """What of its launch Docker cannot change, as a hash; only of containers that no record knows."""


class ObservedContainer(_Slot):
    """One of our containers: the facts from its labels, and those from the engine."""

    id: str
    name: str
    managed: str
    """C(stack) or C(module)."""
    stack: str
    service: str
    index: int
    create_index: int
    revision: int
    config_hash: str
    state: str
    """The engine's state: created, running, paused, restarting, removing, exited or dead."""
    exit_code: int
    oom: bool
    error: str
    started_at: str
    """RFC 3339, as C(finished_at); year 1 means never."""
    finished_at: str
    restart_count: int
    health: str
    """The status of the engine's own HEALTHCHECK; C(none) without one."""
    image: str
    """The name that it was made with."""
    image_id: str
    """What that name meant then: the first 12 hexadecimal digits of the image's id."""
    networks: dict[str, Endpoint]
    ports: list[list[t.Any]]
    """Host ports: address, port, protocol."""
    mounts: dict[str, str]
    """Container path to volume name."""


class ForeignContainer(t.TypedDict):
    """A container that is not ours."""

    id: str
    name: str
    state: str
    ports: list[list[t.Any]]
    addresses: dict[str, str]
    """By network."""
    labelled: bool
    """It has some of our labels, but not all."""


# --- the engine ---


class SwarmFacts(t.TypedDict):
    """An engine's view of the Swarm."""

    state: str
    node_id: str
    manager: bool
    error: str


class EngineFacts(t.TypedDict):
    """An engine's report on itself."""

    id: str
    name: str
    version: str
    api: str
    labels: dict[str, str]
    live_restore: bool
    swarm: SwarmFacts


class ObservedVolume(t.TypedDict):
    """A volume, ours or not."""

    driver: str
    labels: dict[str, str]


class ObservedNetwork(t.TypedDict):
    """A network of the engine."""

    id: str
    driver: str
    subnet: str
    ip_range: str
    ours: bool


def short_id(image: str) -> str:
    """The first 12 hexadecimal digits of an image's id."""
    return image.rpartition(":")[2][:12]


class ObservedImage(t.TypedDict):
    """An image that the host has. C(digest) is empty if it was never pulled."""

    id: str
    volumes: list[str]
    digest: str


# --- HAProxy ---


class _Place(t.TypedDict, total=False):
    place: str
    """The address and port that its check asks; of a load balancer's server, that gets the requests."""


class ServerReport(_Place):
    """A HAProxy's report on one of its servers."""

    backend: str
    server: str
    status: str
    check_status: str
    check_code: int | None
    last_chk: str
    since_s: int | None
    duration_ms: int | None
    failed: int
    """Failed checks in this process."""


class PoolReport(t.TypedDict):
    """What became of the requests to a backend of a load balancer, since HAProxy loaded its config."""

    requests: int
    answers_5xx: int
    failed_connections: int
    failed_answers: int


class TrafficReport(ServerReport):
    """A load balancer's report on one of its servers."""

    sessions: int
    backend_status: str
    weight: int
    drain: bool


class _Socket(t.TypedDict, total=False):
    socket_gone: bool
    """Whether the worker's socket is not there, though the folder is."""


class _HaproxyReport(_Socket):
    error: str
    """Why there is no report; empty if there is one."""
    revision: str
    """Marker of the running config."""
    file_revision: str
    """Marker of the config in its folder; empty if that is missing or damaged."""
    version: str
    pid: int
    uptime_s: int


class CheckerReport(_HaproxyReport):
    """The report of a host's checker."""

    reports: list[ServerReport]


class _Config(t.TypedDict, total=False):
    config: str
    """The config in its folder, without passwords; only if a diff was requested."""


class _Pools(t.TypedDict, total=False):
    pools: dict[str, PoolReport]
    """By backend."""


class BalancerReport(_HaproxyReport, _Config, _Pools):
    """The report of a load balancer."""

    reports: list[TrafficReport]
    sessions: dict[str, int]
    """Open sessions by C(backend/server), if there are any."""
    old_workers: int
    """Workers from before a reload that still serve their old connections."""
    certificates: dict[str, str]
    """The expiry of each certificate."""


class CertificateFolder(t.TypedDict):
    """Certificates in a volume of a load balancer."""

    folders: Json
    certificates: dict[str, str]
    """Fingerprints by name."""
    default: str
    faults: dict[str, str]
    """Why files in it cannot be read, by path."""


# --- the host ---


class Leftovers(t.TypedDict):
    """What killed runs left behind."""

    containers: dict[str, str]
    """Names by id."""
    folders: list[str]
    """Names of folders beside those of the load balancers."""


class UnsignedRecord(t.TypedDict):
    """The versions in a host's copy of a record that the key of this control node did not sign."""

    number: int
    """The highest of their numbers."""
    is_signed: bool
    """Whether one has a signature, of another key."""


class _Versions(t.TypedDict, total=False):
    versions: dict[str, Json]
    """The C(Version) of each stack; missing if others send the same."""


class Versions(_Versions):
    """What a host sends of records whose bodies others send. The pass makes whole records of it."""

    digest: str
    """SHA-256 of all its committed versions as canonical JSON."""
    life: dict[str, Json]
    """Its C(Ledger) of each stack that it has one of."""


class _Additions(t.TypedDict, total=False):
    """Fields of a complete observation that are read with a default."""

    taken_at: float
    """When the driver got the answer, on its own monotonic clock."""
    unreadable: dict[str, str]
    """Why files of ours cannot be read, by path."""
    leftovers: Leftovers
    versions: Versions
    """Only on its way to the control node: then C(records) has only what this host sends as it is."""
    unable: bool
    """Whether C(error) says why a host that answers can do nothing."""
    unsigned_records: dict[str, UnsignedRecord]
    """By stack, as the control node found them: a host cannot say this."""


class Observation(_Additions):
    """One host. With an C(error) nothing else is known, and the other fields are empty."""

    format: int
    host: str
    error: str | None
    now: float
    """The host's clock, seconds since the epoch."""
    boot_s: float
    """The host's boot clock, which cannot be set, in seconds."""
    boot_id: str
    engine: EngineFacts
    containers: list[ObservedContainer]
    foreign: list[ForeignContainer]
    volumes: dict[str, ObservedVolume]
    networks: dict[str, ObservedNetwork]
    images: dict[str, ObservedImage]
    checker: CheckerReport | None
    balancers: dict[str, BalancerReport]
    """By C(stack.service.index)."""
    certificate_folders: dict[str, CertificateFolder]
    """By C(stack/service)."""
    records: dict[str, Json]
    """Stack records by stack."""
    damaged_records: dict[str, str]
    """Damaged records, and what is wrong with them."""
    newer_records: dict[str, str]
    """Records that a newer release wrote, and how to read them."""
    refusals: Refusals
    """The refusals that the host stores."""
    lease: Json | None
    lease_fault: str
    """Why the file of the lease is ignored; empty if it is not."""


def unable(reason: str) -> Observation:
    """The observation of a host that answers and can do nothing now."""
    return t.cast("Observation", {"error": reason, "unable": True})


def silent(reason: str) -> Observation:
    """The observation of a host that did not answer."""
    return t.cast("Observation", {"error": reason})


def address_on(container: ObservedContainer, network: str) -> str:
    """The address of a container on a network; empty if it has none."""
    return container["networks"][network]["address"] if network in container["networks"] else ""
