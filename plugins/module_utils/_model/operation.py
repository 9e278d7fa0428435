# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations: the planner writes them, a host carries them out (docs/schema.md section 8). Private to the collection.

On the wire an operation is plain JSON. Only here is each kind bound to the type of its arguments: the planner adds an
operation by its kind, a host registers the handler of a kind, and readers ask the kind for the arguments. So on both
sides mypy finds keys that are missing, misspelt or of the wrong type.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .fact import FactData
from .ledger import Drain, Health

Json = t.Dict[str, t.Any]


class _Slot(t.TypedDict, total=False):
    slot: int
    """The slot of its member; missing for 0."""


class Operation(_Slot):
    """One change, by one call to the engine or one file, with its cause."""

    id: int
    version: int
    """Number of the record that it was planned from; 0 without a record."""
    kind: str
    host: str
    stack: str
    service: str
    index: int
    container: str
    """Name of the container."""
    container_id: str
    """Its id; empty until it exists."""
    cause: FactData
    after: list[int]
    """Ids of operations on the same host that must succeed first."""
    args: dict[str, t.Any]
    """The arguments of its kind: read them through C(Kind.args_of)."""


class Result(t.TypedDict):
    """The result of an operation."""

    id: int
    status: str
    """C(done), C(failed), C(stale) or C(skipped)."""
    error: str
    seconds: float


class Refused(t.TypedDict):
    """A stack whose record a host refused."""

    stack: str
    reason: str
    overtaken: bool
    """Another run stored a version since this one was planned."""


RUNNING = "running"
"""The status of a pull that goes on after its call."""


class _Unable(t.TypedDict, total=False):
    unable: str
    """Why this host can do nothing now; then nothing was done."""


class Acted(_Unable):
    """The result of one call of act on its host."""

    changed: bool
    results: list[Result]
    refused: list[Refused]
    lease: Json | None
    """The holder of the lease, if that is another run; then nothing was done."""


# --- arguments ---


class NoArgs(t.TypedDict):
    """A kind without arguments."""


class NetworkArgs(t.TypedDict):
    """The bridge network to create."""

    name: str
    subnet: str


class PullArgs(t.TypedDict):
    """The image to pull, and the definition that a failed pull counts against."""

    image: str
    config_hash: str


class _HookArgs(t.TypedDict, total=False):
    owner: int
    """Of a hook: the index of the member whose volumes it mounts."""


class _OwnArgs(_HookArgs, total=False):
    fixed: str
    """Of a container that no record knows: what of its launch Docker cannot change, as a hash."""


class CreateArgs(_OwnArgs):
    """The container to create."""

    service: Json
    """The canonical service."""
    declared: Json
    """The declared volumes of its stack."""
    create_index: int
    revision: int
    config_hash: str
    managed: str
    """C(stack) or C(module)."""
    network: str
    address: str | None
    """None lets the engine choose."""
    volumes: dict[str, str]
    """Container path to volume name, from the member's record."""
    new_volumes: list[str]
    """Volumes that are missing, and that a person asked to make anew."""


class _Managed(t.TypedDict, total=False):
    managed: str
    """C(module) if no record knows the container; else missing."""


class UpdateArgs(_Managed):
    """The limits to set on a container that exists."""

    service: Json
    """The canonical service at the launch that the container gets."""
    config_hash: str
    """That launch; a refusal counts against it."""


class StartArgs(t.TypedDict):
    """The definition that a failed start counts against."""

    config_hash: str


class StopArgs(t.TypedDict, total=False):
    """Seconds of grace; if absent, the container's own."""

    timeout_s: float


class RemoveArgs(StopArgs, total=False):
    """C(leaves): the member leaves for good, and the files that we made for it on the host go too.

    C(tells_log): the last lines of its log are told, as it failed.
    """

    leaves: bool
    tells_log: bool


class ConnectArgs(t.TypedDict):
    """How the container is attached to a network."""

    network: str
    address: str
    aliases: list[str]
    links: list[str]
    mac_address: str
    """Empty lets the engine choose."""


