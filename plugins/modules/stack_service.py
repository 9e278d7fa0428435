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
  - Names of members are C(<stack>-<service>-<index>); the index is the smallest free positive integer. Scaling
    down removes the newest first.
  - Starts a stopped, killed or paused member again, with the same container. Makes a new container with the same name
    and volumes for a removed member.
  - Acts as a pass does, under the lock and the lease of the host. While another run has the lease it waits, for at
    most 2 minutes. Each operation is in the audit of the host (C(drover.docker.audit)).
  - Stores nothing else on the host except labels. Passes show these containers and never touch them. To repair, run the
    module again, for example from cron.
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
      - C(upgrade_strategy) and C(deploy) with C(update_config) are refused, because this module upgrades nothing.
      - Existing containers with another definition stay unchanged and are listed in RV(outdated).
    type: dict
  volumes:
    description:
      - Volumes that the service mounts by name, as the C(volumes) of a Compose file. Other names are plain Docker
        volumes.
    type: dict
    default: {}
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
outdated:
  description: Containers whose definition differs from the given one. They stay unchanged.
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
from ..module_utils._model.launch import launch_ids
from ..module_utils._model.observation import Observation
from ..module_utils._model.operation import CREATE, Operation, Result
from ..module_utils._model.problems import StackError
from ..module_utils._observe.host import empty, observe
from ..module_utils._plan.found_service import found_service, newest_of
from ..module_utils._plan.operations.plan import Plan, operation_line
from ..module_utils._plan.standalone import (
    member_facts,
    networks_of,
    one_service,
    own_members,
    plan_service,
)
from ..module_utils._plan.world.world import Settings

HERE = "this host"
OWNER = "drover.docker.stack_service"
NEEDS_DEFINITION = "give its definition"


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
        self.plan = Plan()
        self.seen = empty(HERE, now=0.0)
        """The last plan and what it was made from; a run that waits for another one plans anew."""

    def run(self) -> None:
        """Observe, plan, act and observe again."""
        if reserved(self.stack):
            self._fail(reserved(self.stack))
        settings, definition = self._settings(), self._definition()
        results: list[Result] = []
        if self.module.check_mode:
            self._operations(definition, settings)
        else:
            results = self._act(definition, settings)
        after = self._observe(definition) if results else self.seen
        lines = [operation_line(item) for item in self.plan.operations]
        state = self._state(after, definition, settings)
        told = {**state, "operations": lines, "results": self._told(results)}
        self._exit(told, changed=bool(lines))

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

    def _observe(self, definition: dict[str, t.Any]) -> Observation:
        images = [service["image"] for service in definition["services"].values()]
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
        return seen

    def _operations(self, definition: dict[str, t.Any], settings: Settings) -> list[Operation]:
        """Observe and plan; return the operations of the plan."""
        self.seen = self._observe(definition)
        if definition["services"]:
            self.plan = self._planned(definition, settings)
        else:
            self.plan = self._planned_as_found(settings)
        return self.plan.operations

    def _planned(
        self, definition: dict[str, t.Any], settings: Settings, *, launch: str = ""
    ) -> Plan:
        return plan_service(
            self.seen,
            self.stack,
            self.name,
            definition=definition,
            state=self.params["state"],
            scale=self.params["scale"],
            settings=settings,
            launch=launch,
        )

    def _planned_as_found(self, settings: Settings) -> Plan:
        """Plan without a definition: for the containers that exist, and no others."""
        members = own_members(self.seen, self.stack, self.name)
        wants_some = self.params["state"] == "present" and self.params["scale"] != 0
        if not members and wants_some:
            self._fail(f"{self.stack}/{self.name} has no container here: {NEEDS_DEFINITION}")
        if not members:
            return Plan()
        newest = newest_of(members)
        facts = self._inspect(newest["id"])
        found = found_service(self.stack, self.name, members, facts)
        plan = self._planned(found, settings, launch=newest["config_hash"])
        made = [item["container"] for item in plan.operations if item["kind"] == CREATE.name]
        if made:
            self._fail(f"{', '.join(made)} would have to be made: {NEEDS_DEFINITION}")
        return plan

    def _inspect(self, container: str) -> dict[str, t.Any]:
        try:
            return dict(self.engine.inspect(container))
        except EngineError as error:
            self._fail(str(error))
            raise

    def _act(self, definition: dict[str, t.Any], settings: Settings) -> list[Result]:
        """Run what is planned, under the host's lock and lease."""
        reason = f"service {self.stack}/{self.name}"
        run = OwnRun(self.engine, owner=OWNER, reason=reason, state_dir=self.params["state_dir"])
        try:
            return run.act(lambda: self._operations(definition, settings))
        except HostBusy as error:
            self._fail(str(error))
            raise

    def _told(self, results: list[Result]) -> list[dict[str, t.Any]]:
        """Return the results with the operation's text instead of its number."""
        texts = {item["id"]: operation_line(item) for item in self.plan.operations}
        keys: tuple[str, ...] = ("status", "error", "seconds")
        return [
            {"operation": texts[item["id"]], **{key: dict(item)[key] for key in keys}}
            for item in results
        ]

    def _state(
        self, seen: Observation, definition: dict[str, t.Any], settings: Settings
    ) -> dict[str, t.Any]:
        """Return the present state."""
        found = own_members(seen, self.stack, self.name)
        wanted = {
            identity
            for item in definition["services"].values()
            for identity in launch_ids(item, definition["volumes"])
        }
        return {
            "members": [member_facts(item, networks_of(settings)) for item in found],
            "outdated": [
                item["name"] for item in found if wanted and item["config_hash"] not in wanted
            ],
            "kept_volumes": sorted(name for _host, name in self.plan.kept_volumes),
        }

    def _exit(self, result: dict[str, t.Any], *, changed: bool) -> None:
        problems = [message.text for message in self.plan.errors + self.plan.held]
        problems += [
            f"{item['operation']}: {item['error']}"
            for item in result["results"]
            if item["status"] == "failed"
        ]
        if result["outdated"]:
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
