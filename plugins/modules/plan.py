#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Plan one round from what the hosts reported
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Decides what has to be done on the Docker hosts for a command, from what M(drover.docker.observe) reported
    in this run, and prints what is done, held and why.
  - Runs on the controller and contacts no host. M(drover.docker.act) carries the plan out.
  - This is what the playbooks of this collection call; there is little reason to call it elsewhere.
options:
  command:
    description:
      - What was asked for. V(prepared) is what an earlier task with O(prepare) read, V(continue) its next round.
    type: str
    choices: [up, scale, reconcile, stop, start, down, status, prepared, continue]
    default: reconcile
  stack:
    description:
      - The stack; without it V(reconcile) and V(status) are for all stacks.
    type: str
  service:
    description:
      - A service, written STACK/SERVICE, for O(command=scale), O(command=stop) and O(command=start).
    type: str
  scale:
    description:
      - With O(command=scale) the number of members, 0 to 1000.
      - With O(command=up) SERVICE=N, several separated by commas; or a map.
    type: raw
  prune:
    description:
      - With O(command=up), remove services that are not in the stack files any more.
    type: bool
    default: false
  take:
    description:
      - With O(command=up) and O(command=reconcile), the host whose record is right where hosts hold different ones of
        the same number, or where only a minority has it.
    type: str
  prepare:
    description:
      - Only read and check the other options, before any host is contacted, for a later V(prepared).
    type: bool
    default: false
  rename_host:
    description:
      - Hosts that the inventory calls by another name than the records do, as OLD=NEW, with O(command=reconcile).
    type: list
    elements: str
  retry:
    description:
      - Stacks or STACK/SERVICE whose failed or given up members are tried at once.
    type: list
    elements: str
  remove_volumes:
    description:
      - Volumes to remove, by name, with O(command=down) and O(command=scale). Nothing else ever removes a volume.
    type: list
    elements: str
  system:
    description: With O(command=status), show our own services (the checkers) too.
    type: bool
    default: false
attributes:
  check_mode:
    description: Prints the operations that a run would perform. Nothing is acted on afterwards.
    support: full
  diff_mode:
    description:
      - In check mode returns the operations as a diff, one a line, and the diff of each load balancer's config, without
        passwords and certificates.
    support: full
  action:
    description: Runs on the controller.
    support: full
notes:
  - Use C(run_once).
seealso:
  - module: drover.docker.observe
  - module: drover.docker.act
"""

EXAMPLES = r"""
- name: Look
  drover.docker.observe:
    host: "{{ inventory_hostname }}"
  no_log: true

- name: Say what a reconcile would do
  drover.docker.plan:
    command: reconcile
  run_once: true
  check_mode: true
"""

RETURN = r"""
work:
  description: Whether there is something to act on, by M(drover.docker.act), in this round.
  returned: always
  type: bool
planned:
  description: The operations of this round as texts.
  returned: except with O(command=status) and O(prepare)
  type: list
  elements: str
  sample: ["h1  create  shop-web-2  no container", "h1  start  shop-web-2  new container"]
services:
  description: The services with what is wanted, what runs and why not.
  returned: with O(command=status)
  type: list
  elements: dict
  contains:
    stack:
      description: Name of the stack.
      type: str
      sample: shop
    service:
      description: Name of the service.
      type: str
      sample: web
    state:
      description:
        - V(active), V(stopped), V(created) (made and not started), V(global) (one on each matching host), or
          V(by module) for containers of M(drover.docker.service).
      type: str
      sample: active
    wanted:
      description: How many members are to run.
      type: int
      sample: 2
    running:
      description: How many members run; those that have done their work once count too.
      type: int
      sample: 1
    healthy:
      description: How many members their checkers find good; none for a service without a health check.
      type: int
      sample: 1
    where:
      description: Index and host of each member, with its state where it does not run.
      type: list
      elements: str
      sample: ["1@h1", "2@h2 (exited)"]
    since_s:
      description: Seconds since the newest member that runs was started; none where none runs.
      type: float
      sample: 86400.0
    why_not:
      description: Why members do not run, or are not healthy.
      type: list
      elements: str
      sample: []
"""
