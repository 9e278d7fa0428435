#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps one service at its scale on one host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service
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
  - Stores nothing on the host except labels. Passes show these containers and never touch them. To repair, run the
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
      - Required unless O(state=absent).
      - C(health_check) is refused, because only passes over stored stacks act on it. Bring the service up as a stack,
        or use C(healthcheck), the engine's own check, whose state is in RV(members[].health).
      - Existing containers with another definition stay unchanged and are listed in RV(outdated).
    type: dict
  volumes:
    description:
      - Volumes that the service mounts by name, as the C(volumes) of a Compose file. Other names are plain Docker
        volumes.
    type: dict
    default: {}
extends_documentation_fragment:
  - drover.docker.engine
attributes:
  check_mode:
    description: Can tell what it would do without changing anything.
    support: full
  diff_mode:
    description: Shows the operations, one a line.
    support: full
seealso:
  - module: drover.docker.service_info
"""

EXAMPLES = r"""
- name: Three members of a web server, each on a port that the engine chooses
  drover.docker.service:
    stack: shop
    name: web
    scale: 3
    definition: &web
      image: nginx:1.27
      ports: ["80"]
      environment:
        TZ: UTC

- name: Stop them and keep them
  drover.docker.service:
    stack: shop
    name: web
    state: stopped
    definition: *web

- name: Remove them; their volumes stay
  drover.docker.service:
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

from ..module_utils._act.runner import execute
from ..module_utils._common.constants import DOCKER_HOST, STATE_DIR
from ..module_utils._common.names import reserved, stack_name
from ..module_utils._engine.client import DockerEngine
from ..module_utils._engine.errors import SdkMissing
from ..module_utils._lock.host_lock import HostBusy
from ..module_utils._model.launch import launch_ids
from ..module_utils._model.observation import Observation
from ..module_utils._model.problems import StackError
from ..module_utils._observe.host import observe
from ..module_utils._plan.operations.plan import Plan, operation_line
from ..module_utils._plan.standalone import member_facts, one_service, own_members, plan_service

HERE = "this host"


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
            "docker_host": {"type": "str", "default": DOCKER_HOST},
        },
        required_if=[("state", "present", ["definition"]), ("state", "stopped", ["definition"])],
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
        self.engine = DockerEngine(self.params["docker_host"])
        hidden = {
            key: value for key, value in self.params.items() if key not in ("definition", "volumes")
        }
        self.invocation = {"module_args": hidden}
        self.warnings: list[str] = []

    def run(self) -> None:
        """Observe, plan, act and observe again."""
        if reserved(self.stack):
            self._fail(reserved(self.stack))
        definition = self._definition()
        before = self._observe(definition)
        plan = self._plan(before, definition)
        lines = [operation_line(item) for item in plan.operations]
        results = [] if self.module.check_mode else self._execute(plan)
        after = self._observe(definition) if results else before
        result = {**self._state(plan, after, definition), "operations": lines, "results": results}
        self._exit(plan, result, changed=bool(lines))

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
        try:
            seen = observe(
                self.engine, host=HERE, state_dir=STATE_DIR, images=images, clock=time.time
            )
        except SdkMissing as error:
            self.module.fail_json(
                msg=missing_required_lib("docker"), exception=str(error), invocation=self.invocation
            )
        if seen["error"]:
            self._fail(str(seen["error"]))
        seen["host"] = seen["engine"]["name"] or HERE
        return seen

    def _plan(self, seen: Observation, definition: dict[str, t.Any]) -> Plan:
        return plan_service(
            seen,
            self.stack,
            self.name,
            definition=definition,
            state=self.params["state"],
            scale=self.params["scale"],
        )

    def _execute(self, plan: Plan) -> list[dict[str, t.Any]]:
        """Run the operations. Return results with the operation's text instead of its number."""
        if not plan.operations:
            return []
        host = plan.operations[0]["host"]
        try:
            done = execute(
                self.engine, plan.operations, host=host, state_dir=STATE_DIR, clock=time.time
            )
        except HostBusy as error:
            self._fail(str(error))
        texts = {item["id"]: operation_line(item) for item in plan.operations}
        return [
            {
                "operation": texts[item["id"]],
                "status": item["status"],
                "error": item["error"],
                "seconds": item["seconds"],
            }
            for item in done
        ]

    def _state(
        self, plan: Plan, seen: Observation, definition: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Return the present state."""
        found = own_members(seen, self.stack, self.name)
        wanted = {
            identity
            for item in definition["services"].values()
            for identity in launch_ids(item, definition["volumes"])
        }
        return {
            "members": [member_facts(item) for item in found],
            "outdated": [
                item["name"] for item in found if wanted and item["config_hash"] not in wanted
            ],
            "kept_volumes": sorted(name for _host, name in plan.kept_volumes),
        }

    def _exit(self, plan: Plan, result: dict[str, t.Any], *, changed: bool) -> None:
        problems = [message.text for message in plan.errors + plan.held]
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
