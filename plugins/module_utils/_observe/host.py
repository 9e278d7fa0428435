# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observe one host: docs/schema.md section 7. Private to the collection; only reads.

A host whose engine does not answer in time is unknown, not empty: its observation has an error and no lists.
"""

from __future__ import annotations

import time
import typing as t

from .._audit.held import read_refusals
from .._common.constants import ENGINE_DEADLINE_S, OUR_LABEL_PREFIX
from .._common.labels import is_ours
from .._common.masking import mask, option_secrets
from .._engine.client import Engine
from .._engine.errors import EngineError, EngineTimeout, NotFound, SdkMissing
from .._engine.networks import network_facts
from .._haproxy.run.certificate_folders import observe_folders
from .._haproxy.run.observe_balancers import observe_balancers
from .._haproxy.run.observe_checker import observe_checker
from .._lock.boot_clock import boot_clock, boot_id
from .._lock.hindrance import hindrance
from .._lock.lease import fault_of, standing
from .._model.observation import (
    BalancerReport,
    CertificateFolder,
    CheckerReport,
    EngineFacts,
    ForeignContainer,
    Observation,
    ObservedContainer,
    ObservedImage,
    ObservedVolume,
    SwarmFacts,
)
from .._record.fold import current_definition
from .._record.store import Stored, StoreError, read_records
from .container import summary
from .files import leftovers, unreadable_files

Json = t.Dict[str, t.Any]
Found = t.TypeVar("Found")

FORMAT = 1


def observe(
    engine: Engine,
    *,
    host: str,
    state_dir: str,
    images: t.Iterable[str],
    clock: t.Callable[[], float],
    timer: t.Callable[[], float] = time.monotonic,
    boot: t.Callable[[], float] = boot_clock,
    configs: bool = False,
) -> Observation:
    """Observe one host's engine and record files.

    Args:
        engine: The host's engine.
        host: Inventory name of the host.
        state_dir: Folder of all our files on the host.
        images: Images to look for, besides those of the current revisions and of our containers.
        clock: The host's wall clock, in seconds since the epoch.
        timer: A clock that only goes forward, in seconds, for the deadline of the whole observation.
        boot: The host's boot clock, in seconds, by which its lease ends.
        configs: Whether to read the configs of load balancers too, for a diff.

    Raises:
        SdkMissing: The Docker SDK for Python is not installed.
    """
    observation = empty(host, now=clock())
    if fault := hindrance(state_dir, clock=boot):
        return {**observation, "error": fault, "unable": True}
    try:
        stored = _usable(read_records(state_dir))
        look = _Look(engine, _Deadline(timer))
        mountpoints = look.fill(observation, host_images={*images, *current_images(stored.records)})
    except SdkMissing:
        raise
    except (EngineError, StoreError) as error:
        failed = empty(host, now=observation["now"])
        failed["error"] = str(error)
        return failed
    observation["records"] = stored.records
    observation["damaged_records"], observation["newer_records"] = stored.damaged, stored.newer
    observation["leftovers"] = leftovers(state_dir, look.listed, now=observation["now"])
    observation["boot_s"] = boot()
    observation["lease_fault"] = fault_of(state_dir, clock=boot)
    _fill_files(observation, state_dir, mountpoints, configs=configs)
    observation["lease"] = standing(state_dir, clock=boot)
    return observation


def _fill_files(
    observation: Observation, state_dir: str, mountpoints: dict[str, str], *, configs: bool
) -> None:
    """Add what is on the host besides its engine. Never raises."""
    folders = observe_folders(observation["records"], mountpoints)
    observation["certificate_folders"] = t.cast(t.Dict[str, CertificateFolder], folders)
    checker = observe_checker(state_dir)
    observation["checker"] = t.cast(t.Optional[CheckerReport], checker)
    balancers = observe_balancers(state_dir, configs=configs)
    observation["balancers"] = t.cast(t.Dict[str, BalancerReport], balancers)
    observation["refusals"] = read_refusals(state_dir)
    observation["unreadable"] = unreadable_files(state_dir)


def _usable(stored: Stored) -> Stored:
    """The records that this host can read, and the faults of the others: one with a good hash may still be nonsense."""
    usable, faults = {}, dict(stored.damaged)
    for stack, record in stored.records.items():
        try:
            current_images({stack: record})
            usable[stack] = record
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            faults[stack] = f"not a record: {type(error).__name__}: {error}"
    return stored._replace(records=usable, damaged=faults)


NO_ENGINE = t.cast("EngineFacts", {})
"""The engine facts if the engine did not answer; they must not be read."""


def empty(host: str, *, now: float) -> Observation:
    """An observation in which nothing was seen."""
    return Observation(
        format=FORMAT,
        host=host,
        error=None,
        now=now,
        boot_s=0.0,
        boot_id=boot_id(),
        engine=NO_ENGINE,
        containers=[],
        foreign=[],
        volumes={},
        networks={},
        images={},
        checker=None,
        balancers={},
        certificate_folders={},
        records={},
        damaged_records={},
        newer_records={},
        refusals={},
        lease=None,
        unreadable={},
        leftovers={"containers": {}, "folders": []},
        lease_fault="",
    )


def current_images(records: dict[str, Json]) -> set[str]:
    """Images of the services that the stored stacks want now."""
    found: set[str] = set()
    for record in records.values():
        services = current_definition(record["body"]).get("services", {})
        found.update(service["image"] for service in services.values())
    return found


class _Deadline:
    """A deadline for all calls together: an engine that answers each one just in time must not block a pass."""

    def __init__(self, timer: t.Callable[[], float]) -> None:
        self._timer = timer
        self._end = timer() + 2 * ENGINE_DEADLINE_S

    def check(self) -> None:
        if self._timer() > self._end:
            raise EngineTimeout(
                f"the Docker engine was too slow: not all was seen within {2 * ENGINE_DEADLINE_S:g} s"
            )


class _Look:
    """The calls of one observation: one list each, one inspect for each of our containers and for each image.

    The calls run one after the other: with 30 containers that takes 50 ms, and threads only slow it down.
    """

    def __init__(self, engine: Engine, deadline: _Deadline) -> None:
        self._engine = engine
        self._deadline = deadline
        self.listed: list[Json] = []
        """The engine's list of all containers."""

    def fill(self, observation: Observation, *, host_images: set[str]) -> dict[str, str]:
        """Add the engine's part of an observation. Returns the mount point of each volume."""
        api = self._engine.version()["ApiVersion"]
        info = self._within(self._engine.info)
        volumes = self._within(self._engine.volumes)
        networks = self._within(self._engine.networks)
        ours, foreign = self._containers()
        observation["engine"] = engine_facts(info, api)
        observation["containers"] = _without_options(ours, volumes)
        observation["foreign"] = foreign
        observation["volumes"] = {item["Name"]: _volume(item) for item in volumes}
        observation["networks"] = {item["Name"]: network_facts(item) for item in networks}
        found = {container["image"] for container in ours}
        observation["images"] = self._images(host_images | found)
        return {item["Name"]: item.get("Mountpoint", "") for item in volumes}

    def _within(self, call: t.Callable[..., Found], *arguments: str) -> Found:
        self._deadline.check()
        return call(*arguments)

    def _containers(self) -> tuple[list[ObservedContainer], list[ForeignContainer]]:
        ours: list[ObservedContainer] = []
        foreign: list[ForeignContainer] = []
        self.listed = self._within(self._engine.containers)
        for listed in self.listed:
            if is_ours(listed.get("Labels") or {}):
                ours.extend(self._inspected(listed["Id"]))
            else:
                foreign.append(_foreign(listed))
        return sorted(ours, key=_by_name), sorted(foreign, key=_by_name)

    def _inspected(self, container_id: str) -> list[ObservedContainer]:
        try:
            return [summary(self._within(self._engine.inspect, container_id))]
        except NotFound:
            return []  # removed since it was listed

    def _images(self, references: set[str]) -> dict[str, ObservedImage]:
        found: dict[str, ObservedImage] = {}
        for reference in sorted(references):
            image = self._within(self._engine.image, reference)
            if image is not None:
                found[reference] = image_facts(image, reference)
        return found