class DisconnectArgs(t.TypedDict):
    """The network to leave."""

    network: str


class RemoveVolumeArgs(t.TypedDict):
    """The volume that a person named."""

    volume: str


class ForgetArgs(t.TypedDict):
    """The version of the record to delete; its number is that of the operation."""

    token: str


class SweepArgs(t.TypedDict):
    """What a killed run left: a container (C(folder) is empty) or a folder beside those of the load balancers."""

    folder: str


class RecordArgs(t.TypedDict):
    """The stack record to store."""

    record: Json


class CheckerArgs(t.TypedDict):
    """The config of a checker."""

    model: Json
    """The model for render_checker."""
    revision: str
    """Marker of the planner's config from this model."""
    image: str
    """The image that validates the config if no checker runs."""
    wait_s: float
    """Seconds to wait for first results."""


class _ConfigHash(t.TypedDict, total=False):
    config_hash: str
    """Present if the container is created in the same round: a failure counts against its definition."""


class BalancerArgs(_ConfigHash):
    """The config of a load balancer."""

    model: Json
    """The model for render_balancer."""
    certificates: dict[str, str]
    """Key and chain of the certificates in the record, by name."""
    folders: Json | None
    """Paths of the other certificates on the host."""
    revision: str
    image: str
    wait_s: float


class SecondLook(t.TypedDict):
    """The server of a sick member in the checkers' configs, to look at it again on its own host."""

    backend: str
    server: str
    age_s: float
    """Age of the oldest vote when the plan was made."""


class _SecondLook(t.TypedDict, total=False):
    look: SecondLook
    """Present if the member is replaced."""


class VerdictArgs(_SecondLook):
    """The verdict to remember."""

    entry: Health


class DrainArgs(t.TypedDict):
    """The drain to remember; None ends it."""

    entry: Drain | None


def config_hash_of(operation: Operation) -> str:
    """The definition that a failure of this operation counts against; empty if it counts against none."""
    return str(operation["args"].get("config_hash", ""))


# --- kinds ---

Args = t.TypeVar("Args", bound=t.Mapping[str, t.Any])


@dataclasses.dataclass(frozen=True)
class Kind(t.Generic[Args]):
    """A kind of operation, bound to the type of its arguments."""

    name: str

    def names(self, operation: Operation) -> bool:
        """Whether an operation is of this kind."""
        return operation["kind"] == self.name

    def args_of(self, operation: Operation) -> Args | None:
        """The arguments of an operation; None if it is of another kind."""
        return t.cast(Args, operation["args"]) if self.names(operation) else None


NETWORK: Kind[NetworkArgs] = Kind("network")
PULL: Kind[PullArgs] = Kind("pull")
CREATE: Kind[CreateArgs] = Kind("create")
UPDATE: Kind[UpdateArgs] = Kind("update")
START: Kind[StartArgs] = Kind("start")
UNPAUSE: Kind[NoArgs] = Kind("unpause")
STOP: Kind[StopArgs] = Kind("stop")
REMOVE: Kind[RemoveArgs] = Kind("remove")
CONNECT: Kind[ConnectArgs] = Kind("connect")
DISCONNECT: Kind[DisconnectArgs] = Kind("disconnect")
REMOVE_VOLUME: Kind[RemoveVolumeArgs] = Kind("remove_volume")
FORGET: Kind[ForgetArgs] = Kind("forget")
SWEEP: Kind[SweepArgs] = Kind("sweep")
RECORD: Kind[RecordArgs] = Kind("record")
CHECKER: Kind[CheckerArgs] = Kind("checker")
BALANCER: Kind[BalancerArgs] = Kind("balancer")
VALIDATE: Kind[BalancerArgs] = Kind("validate")
VERDICT: Kind[VerdictArgs] = Kind("verdict")
DRAIN: Kind[DrainArgs] = Kind("drain")


def images_to_pull(operations: t.Iterable[Operation]) -> list[str]:
    """The images of the pulls among some operations."""
    given = [PULL.args_of(item) for item in operations]
    return sorted({args["image"] for args in given if args})
