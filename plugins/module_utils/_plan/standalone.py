# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One service on one host without a stored record: the same planner over a small world of its own.

Private to the collection. The record that the planner needs is derived from the labels of the existing
containers.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.constants import BRIDGE_NETWORK, MANAGED_BY_MODULE, MANAGED_BY_STACK
from .._compose.keys import X_DROVER, not_run
from .._compose.service import canonical_service
from .._compose.values import is_empty
from .._compose.volumes import canonical_volumes
from .._model.entry import MemberEntry
from .._model.fact import Fact
from .._model.member import MemberId
from .._model.observation import ForeignContainer, Observation, address_on
from .._model.operation import CREATE
from .._model.problems import Notes, Place
from .._record.copies import make_record
from .._record.revisions import Request, apply_down, empty_body, with_revision
from .operations.plan import Plan
from .planner import make_plan
from .world.world import Container, Settings, World

NO_WRITER = "module"
NO_LOOP = (
    "nothing checks the containers of this module: bring the service up as a stack (drover.docker.up), "
    "or write healthcheck, the engine's own"
)
NO_UPGRADE = "this module upgrades nothing: bring the service up as a stack (drover.docker.up)"
NO_STACK = "this module runs containers only: bring the service up as a stack (drover.docker.up)"
STATES = {"present": "active", "stopped": "stopped", "absent": "active"}


def one_service(
    stack: str, name: str, keys: dict[str, t.Any], *, volumes: dict[str, t.Any], warnings: list[str]
) -> dict[str, t.Any]:
    """A canonical stack of one service, from its Compose keys. Raises StackError with all problems."""
    notes = Notes()
    declared = canonical_volumes(volumes, stack=stack, place=Place(notes).at("volumes"))
    if not is_empty(keys.get("health_check")):
        # No pass would act on it, as there is no stored record.
        Place(notes, service=name).at("health_check").problem(not_run(NO_LOOP))
    notes.raise_problems()
    service = canonical_service(
        name, keys, stack=stack, file="", volumes=set(declared), warnings=warnings
    )
    if service["balancer"] or service["kind"] != "container":
        Place(notes, service=name).at(kind_key(service)).problem(not_run(NO_STACK))
    if "upgrade_strategy" in service:
        key = "deploy" if is_empty(keys.get("upgrade_strategy")) else "upgrade_strategy"
        Place(notes, service=name).at(key).problem(not_run(NO_UPGRADE))
    if "pre_deploy" in service:
        Place(notes, service=name).at(X_DROVER).problem(not_run(NO_UPGRADE))
    notes.raise_problems()
    return {"format": 1, "stack": stack, "services": {name: service}, "volumes": declared}


def kind_key(service: dict[str, t.Any]) -> str:
    """The key that makes a service something other than containers."""
    words = {"external": "external_ips", "alias": "image"}
    return words.get(service["kind"], "lb_config")


def plan_service(
    observation: Observation,
    stack: str,
    name: str,
    *,
    definition: dict[str, t.Any],
    state: str,
    scale: int | None,
    settings: Settings,
    launch: str = "",
) -> Plan:
    """Plan for one service of one host.

    C(definition) is a canonical stack with only this service. C(launch) is the launch of its containers, if the
    definition is only what they show (found_service.py). C(scale) None keeps the present number of members, or
    takes the definition's if there are none. C(settings) name the managed networks; which of them is used, the
    observation tells.
    """
    host = observation["host"]
    members = own_members(observation, stack, name)
    settings = network_of(observation, settings)
    body = _body(host, name, definition, members, state=state, scale=scale)
    body["members"] = {
        MemberId.of(item).key: _entry(host, item, networks_of(settings)) for item in members
    }
    if launch:
        body["revisions"][-1]["services"][name]["launch"] = launch
    body = apply_down(body, Request("down")) if state == "absent" else body
    record = {**make_record(stack, body, number=1, token=NO_WRITER), "host": host, "life": {}}
    view = _as_if_recorded(observation, stack, name)
    view["records"] = {stack: record}
    world = World({host: view}, settings=settings, host_labels={})
    plan = make_plan(world, Request("reconcile", stacks=[stack], token=NO_WRITER, inventory=[host]))
    plan.records = []
    for operation in plan.operations:
        operation["version"] = 0  # the record is not a stored one
        if state == "absent":
            operation["cause"] = Fact("state_absent").as_data
        if created := CREATE.args_of(operation):
            created["managed"] = MANAGED_BY_MODULE
    return plan