def _without_options(
    containers: list[ObservedContainer], volumes: list[Json]
) -> list[ObservedContainer]:
    """Hide the options of volumes, such as passwords of CIFS shares, in the errors of failed starts."""
    if not any(item["error"] for item in containers):
        return containers
    secrets = [secret for item in volumes for secret in option_secrets(item.get("Options"))]
    for item in containers:
        item["error"] = mask(item["error"], secrets)
    return containers


def _by_name(container: ObservedContainer | ForeignContainer) -> tuple[str, str]:
    return container["name"], container["id"]


def engine_facts(info: Json, api: str) -> EngineFacts:
    """The engine's part of an observation, from C(/info)."""
    swarm = info.get("Swarm") or {}
    return EngineFacts(
        id=info.get("ID", ""),
        name=info.get("Name", ""),
        version=info.get("ServerVersion", ""),
        api=api,
        labels=dict(label.partition("=")[::2] for label in info.get("Labels") or []),
        live_restore=bool(info.get("LiveRestoreEnabled")),
        swarm=SwarmFacts(
            state=swarm.get("LocalNodeState", ""),
            node_id=swarm.get("NodeID", ""),
            manager=bool(swarm.get("ControlAvailable")),
            error=swarm.get("Error", ""),
        ),
    )


def image_facts(image: Json, reference: str) -> ObservedImage:
    """The observation of an image, from its inspect."""
    declared = (image.get("Config") or {}).get("Volumes") or {}
    return ObservedImage(
        id=image["Id"],
        volumes=sorted(declared),
        digest=_digest_of(image.get("RepoDigests") or [], reference),
    )


def _digest_of(digests: list[str], reference: str) -> str:
    """The image's digest in the reference's repository; empty for an image that was never pulled."""
    repository = repository_of(reference)
    matching = [item for item in digests if item.partition("@")[0] == repository]
    return sorted(matching or digests)[0] if digests else ""


def repository_of(reference: str) -> str:
    """An image reference without tag and digest."""
    name = reference.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


def _foreign(listed: Json) -> ForeignContainer:
    labels = listed.get("Labels") or {}
    networks = (listed.get("NetworkSettings") or {}).get("Networks") or {}
    ports = {
        (port.get("IP", ""), port["PublicPort"], port["Type"])
        for port in listed.get("Ports") or []
        if port.get("PublicPort")
    }
    return ForeignContainer(
        id=listed["Id"],
        name=(listed.get("Names") or [""])[0].lstrip("/"),
        state=listed.get("State", ""),
        ports=[list(port) for port in sorted(ports)],
        addresses={name: network.get("IPAddress", "") for name, network in networks.items()},
        labelled=any(label.startswith(OUR_LABEL_PREFIX) for label in labels),
    )


def _volume(volume: Json) -> ObservedVolume:
    return ObservedVolume(driver=volume.get("Driver", ""), labels=volume.get("Labels") or {})
