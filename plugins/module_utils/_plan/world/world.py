# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world as one round sees it: the observations of all hosts, and the planner's queries on them.

Private to the collection. Everything here only reads.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ..._common.addresses import subnet_fault
from ..._common.constants import (
    BRIDGE_NETWORK,
    BRIDGE_SUBNET,
    HOST_NAME,
    MANAGED_BY_STACK,
    MASS_FAILURE_PERCENT,
    OVERLAY_NETWORK,
    OVERLAY_SUBNET,
    REPAIR_PERCENT,
)
from ..._model.fact import Fact
from ..._model.in_place import applied_launch
from ..._model.ledger import Ledger
from ..._model.member import MemberId
from ..._model.observation import (
    BalancerReport,
    CertificateFolder,
    CheckerReport,
    Observation,
    ObservedContainer,
    ObservedImage,
    ServerReport,
    SwarmFacts,
    address_on,
)
from .down_names import down_names, other_names, with_new_names
from .host_faults import host_faults
from .overlay import Reports, network_fault
from .ownership import Claims, Located, Ownership, Stranger, sort_claims

Container = ObservedContainer
Port = t.Tuple[str, int, str]


@dataclasses.dataclass
class Settings:
    """What the inventory asks for: the managed network (one host has a bridge, several an overlay), checkers, brakes.

    An empty C(checker_image) keeps the recorded one.
    """

    several: bool = False
    overlay_network: str = OVERLAY_NETWORK
    overlay_subnet: str = OVERLAY_SUBNET
    bridge_subnet: str = BRIDGE_SUBNET
    checker_image: str = ""
    check_own_host: bool = False
    repair_percent: int = REPAIR_PERCENT
    mass_failure_percent: int = MASS_FAILURE_PERCENT
    heeds_engine: bool = False
    """Whether the engine's own check of a container counts: nothing else asks what no record knows."""

    @property
    def network(self) -> str:
        """Name of the managed network."""
        return self.overlay_network if self.several else BRIDGE_NETWORK

    @property
    def other_network(self) -> str:
        """The other managed network, which members leave when one host becomes several or the reverse."""
        return BRIDGE_NETWORK if self.several else self.overlay_network

    @property
    def subnet(self) -> str:
        """Configured subnet of the managed network."""
        return self.overlay_subnet if self.several else self.bridge_subnet


def settings_for(hosts: t.Collection[str], **chosen: t.Any) -> Settings:
    """The settings for an inventory; C(chosen): fields of Settings that the user set."""
    return Settings(several=len(hosts) > 1, **chosen)


