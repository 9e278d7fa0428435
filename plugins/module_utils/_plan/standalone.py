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
from .._model.in_place import fixed_id
from .._model.launch import launch_ids
from .._model.member import MemberId
from .._model.observation import ForeignContainer, Observation, address_on
from .._model.operation import CREATE, REMOVE, START, UPDATE
from .._model.problems import Notes, Place
from .._record.copies import make_record
from .._record.fold import split_service
from .._record.revisions import Request, apply_down, empty_body, with_revision
from .._record.upgrades import PAUSED, with_upgrades
from .operations.plan import Plan
from .own_update import (
    Lives,
    Update,
    launches_of,
    upgrade_entry,
    with_one_id,
    with_role,
)
from .planner import Planner
from .world.world import Container, Settings, World

NO_WRITER = "module"
NO_LOOP = (
    "nothing checks the containers of this module: bring the service up as a stack (drover.docker.up), "
    "or write healthcheck, the engine's own"
)
NO_POLICY = (
    "the option update says how a change is applied: use that, "
    "or bring the service up as a stack (drover.docker.up)"
)
NO_HOOK = "this module runs no hooks: bring the service up as a stack (drover.docker.up)"
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
        Place(notes, service=name).at(key).problem(not_run(NO_POLICY))
    if "pre_deploy" in service:
        Place(notes, service=name).at(X_DROVER).problem(not_run(NO_HOOK))
    notes.raise_problems()
    return {"format": 1, "stack": stack, "services": {name: service}, "volumes": declared}


def kind_key(service: dict[str, t.Any]) -> str:
    """The key that makes a service something other than containers."""
    words = {"external": "external_ips", "alias": "image"}
    return words.get(service["kind"], "lb_config")


@dataclasses.dataclass(frozen=True)
class Aim:
    """What is wanted of a service.

    Attributes:
        stack: Name of the stack.
        name: Name of the service.
        definition: A canonical stack with only this service.
        state: C(present), C(stopped) or C(absent).
        scale: The number of members; None for the present one, or that of the definition if there are none.
        settings: They name the managed networks; which of them is used, the observation tells.
        launch: The launch of its containers, if the definition is only what they show (found_service.py).
        update: How a changed definition is applied; None leaves what runs.
    """

    stack: str
    name: str
    definition: dict[str, t.Any]
    state: str
    scale: int | None
    settings: Settings
    launch: str = ""
    update: Update | None = None

    @property
    def service(self) -> dict[str, t.Any]:
        """The canonical service."""
        return t.cast("dict[str, t.Any]", self.definition["services"][self.name])

    @property
    def volumes(self) -> dict[str, t.Any]:
        """The declared volumes."""
        return t.cast("dict[str, t.Any]", self.definition["volumes"])


@dataclasses.dataclass(frozen=True)
class Step:
    """One round for a service: its plan, and where an update stands.

    Attributes:
        plan: What is to be done now.
        fault: Why the update cannot go on; then nothing is to be done.
        is_under_way: Whether the update goes on after this round.
        newcomers: Whether a container has yet to prove itself.
        launch: The wanted launch.
    """

    plan: Plan
    fault: Fact | None = None
    is_under_way: bool = False
    newcomers: bool = False
    launch: str = ""


def plan_service(observation: Observation, aim: Aim) -> Step:
    """Plan one round for one service of one host."""
    view, lives = _view(observation, aim), _lives(observation, aim)
    body = _wanted_body(observation, aim, lives)
    is_updated = "upgrades" in body
    record = make_record(aim.stack, body, number=1, token=NO_WRITER)
    view["records"] = {aim.stack: {**record, "host": observation["host"], "life": {}}}
    settings = network_of(observation, aim.settings)
    settings = dataclasses.replace(settings, heeds_engine=is_updated)
    planner = Planner(
        World({observation["host"]: view}, settings=settings, host_labels={}),
        _request(observation, aim),
    )
    plan = planner.run()
    plan.records = []
    _mark(plan, aim)
    _wait_for_removals(plan)
    fault = next((found for found in map(_fault_of, planner.upgrades) if found), None)
    if fault:
        plan.operations = []
    is_under_way = _may_update(aim) and lives.are_outdated
    return Step(plan, fault, is_under_way, bool(lives.newcomers), lives.launch)


def without_creates(step: Step) -> Step:
    """The step without the members that it would have to make a container for."""
    made = {item["index"] for item in step.plan.operations if CREATE.names(item)}
    step.plan.operations = [item for item in step.plan.operations if item["index"] not in made]
    return step


