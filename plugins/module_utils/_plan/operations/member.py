# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations on a member's container, each with its prerequisites. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.constants import MANAGED_BY_STACK, STATE_ACTIVE, STOP_GRACE_S
from ..._model.entry import MemberEntry
from ..._model.fact import Fact
from ..._model.member import MemberId
from ..._model.operation import (
    CREATE,
    NETWORK,
    PULL,
    REMOVE,
    START,
    STOP,
    UPDATE,
    Args,
    CreateArgs,
    Kind,
    NetworkArgs,
    PullArgs,
    RemoveArgs,
    StartArgs,
    StopArgs,
    UpdateArgs,
)
from ..world.world import Container, World
from .plan import Plan, Subject

NO_CONTAINER = Fact("no_container")


@dataclasses.dataclass(frozen=True)
class WantedMember:
    """A member as recorded, with its service and its desired state."""

    id: MemberId
    entry: MemberEntry
    service: dict[str, t.Any]
    state: str
    declared: dict[str, t.Any] | None = None
    """The declared volumes at its launch; None for those of the present definition."""

    @property
    def host(self) -> str:
        """The host that it is recorded on."""
        return self.entry["host"]


class MemberOperations:
    """Adds operations of one stack to a plan."""

    def __init__(
        self, plan: Plan, world: World, *, revision: dict[str, t.Any], version: int
    ) -> None:
        self.plan = plan
        self.world = world
        self.revision = revision
        self.version = version
        self.volumes: dict[str, t.Any] = revision["definition"]["volumes"]
        self._starts: dict[tuple[str, str], list[int]] = {}
        self._pulls: dict[tuple[str, str], int] = {}

    def create(
        self,
        member: WantedMember,
        *,
        after: t.Iterable[int] = (),
        cause: Fact = NO_CONTAINER,
        new_volumes: t.Sequence[str] = (),
        owner: int = 0,
    ) -> int:
        """Create the container, after the pull, the network and the starts that it depends on.

        C(new_volumes): lost volumes that a person wants anew; without them a lost volume stops the create.
        C(owner): of a hook, the index of the member whose volumes it mounts.
        """
        waits = [*after, *self._dependencies(member), *self.pull(member)]
        if member.service["network"] == "managed":
            waits += self._bridge(member.host)
        if "move" in member.entry:
            cause = Fact("moved_here", {"from": member.entry["move"]["from"]})
        elif member.state != STATE_ACTIVE:
            cause = Fact("created_only", {"why": cause.as_data})
        if new_volumes:
            told = {"why": cause.as_data, "volumes": ", ".join(new_volumes)}
            cause = Fact("with_new_volumes", told)
        args = self._create_args(member, new_volumes)
        if owner:
            args["owner"] = owner
        where = Subject.member(member.host, member.id)
        return self.plan.add(CREATE, args, where, cause=cause, after=waits, version=self.version)

    def _create_args(self, member: WantedMember, new_volumes: t.Sequence[str]) -> CreateArgs:
        managed = member.service["network"] == "managed"
        return CreateArgs(
            service=member.service,
            declared=member.declared or self.volumes,
            create_index=member.entry["create_index"],
            revision=self.revision["number"],
            config_hash=self.hash(member),
            managed=MANAGED_BY_STACK,
            network=self.world.settings.network if managed else member.service["network"],
            address=member.entry["address"] or None,
            volumes=member.entry["volumes"],
            new_volumes=list(new_volumes),
        )

    def _dependencies(self, member: WantedMember) -> list[int]:
        """Starts on the same host that depends_on puts first (it orders creation only)."""
        names = member.service["depends_on"]
        return [item for name in names for item in self._starts.get((name, member.host), [])]

    def pull(self, member: WantedMember) -> list[int]:
        """One pull for each image, host and stack, if the image is missing or the policy is to always pull.

        Two stacks with the same image pull it twice; the second time the engine has it already. With a common pull,
        what stops one stack would stop the other.
        """
        image = member.service["image"]
        always = member.service["pull"] == "always"
        if self.world.image(image, member.host) and not always:
            return []
        if (member.host, image) in self._pulls:
            return [self._pulls[member.host, image]]
        cause = Fact("pull_always" if always else "image_missing")
        args = PullArgs(image=image, config_hash=self.hash(member))
        where = dataclasses.replace(Subject.member(member.host, member.id), container="")
        number = self.plan.add(PULL, args, where, cause=cause, version=self.version)
        self._pulls[member.host, image] = number
        return [number]

    def _bridge(self, host: str) -> list[int]:
        """On a single host, the first member creates the network."""
        settings = self.world.settings
        if settings.several or settings.network in self.world.observation(host)["networks"]:
            return []
        for item in self.plan.operations:
            if NETWORK.names(item) and item["host"] == host:
                return [item["id"]]
        args = NetworkArgs(name=settings.network, subnet=settings.subnet)
        return [self.plan.add(NETWORK, args, Subject(host), cause=Fact("network_missing"))]

    def start(
        self,
        member: WantedMember,
        cause: Fact,
        *,
        after: t.Iterable[int] = (),
        container_id: str = "",
    ) -> None:
        """Start the container; its service's dependants wait for it."""
        args = StartArgs(config_hash=self.hash(member))
        where = Subject.member(member.host, member.id, container_id)
        started = self.plan.add(START, args, where, cause=cause, after=after, version=self.version)
        self._starts.setdefault((member.id.service, member.host), []).append(started)

    def update(self, member: WantedMember, container: Container) -> int:
        """Give a container the limits of its definition in place."""
        args = UpdateArgs(service=member.service, config_hash=self.hash(member))
        cause = Fact("limits_changed")
        return self.on(UPDATE, args, member.host, container, cause=cause)

    def stop(
        self,
        host: str,
        container: Container,
        cause: Fact,
        *,
        service: dict[str, t.Any] | None,
        after: t.Iterable[int] = (),
    ) -> int:
        """Stop a container with its service's grace."""
        options = service["container"] if service else {}
        args = StopArgs(timeout_s=float(options.get("stop_grace_period_s", STOP_GRACE_S)))
        return self.on(STOP, args, host, container, cause=cause, after=after)

    def remove(
        self,
        host: str,
        container: Container,
        cause: Fact,
        *,
        after: t.Iterable[int] = (),
        leaves: bool = False,
        tells_log: bool = False,
    ) -> int:
        """Remove a container, stopped with grace first; never its volumes.

        If the member leaves for good, the folders that we made for it go too: configs, sockets, certificate keys.
        """
        if container["state"] in ("running", "restarting"):
            service = self.revision["definition"]["services"].get(container["service"])
            after = [self.stop(host, container, cause, service=service, after=after)]
        args = RemoveArgs(leaves=True) if leaves else RemoveArgs()
        if tells_log:
            args["tells_log"] = True
        return self.on(REMOVE, args, host, container, cause=cause, after=after)

    def on(
        self,
        kind: Kind[Args],
        args: Args,
        host: str,
        container: Container,
        *,
        cause: Fact,
        after: t.Iterable[int] = (),
    ) -> int:
        """An operation on a container that exists."""
        where = Subject.existing(host, container)
        return self.plan.add(kind, args, where, cause=cause, after=after, version=self.version)

    def hold(self, member: WantedMember, code: str, /, **parameters: t.Any) -> None:
        """Report why something wanted is not done now."""
        self.plan.held.append(Fact.about(member.id, code, parameters, host=member.host))

    def hold_container(
        self, host: str, container: Container, code: str, /, **parameters: t.Any
    ) -> None:
        """The same for a container that the record may no longer name."""
        self.plan.held.append(Fact.about(MemberId.of(container), code, parameters, host=host))

    def hash(self, member: WantedMember) -> str:
        """The id of the launch that the member's container must have, as it was once decided."""
        return str(member.entry["launch"] or self.revision["services"][member.id.service]["launch"])
