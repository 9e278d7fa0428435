#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps one service at its scale on one host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_service
short_description: Keep one service at its scale on one Docker host
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Makes, starts, stops or removes the containers of one service, so that O(scale) members of it run on this host.
  - Names of members are C(<stack>-<service>-<index>), after an update with C(-r<number>) behind. The index is the
    smallest free positive integer. Scaling down removes the newest first.
  - Starts a stopped, killed or paused member again, with the same container. Makes a new container with the same name
    and volumes for a removed member.
  - Acts as a pass does, under the lock and the lease of the host. While another run has the lease it waits, for at
    most 2 minutes. Each operation is in the audit of the host (C(drover.docker.audit)).
  - Stores nothing else on the host except labels and, with O(update), which definition containers were updated to in
    place. Passes show these containers and never touch them. To repair, run the
    module again, for example from cron.
  - With O(update), a changed definition is applied, one member after the other. The next run finishes what a killed one
    began.
  - For stacks over several hosts use the playbooks C(drover.docker.up) and C(drover.docker.scale).
options:
  stack:
    description:
      - The stack that the service belongs to; it is part of the containers' names.
      - Lower-cased; characters other than letters, digits and hyphens become hyphens, as in Rancher.
      - V(drover) is refused; that is the stack of the system services.
    type: str
    required: true
  name:
    description:
      - Name of the service. Letters, digits and single inner hyphens.
    type: str
    required: true
  state:
    description:
      - V(present) keeps O(scale) members running.
      - V(stopped) stops the members and keeps them.
      - V(absent) removes the members. Their volumes stay.
    type: str
    choices: [present, absent, stopped]
    default: present
  scale:
    description:
      - Wanted number of members, 0 to 1000.
      - The default is the present number. A new service starts with the C(scale) of its O(definition), by default 1.
    type: int
  definition:
    description:
      - The service as in a Compose file, with the same keys, for example C(image), C(command),
        C(environment), C(ports), C(volumes), C(labels).
      - Needed only to make containers. Without it, O(state=absent), O(state=stopped) and a smaller O(scale) work on the
        containers that exist, and O(state=present) starts them. If a container would have to be made, the module fails
        and changes nothing.
      - C(health_check) is refused, because only passes over stored stacks act on it. Bring the service up as a stack,
        or use C(healthcheck), the engine's own check, whose state is in RV(members[].health).
      - C(upgrade_strategy) and C(deploy) with C(update_config) are refused; O(update) says how a change is applied.
      - Existing containers with another definition stay unchanged and are listed in RV(outdated), unless O(update) says
        otherwise.
    type: dict
  volumes:
    description:
      - Volumes that the service mounts by name, as the C(volumes) of a Compose file. Other names are plain Docker
        volumes.
    type: dict
    default: {}
  update:
    description:
      - How a changed O(definition) is applied to the members, with O(state=present).
      - V(none) reports and leaves them. What a killed update has begun is undone.
      - V(start_first) makes the new container of a member, waits until it is good, then removes the old one.
      - V(stop_first) stops the old one before, and removes it once the new one is good.
      - Good means that it has run for 10 seconds and, where it has a C(HEALTHCHECK), is healthy.
      - One member after the other. If a new container crashes, ends, gets unhealthy or is not healthy within 5 minutes
        (or what C(healthcheck) takes, if longer), it is removed, the old one runs on or is started again, and the
        module fails with the last lines of the log. Members that are done stay.
      - V(start_first) is V(stop_first) where both containers cannot run at once. They would publish one host port, have
        one address, or write to one volume or folder that no other member uses. RV(stop_first) says which.
      - If only limits or the restart policy changed, and Docker can change them, the containers stay.
      - A new container has the name C(<stack>-<service>-<index>-r<number>), with the volumes of the old one.
      - It has no effect without O(definition).
    type: str
    choices: [none, stop_first, start_first]
    default: none
    version_added: 0.2.0
  state_dir:
    description:
      - Folder of the collection's files on the host, with lock, lease and audit. Give what C(drover_state_dir) says.
    type: path
    default: /var/lib/drover
  network_name:
    description:
      - Name of the overlay of several hosts. Give what C(drover_network_name) says.
      - It is used if the host has it, if a stack is recorded on several hosts, or on a Swarm worker, which lists an
        overlay only while a container is on it. Else the members are on the bridge C(drover-local).
    type: str
    default: drover
  network_subnet:
    description: Subnet of the overlay while the host does not list it. Give what C(drover_network_subnet) says.
    type: str
    default: 10.42.0.0/16
  bridge_subnet:
    description: Subnet of the bridge if the module makes it. Give what C(drover_bridge_subnet) says.
    type: str
    default: 10.43.0.0/16