class World:
    """Observations by host (None: not reached) and the inventory's hosts.

    C(now_s) is the present time on the controller's clock that also stamped them (C(taken_at)).
    """

    def __init__(
        self,
        observations: dict[str, Observation | None],
        *,
        settings: Settings,
        host_labels: dict[str, dict[str, str]],
        renamed: dict[str, str] | None = None,
        now_s: float | None = None,
    ) -> None:
        self.hosts = sorted(observations)
        self.settings = _network_in_use(settings, observations)
        others = other_names(observations)
        self.down_names = down_names(observations, others)
        """New names of hosts in records of stacks that are down, by stack."""
        self._observations = with_new_names(observations, self.down_names)
        others = other_names(self._observations) if self.down_names else others
        self.faults = host_faults(self._observations, others, renamed or {})
        self._now_s = now_s
        self._host_labels = host_labels
        self.silent = [
            host for host, found in sorted(observations.items()) if found and found["error"]
        ]
        """Hosts that did not answer, without those that --limit left out."""
        self.unable = {
            host for host, found in observations.items() if found and found.get("unable")
        }
        """Hosts that answer and can do nothing now."""
        self.seen = [host for host in self.hosts if host not in self.faults]
        self._owned: dict[str, Ownership] = {}
        self._ledgers: dict[str, Ledger] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._labels: dict[str, dict[str, str]] = {}
        self._volumes_by_label: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._reports: dict[str, dict[tuple[str, str], ServerReport]] = {}
        self._network_faults: dict[str, Fact | None] = {}

    def prove(self, stack: str, body: dict[str, t.Any] | None, ledger: Ledger) -> None:
        """Tell the stack's containers from those that only carry its labels, by its record and ledger."""
        self._ledgers[stack] = ledger
        self._owned[stack] = sort_claims(self._labelled(stack), body, ledger)

    def observation(self, host: str) -> Observation:
        """What a seen host reported."""
        found = self._observations[host]
        if found is None:
            raise KeyError(host)
        return found

    def now(self, host: str) -> float:
        """The host's own clock, seconds since the epoch."""
        return float(self.observation(host)["now"])

    def boot(self, host: str) -> tuple[str, float]:
        """The host's boot, and its boot clock in seconds. Nobody can set that clock."""
        seen = self.observation(host)
        return seen["boot_id"], float(seen["boot_s"])

    def age_s(self, host: str) -> float:
        """The age of a seen host's report; 0 if it has no time stamp."""
        taken_at = self.observation(host).get("taken_at")
        return 0.0 if self._now_s is None or taken_at is None else self._now_s - float(taken_at)

    @functools.cached_property
    def subnet(self) -> str:
        """The subnet of the managed network: the existing one, else the configured one."""
        existing = map(self._existing_subnet, self.seen)
        return next(
            (item for item in existing if item and not subnet_fault(item)), self.settings.subnet
        )

    def _existing_subnet(self, host: str) -> str:
        """The subnet of the managed network as a seen host has it; empty if it has none."""
        network = self.observation(host)["networks"].get(self.settings.network)
        return str(network["subnet"]) if network else ""

    def is_seen(self, host: str) -> bool:
        """Whether anything is known about a host in this round."""
        return host not in self.faults and host in self._observations

    def fault(self, host: str) -> Fact:
        """Why nothing is known about a host."""
        return self.faults.get(host) or Fact("not_in_inventory")

    def containers(self, host: str) -> list[Container]:
        """Our containers on a host."""
        return list(self.observation(host)["containers"])

    def applied(self, member: MemberId, container: Container) -> str:
        """The launch that a member's container has, by its creation or by an update in place."""
        ledger, created = self._ledgers.get(member.stack, {}), container["config_hash"]
        return applied_launch(ledger, member.key, container=container["id"], created=created)

    def claims(self, stack: str) -> Claims:
        """The stack's containers by member, with their hosts; only those proven to be the member's."""
        return self._ownership(stack).members

    def strangers(self, stack: str) -> list[Stranger]:
        """Containers that carry labels of the stack's members without proof of ownership; they are never changed."""
        return self._ownership(stack).strangers

    def strangers_of(self, member: MemberId) -> list[Stranger]:
        """The strangers with the labels of one member."""
        return self._ownership(member.stack).strangers_of(member)

    def _ownership(self, stack: str) -> Ownership:
        if stack not in self._owned:
            self.prove(stack, None, {})
        return self._owned[stack]

    def _labelled(self, stack: str) -> Claims:
        """The stack's containers by the member that their labels name, with their hosts."""
        return self._claims.get(stack, {})

    @functools.cached_property
    def _claims(self) -> dict[str, Claims]:
        """All containers of stacks, by stack: gathered once, as there are as many as stacks times members."""
        found: dict[str, Claims] = {}
        for host in self.seen:
            for container in self.observation(host)["containers"]:
                if container["managed"] == MANAGED_BY_STACK:
                    of_stack = found.setdefault(container["stack"], {})
                    of_stack.setdefault(MemberId.of(container), []).append((host, container))
        return found

    def names(self, host: str) -> dict[str, str]:
        """Container names on a host, each with the id that holds it."""
        if host not in self._names:
            seen = self.observation(host)
            found = seen["containers"] + seen["foreign"]
            self._names[host] = {item["name"]: item["id"] for item in found}
        return self._names[host]

    def labels(self, host: str) -> dict[str, str]:
        """The engine's labels, above them the inventory's, and the host's name; in lower case, as Rancher compared."""
        if host not in self._labels:
            merged = {
                **self.observation(host)["engine"].get("labels", {}),
                **self._host_labels.get(host, {}),
                HOST_NAME: host,
            }
            self._labels[host] = {
                str(key).lower(): str(value).lower() for key, value in merged.items()
            }
        return self._labels[host]

    def image(self, reference: str, host: str | None = None) -> ObservedImage | None:
        """An image as a host (or, for host None, any host) has it."""
        if host is None:
            return self._images.get(reference)
        return self.observation(host)["images"].get(reference)

    @functools.cached_property
    def _images(self) -> dict[str, ObservedImage]:
        """The images of all hosts; of several hosts with one, the first counts."""
        found: dict[str, ObservedImage] = {}
        for host in self.seen:
            for reference, image in self.observation(host)["images"].items():
                found.setdefault(reference, image)
        return found

    def volume_hosts(self, name: str) -> list[str]:
        """Hosts that have a volume of this name."""
        return self._volume_hosts.get(name, [])

    @functools.cached_property
    def _volume_hosts(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for host in self.seen:
            for name in self.observation(host)["volumes"]:
                found.setdefault(name, []).append(host)
        return found

    def labelled_volumes(self, label: str, value: str) -> list[tuple[str, str]]:
        """Host and name of each volume with this label."""
        if label not in self._volumes_by_label:
            index = self._volumes_by_label[label] = {}
            for host in self.seen:
                for name, volume in sorted(self.observation(host)["volumes"].items()):
                    index.setdefault(volume["labels"].get(label, ""), []).append((host, name))
        return self._volumes_by_label[label].get(value, [])

    def checker(self, host: str) -> CheckerReport | None:
        """The checker's report of a seen host; None if there is none."""
        return self.observation(host).get("checker")

    def reports(self, host: str) -> dict[tuple[str, str], ServerReport]:
        """The reports of a seen host's checker, by backend and server.

        They are ignored if its file was edited: it may check something else.
        """
        if host not in self._reports:
            checker = self.checker(host)
            found = checker["reports"] if checker and checker["file_revision"] else []
            self._reports[host] = {(item["backend"], item["server"]): item for item in found}
        return self._reports[host]

    def balancers(self, host: str) -> dict[str, BalancerReport]:
        """The load balancers' reports of a seen host, by member; those that do not answer report nothing."""
        return dict(self.observation(host).get("balancers") or {})

    def certificate_folder(self, host: str, service: str) -> CertificateFolder | None:
        """The certificates on a seen host in a volume of a load balancer (C(stack/service))."""
        return (self.observation(host).get("certificate_folders") or {}).get(service)

    def swarm(self, host: str) -> SwarmFacts:
        """The Swarm facts of a seen host's engine."""
        return self.observation(host)["engine"]["swarm"]

    def network_fault(self, host: str) -> Fact | None:
        """Why containers cannot start on the managed network of a host; None if they can."""
        if host not in self._network_faults:
            self._network_faults[host] = self._network_fault(host)
        return self._network_faults[host]

    def _network_fault(self, host: str) -> Fact | None:
        subnet = self._existing_subnet(host)
        fault = subnet_fault(subnet) if subnet else ""
        if fault:
            return Fact("unusable_subnet", {"network": self.settings.network, "error": fault})
        return network_fault(host, self._overlay_reports) if self.settings.several else None

    @functools.cached_property
    def _overlay_reports(self) -> Reports:
        network = self.settings.network
        return Reports(
            network=network,
            swarms={host: self.swarm(host) for host in self.seen},
            having=frozenset(h for h in self.seen if network in self.observation(h)["networks"]),
            silent=self.silent,
        )

    @functools.cached_property
    def taken_addresses(self) -> dict[str, str]:
        """Addresses in use on the managed network, each with the container's id."""
        network = self.settings.network
        taken: dict[str, str] = {}
        for host in self.seen:
            observation = self.observation(host)
            for item in observation["containers"]:
                taken[address_on(item, network)] = item["id"]
            for foreign in observation["foreign"]:
                taken[foreign["addresses"].get(network, "")] = foreign["id"]
        taken.pop("", None)
        return taken


def _network_in_use(settings: Settings, observations: dict[str, Observation | None]) -> Settings:
    """Use the overlay if stacks are recorded on several hosts, even if this inventory names only one."""
    if settings.several:
        return settings
    found = [seen["records"] for seen in observations.values() if seen and not seen["error"]]
    bodies = [record["body"] for records in found for record in records.values()]
    several = any(len(body["hosts"]) > 1 for body in bodies)
    return dataclasses.replace(settings, several=several)


def ports_overlap(first: Port, second: Port) -> bool:
    """Whether two published ports (address, port, protocol) exclude each other on one host."""
    everywhere = ("", "0.0.0.0", "::")
    same_port = first[1] == second[1] and first[2] == second[2]
    return same_port and (
        first[0] == second[0] or first[0] in everywhere or second[0] in everywhere
    )


def running_on(host: str, claims: list[Located]) -> Container | None:
    """The member's container, if it is the only one, is on the recorded host and runs."""
    if len(claims) == 1 and claims[0][0] == host and claims[0][1]["state"] == "running":
        return claims[0][1]
    return None