def _request(observation: Observation, aim: Aim) -> Request:
    hosts = [observation["host"]]
    return Request("reconcile", stacks=[aim.stack], token=NO_WRITER, inventory=hosts)


def _fault_of(upgrade: Fact) -> Fact | None:
    """Why an upgrade is paused; None if it is not."""
    told = upgrade.parameters
    return Fact.read(told["reason"]) if told["phase"] == PAUSED else None


def _mark(plan: Plan, aim: Aim) -> None:
    """Say in each operation that no record knows its container."""
    launch, _in_place = split_service(aim.service, aim.volumes)
    for operation in plan.operations:
        operation["version"] = 0  # the record is not a stored one
        if aim.state == "absent":
            operation["cause"] = Fact("state_absent").as_data
        if created := CREATE.args_of(operation):
            created["managed"], created["fixed"] = MANAGED_BY_MODULE, fixed_id(launch)
        if updated := UPDATE.args_of(operation):
            updated["managed"] = MANAGED_BY_MODULE


def _wait_for_removals(plan: Plan) -> None:
    """What comes back starts after what took its place is gone: both may publish one port."""
    removals: dict[int, list[int]] = {}
    for operation in plan.operations:
        if REMOVE.names(operation):
            removals.setdefault(operation["index"], []).append(operation["id"])
    for operation in plan.operations:
        if START.names(operation):
            before = removals.get(operation["index"], [])
            operation["after"] = sorted({*operation["after"], *before})


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


def _may_update(aim: Aim) -> bool:
    return aim.update is not None and aim.state == "present"


def _lives(observation: Observation, aim: Aim) -> Lives:
    """The containers of the service as its members' lives."""
    members = own_members(observation, aim.stack, aim.name)
    if aim.launch:
        return Lives.of(members, aim.launch)
    members = with_one_id(members, aim.service, aim.volumes)
    return Lives.of(members, launch_ids(aim.service, aim.volumes)[0])


def _wanted_body(observation: Observation, aim: Aim, lives: Lives) -> dict[str, t.Any]:
    """The record body that a stack would have in this situation."""
    body = _body(observation["host"], aim, lives)
    networks, now = networks_of(aim.settings), observation["now"]
    members = body["members"]
    is_updated = _may_update(aim) and lives.are_outdated
    for home in lives.homes:
        for item in home:
            entry = _entry(observation["host"], item, networks)
            members[MemberId.of(item).key] = (
                with_role(entry, item, lives, now) if is_updated else _only_first(entry, item, home)
            )
    if is_updated and aim.update and not lives.needs_healing(aim.service):
        launches = launches_of(lives, aim.update, aim.service, aim.volumes)
        body["launches"] = {**body["launches"], **launches}
        upgrade = upgrade_entry(lives, aim.update, aim.service)
        body = with_upgrades(body, {aim.name: upgrade})
    return apply_down(body, Request("down")) if aim.state == "absent" else body


def _only_first(entry: MemberEntry, item: Container, home: t.Sequence[Container]) -> MemberEntry:
    """Without an update, what served stays; newcomers of one that was killed go."""
    entry["retired"] = item is not home[0]
    return entry


def _body(host: str, aim: Aim, lives: Lives) -> dict[str, t.Any]:
    """The record body without its members."""
    scale = aim.scale if aim.scale is not None else len(lives.homes) or aim.service["scale"]
    services = {aim.name: {"scale": scale, "state": STATES[aim.state]}}
    found = [item for home in lives.homes for item in home]
    made: dict[str, t.Any] = {item["config_hash"]: {} for item in found}
    """The ids that their containers carry."""
    body = with_revision(
        {**empty_body([host]), "launches": made},
        Request("up"),
        "module",
        definition=aim.definition,
        services=services,
        tombstone=False,
    )
    body["counters"] = {aim.name: max([item["create_index"] for item in found], default=0)}
    if aim.launch:
        body["revisions"][-1]["services"][aim.name]["launch"] = aim.launch
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


def _view(observation: Observation, aim: Aim) -> Observation:
    """Show this module's containers to the planner as recorded ones, and those of stored records as foreign."""
    own = own_members(observation, aim.stack, aim.name)
    others = [item for item in observation["containers"] if item not in own]
    if not aim.launch:
        own = with_one_id(own, aim.service, aim.volumes)
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