extends_documentation_fragment:
  - drover.docker.engine
  - drover.docker.attributes
attributes:
  diff_mode:
    details: Shows the operations, one a line.
seealso:
  - module: drover.docker.stack_service_info
  - module: drover.docker.haproxy_checker
  - module: drover.docker.haproxy_balancer
  - name: community.docker.docker_compose_v2
    link: https://docs.ansible.com/ansible/latest/collections/community/docker/docker_compose_v2_module.html
    description: Runs a Compose project on one host.
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Three members of a web server, each on a port that the engine chooses
  drover.docker.stack_service:
    stack: shop
    name: web
    scale: 3
    definition:
      image: nginx:1.27
      ports: ["80"]
      environment:
        TZ: UTC

- name: The same with another image; each new member is good before the old one goes
  drover.docker.stack_service:
    stack: shop
    name: web
    update: start_first
    definition:
      image: nginx:1.28
      ports: ["80"]
      environment:
        TZ: UTC

- name: Stop them and keep them
  drover.docker.stack_service:
    stack: shop
    name: web
    state: stopped

- name: Start two of them again, and remove the third
  drover.docker.stack_service:
    stack: shop
    name: web
    scale: 2

- name: Remove them; their volumes stay
  drover.docker.stack_service:
    stack: shop
    name: web
    state: absent
"""

RETURN = r"""
operations:
  description: Operations that were done or, in check mode, would be done, in order, as texts.
  returned: always
  type: list
  elements: str
  sample: ["web1  create  shop-web-3  no container", "web1  start  shop-web-3  new container"]
results:
  description: The result of each operation.
  returned: when not in check mode
  type: list
  elements: dict
  contains:
    operation:
      description: The operation's text.
      type: str
    status:
      description:
        - C(done), C(failed), C(stale) (something else changed meanwhile) or C(skipped) (an operation that it
          follows did not succeed).
      type: str
    error:
      description: Why it failed; empty otherwise.
      type: str
    seconds:
      description: Duration in seconds.
      type: float
members:
  description: Containers of the service after the run.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the container.
      type: str
    index:
      description: Index of the member.
      type: int
    id:
      description: Id of the container.
      type: str
    state:
      description: State as the engine names it, for example C(running).
      type: str
    address:
      description: Address on the managed network; empty when it has none.
      type: str
    ports:
      description: Published ports as lists of host address, host port and protocol.
      type: list
      elements: list
    health:
      description: State of the engine's own check (C(HEALTHCHECK)), C(none) without one.
      type: str
stop_first:
  description: Why members were stopped before their new containers started, although O(update=start_first).
  returned: when that is so
  type: str
  sample: both would publish port 8080/tcp
outdated:
  description: Containers whose definition differs from the given one. They stay unchanged. In check mode those of now.
  returned: always
  type: list
  elements: str
kept_volumes:
  description: Volumes of removed members. They are kept.
  returned: always
  type: list
  elements: str
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._act.last_words import LONGEST, last_words
from ..module_utils._common.addresses import parse_subnet
from ..module_utils._common.constants import (
    BRIDGE_SUBNET,
    OVERLAY_NETWORK,
    OVERLAY_SUBNET,
    STATE_DIR,
)
from ..module_utils._common.names import reserved, stack_name
from ..module_utils._engine.engine_options import ENGINE_OPTIONS, engine_of
from ..module_utils._engine.errors import EngineError, SdkMissing
from ..module_utils._host.own_run import OwnRun
from ..module_utils._lock.host_lock import HostBusy
from ..module_utils._model.fact import Fact
from ..module_utils._model.launch import launch_ids
from ..module_utils._model.observation import Observation
from ..module_utils._model.operation import CREATE, START, UPDATE, Operation, Result
from ..module_utils._model.problems import StackError
from ..module_utils._observe.host import empty, observe
from ..module_utils._plan.foresight import foreseen
from ..module_utils._plan.found_service import found_service, newest_of
from ..module_utils._plan.operations.plan import Plan, operation_line
from ..module_utils._plan.own_update import Lives, Update
from ..module_utils._plan.standalone import (
    Aim,
    Step,
    member_facts,
    networks_of,
    one_service,
    own_members,
    plan_service,
    without_creates,
)
from ..module_utils._plan.world.world import Settings
from ..module_utils._record.own_updates import own_updates