def own_members(observation: Observation, stack: str, name: str) -> list[Container]:
    """Containers that this module created for the service, by index."""
    wanted = (MANAGED_BY_MODULE, stack, name)
    found = [
        item
        for item in observation["containers"]
        if (item["managed"], item["stack"], item["service"]) == wanted
    ]
    return sorted(found, key=lambda item: item["index"])


def network_of(observation: Observation, settings: Settings) -> Settings:
    """The settings with the network in use: the overlay if the host has it or may have it, else the bridge.

    A Swarm worker lists an overlay only while one of its containers is on it.
    """
    listed = settings.overlay_network in observation["networks"]
    bodies = [record["body"] for record in observation["records"].values()]
    recorded = any(len(body["hosts"]) > 1 for body in bodies)
    swarm = observation["engine"]["swarm"]
    worker = swarm["state"] not in ("", "inactive") and not swarm["manager"]
    return dataclasses.replace(settings, several=listed or recorded or worker)


def networks_of(settings: Settings) -> tuple[str, str]:
    """Both managed networks, the overlay first."""
    return settings.overlay_network, BRIDGE_NETWORK


def _body(
    host: str,
    name: str,
    definition: dict[str, t.Any],
    members: list[Container],
    *,
    state: str,
    scale: int | None,
) -> dict[str, t.Any]:
    """The record body that a stack would have in this situation."""
    count = scale if scale is not None else len(members) or definition["services"][name]["scale"]
    services = {name: {"scale": count, "state": STATES[state]}}
    request = Request("up")
    made: dict[str, t.Any] = {
        item["config_hash"]: {} for item in members
    }  # the ids that their containers carry
    body = with_revision(
        {**empty_body([host]), "launches": made},
        request,
        "module",
        definition=definition,
        services=services,
        tombstone=False,
    )
    body["counters"] = {name: max([item["create_index"] for item in members], default=0)}
    return body


def _entry(host: str, container: Container, networks: t.Sequence[str]) -> MemberEntry:
    network = next((name for name in networks if name in container["networks"]), "")
    address = address_on(container, network)
    return MemberEntry(
        host=host,
        launch=container["config_hash"],
        address=address,
        network=network if address else "",
        create_index=container["create_index"],
        volumes=dict(container["mounts"]),
        retired=False,
    )


def _as_if_recorded(observation: Observation, stack: str, name: str) -> Observation:
    """Show this module's containers to the planner as recorded ones, and those of stored records as foreign."""
    own = own_members(observation, stack, name)
    others = [item for item in observation["containers"] if item not in own]
    view = observation.copy()
    view["containers"] = [Container(**{**item, "managed": MANAGED_BY_STACK}) for item in own]
    view["foreign"] = observation["foreign"] + [_as_foreign(item) for item in others]
    return view


def _as_foreign(container: Container) -> ForeignContainer:
    return ForeignContainer(
        id=container["id"],
        name=container["name"],
        state=container["state"],
        ports=container["ports"],
        addresses={name: item["address"] for name, item in container["networks"].items()},
        labelled=True,
    )


def member_facts(container: Container, networks: t.Sequence[str]) -> dict[str, t.Any]:
    """A member as the public modules return it. C(networks): the managed networks, the preferred one first."""
    found = container["networks"]
    address = next((found[name]["address"] for name in networks if name in found), "")
    facts = {key: container[key] for key in ("name", "index", "id", "state", "ports", "health")}
    return {**facts, "address": address}


def services_of(observation: Observation, networks: t.Sequence[str]) -> list[dict[str, t.Any]]:
    """Our containers by service, as C(stack_service_info) returns them."""
    groups: dict[tuple[str, str, str], list[Container]] = {}
    for item in observation["containers"]:
        groups.setdefault((item["stack"], item["service"], item["managed"]), []).append(item)
    return [
        {
            "stack": stack,
            "name": name,
            "managed": managed,
            "running": sum(item["state"] == "running" for item in found),
            "members": [
                member_facts(item, networks)
                for item in sorted(found, key=lambda item: item["index"])
            ],
        }
        for (stack, name, managed), found in sorted(groups.items())
    ]