HERE = "this host"
OWNER = "drover.docker.stack_service"
NEEDS_DEFINITION = "give its definition"
PAUSE_S = 1.0
PATIENCE_S = 60.0
"""How long an update may be held without a newcomer that has yet to prove itself."""
NEWCOMER_S = 3600.0
"""The same with one: its own deadline is shorter."""


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "stack": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "state": {
                "type": "str",
                "choices": ["present", "absent", "stopped"],
                "default": "present",
            },
            "scale": {"type": "int"},
            "definition": {"type": "dict"},
            "volumes": {"type": "dict", "default": {}},
            "update": {
                "type": "str",
                "choices": ["none", "stop_first", "start_first"],
                "default": "none",
            },
            **ENGINE_OPTIONS,
            "state_dir": {"type": "path", "default": STATE_DIR},
            "network_name": {"type": "str", "default": OVERLAY_NETWORK},
            "network_subnet": {"type": "str", "default": OVERLAY_SUBNET},
            "bridge_subnet": {"type": "str", "default": BRIDGE_SUBNET},
        },
        supports_check_mode=True,
        no_log=True,  # environment values must not get into the system log of the host
    )
    Run(module).run()


class Run:
    """One run of the module."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params = module.params
        self.stack = stack_name(self.params["stack"])
        self.name = self.params["name"]
        self.engine = engine_of(self.params)
        hidden = {
            key: value for key, value in self.params.items() if key not in ("definition", "volumes")
        }
        self.invocation = {"module_args": hidden}
        self.warnings: list[str] = []
        self.definition: dict[str, t.Any] = {"services": {}}
        self.step = Step(Plan())
        self.seen = empty(HERE, now=0.0)
        """The last round and what it was made from; a run that waits for another one plans anew."""
        self.foreseen: Observation | None = None
        """In check mode, the host after the rounds so far."""
        self.lines: list[str] = []
        self.results: list[dict[str, t.Any]] = []
        """All operations, and what became of them."""
        self.problems: list[str] = []
        self.kept_volumes: set[str] = set()
        self.stop_first = ""
        self.is_refused = False
        """Whether Docker refused to change a container in place."""
        self.moved_at = time.time()
        """When this run last did something."""
        self.rounds = 0

    def run(self) -> None:
        """Observe, plan and act, round by round, and observe again."""
        if reserved(self.stack):
            self._fail(reserved(self.stack))
        settings = self._settings()
        definition = self.definition = self._definition()
        if definition["services"]:
            while self._goes_on(self._round(lambda: self._planned(definition, settings)), settings):
                pass
        else:
            self._note_failures(self._round(lambda: self._planned_as_found(settings)))
        state = self._state(self._observe(definition), definition, settings)
        told = {**state, "operations": self.lines, "results": self.results}
        self._exit(told, changed=bool(self.lines))

    # --- rounds

    def _round(self, plan: t.Callable[[], Step]) -> list[Result]:
        """Plan, and carry it out; in check mode, foresee what it would lead to."""

        def operations() -> list[Operation]:
            self.seen = self.foreseen or self._observe()
            self.step = plan()
            return self.step.plan.operations

        results: list[Result] = []
        if self.module.check_mode:
            planned = operations()
            self.foreseen = foreseen(self.seen, planned)
        else:
            results = self._act(operations)
        self._tell(results)
        return results

    def _tell(self, results: list[Result]) -> None:
        """Add a round to what is told."""
        plan = self.step.plan
        self.lines += [operation_line(item) for item in plan.operations]
        self.results += self._told(results)
        self.kept_volumes |= {name for _host, name in plan.kept_volumes}
        forced = [
            item.parameters["why"] for item in plan.notes if item.code == "upgrade_stop_first"
        ]
        if forced and self.params["update"] == "start_first":
            self.stop_first = Fact.read(forced[0]).text

    def _goes_on(self, results: list[Result], settings: Settings) -> bool:
        """Whether another round may do more; if an update fails, it is undone."""
        step, failed = self.step, self._failed(results)
        if step.fault:
            self._give_up(str(step.fault), step.fault.parameters.get("name", ""), settings)
        elif step.is_under_way and failed and failed[0]["kind"] in (CREATE.name, START.name):
            self._note_failures(results)
            self._give_up(self.problems.pop(), failed[0]["container"], settings)
        elif step.is_under_way and failed and UPDATE.names(failed[0]):
            self.is_refused = True
        else:
            self._note_failures(results)
        return step.is_under_way and not self.problems and self._may_wait()

    def _may_wait(self) -> bool:
        """Whether a round of an update is followed by another one. If nothing is to do now, a moment passes."""
        plan, now = self.step.plan, time.time()
        if plan.operations and self.rounds < self._most_rounds():
            self.moved_at, self.rounds = now, self.rounds + 1
            return True
        patience_s = NEWCOMER_S if self.step.newcomers else PATIENCE_S
        is_over = bool(plan.operations) or self.module.check_mode
        if is_over or plan.errors or now - self.moved_at > patience_s:
            self.problems.append("not all members have the given definition")
            return False
        time.sleep(PAUSE_S)
        return True

    def _most_rounds(self) -> int:
        """Far more rounds with work than an update needs that nobody disturbs."""
        found = own_members(self.seen, self.stack, self.name)
        return 20 + 6 * max(len(found), self.params["scale"] or 0)

    def _failed(self, results: list[Result]) -> list[Operation]:
        numbers = [item["id"] for item in results if item["status"] == "failed"]
        return [item for item in self.step.plan.operations if item["id"] in numbers]

    def _note_failures(self, results: list[Result]) -> None:
        self.problems += [
            f"{item['operation']}: {item['error']}"
            for item in self._told(results)
            if item["status"] == "failed"
        ]

    # --- an update that fails

    def _give_up(self, why: str, container: str, settings: Settings) -> None:
        """Remove the newcomers, and start again what ran before."""
        self.problems.append("; ".join(filter(None, [why, self._last_words(container)])))
        self._note_failures(self._round(lambda: self._as_before(settings)))

    def _last_words(self, container: str) -> str:
        """The end of the log of a container, and what its own check said last."""
        if not container or self.foreseen:
            return ""
        found = [item for item in self._observe()["containers"] if item["name"] == container]
        if not found:
            return ""
        checks = (self._inspect(found[0]["id"])["State"].get("Health") or {}).get("Log") or []
        said = str(checks[-1].get("Output", "")).strip()[:LONGEST] if checks else ""
        health = f"its health check: {said}" if said and found[0]["health"] == "unhealthy" else ""
        return "; ".join(filter(None, [health, last_words(self.engine, found[0]["id"])]))

    def _as_before(self, settings: Settings) -> Step:
        """Plan for what ran before the update. Nothing is made: its definition is not known."""
        lives = Lives.of(own_members(self.seen, self.stack, self.name), self.step.launch)
        old = [item for item in lives.firsts if item in lives.outdated]
        if not old:
            return Step(Plan())
        newest = newest_of(old)
        facts = self._inspect(newest["id"])
        found = found_service(self.stack, self.name, lives.firsts, facts)
        aim = Aim(
            self.stack, self.name, found, "present", None, settings, launch=newest["config_hash"]
        )
        return without_creates(plan_service(self.seen, aim))

    def _settings(self) -> Settings:
        """Return the managed networks."""
        found = Settings(overlay_network=self.params["network_name"])
        for field, name in (("overlay_subnet", "network_subnet"), ("bridge_subnet",) * 2):
            try:
                setattr(found, field, parse_subnet(self.params[name]))
            except ValueError as error:
                self._fail(f"{name}: {error}")
        return found

    def _definition(self) -> dict[str, t.Any]:
        """Return a canonical stack with only this service."""
        empty = {"format": 1, "stack": self.stack, "services": {}, "volumes": {}}
        if self.params["definition"] is None:
            return empty
        scale = self.params["scale"]
        if scale is not None and not 0 <= scale <= 1000:
            self._fail(f"scale must be 0 to 1000, not {scale}")
        try:
            return one_service(
                self.stack,
                self.name,
                self.params["definition"],
                volumes=self.params["volumes"],
                warnings=self.warnings,
            )
        except StackError as error:
            self._fail(str(error))
            raise

    def _observe(self, definition: dict[str, t.Any] | None = None) -> Observation:
        services = (definition or self.definition)["services"]
        images = [service["image"] for service in services.values()]
        state_dir = self.params["state_dir"]
        try:
            seen = observe(
                self.engine, host=HERE, state_dir=state_dir, images=images, clock=time.time
            )
        except SdkMissing as error:
            self.module.fail_json(
                msg=missing_required_lib("docker"), exception=str(error), invocation=self.invocation
            )
        if seen["error"]:
            self._fail(str(seen["error"]))
        seen["host"] = seen["engine"]["name"] or HERE
        updated = own_updates(state_dir)
        for item in seen["containers"]:
            item["config_hash"] = updated.get(item["id"], item["config_hash"])
        return seen

    def _planned(self, definition: dict[str, t.Any], settings: Settings) -> Step:
        return plan_service(
            self.seen, self._aim(definition, settings, update=self._update(definition))
        )

    def _aim(
        self,
        definition: dict[str, t.Any],
        settings: Settings,
        *,
        launch: str = "",
        update: Update | None = None,
    ) -> Aim:
        return Aim(
            self.stack,
            self.name,
            definition,
            self.params["state"],
            self.params["scale"],
            settings,
            launch,
            update,
        )

    def _update(self, definition: dict[str, t.Any]) -> Update | None:
        """How a changed definition is applied; None if it is not."""
        if self.params["update"] == "none":
            return None
        wanted = self._launches(definition)
        members = own_members(self.seen, self.stack, self.name)
        facts = {
            item["id"]: self._inspect(item["id"])
            for item in members
            if item["config_hash"] not in wanted
        }
        return Update(self.params["update"].replace("_", "-"), facts, self.is_refused)

    def _planned_as_found(self, settings: Settings) -> Step:
        """Plan without a definition: for the containers that exist, and no others."""
        members = Lives.of(own_members(self.seen, self.stack, self.name)).firsts
        wants_some = self.params["state"] == "present" and self.params["scale"] != 0
        if not members and wants_some:
            self._fail(f"{self.stack}/{self.name} has no container here: {NEEDS_DEFINITION}")
        if not members:
            return Step(Plan())
        newest = newest_of(members)
        facts = self._inspect(newest["id"])
        found = found_service(self.stack, self.name, members, facts)
        step = plan_service(self.seen, self._aim(found, settings, launch=newest["config_hash"]))
        operations = step.plan.operations
        made = [item["container"] for item in operations if item["kind"] == CREATE.name]
        if made:
            self._fail(f"{', '.join(made)} would have to be made: {NEEDS_DEFINITION}")
        return step

    def _inspect(self, container: str) -> dict[str, t.Any]:
        try:
            return dict(self.engine.inspect(container))
        except EngineError as error:
            self._fail(str(error))
            raise

    def _act(self, plan: t.Callable[[], list[Operation]]) -> list[Result]:
        """Run what is planned, under the host's lock and lease."""
        reason = f"service {self.stack}/{self.name}"
        run = OwnRun(self.engine, owner=OWNER, reason=reason, state_dir=self.params["state_dir"])
        try:
            return run.act(plan)
        except HostBusy as error:
            self._fail(str(error))
            raise

    def _told(self, results: list[Result]) -> list[dict[str, t.Any]]:
        """Return the results with the operation's text instead of its number."""
        texts = {item["id"]: operation_line(item) for item in self.step.plan.operations}
        keys: tuple[str, ...] = ("status", "error", "seconds")
        return [
            {"operation": texts[item["id"]], **{key: dict(item)[key] for key in keys}}
            for item in results
        ]

    def _launches(self, definition: dict[str, t.Any]) -> set[str]:
        """The ids of the wanted launch; none without a definition."""
        return {
            identity
            for item in definition["services"].values()
            for identity in launch_ids(item, definition["volumes"])
        }

    def _state(
        self, seen: Observation, definition: dict[str, t.Any], settings: Settings
    ) -> dict[str, t.Any]:
        """Return the present state."""
        found, wanted = own_members(seen, self.stack, self.name), self._launches(definition)
        return {
            "members": [member_facts(item, networks_of(settings)) for item in found],
            "outdated": [
                item["name"] for item in found if wanted and item["config_hash"] not in wanted
            ],
            "kept_volumes": sorted(self.kept_volumes),
            **({"stop_first": self.stop_first} if self.stop_first else {}),
        }

    def _exit(self, result: dict[str, t.Any], *, changed: bool) -> None:
        plan = self.step.plan
        problems = [message.text for message in plan.errors + plan.held] + self.problems
        would_update = self.module.check_mode and self.params["update"] != "none"
        if result["outdated"] and not would_update:
            self.warnings.append(
                f"left as they run, with another definition: {', '.join(result['outdated'])}"
            )
        for warning in self.warnings:
            self.module.warn(warning)
        diff = {"prepared": "".join(f"{line}\n" for line in result["operations"])}
        extra = {"diff": diff} if self.module._diff else {}
        if problems:
            self._fail("; ".join(problems), changed=changed, **result, **extra)
        self.module.exit_json(changed=changed, invocation=self.invocation, **result, **extra)

    def _fail(self, message: str, **result: t.Any) -> None:
        self.module.fail_json(msg=message, invocation=self.invocation, **result)


if __name__ == "__main__":
    main()
