#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_plan
short_description: (internal) Plan one round from the observations of the hosts
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Decides what a command must do on the Docker hosts, from the observations of M(drover.docker.internal_observe) in
    this run, and returns what was done, what is held and why.
  - Runs on the controller and contacts no host. M(drover.docker.internal_act) carries the plan out.
  - The playbooks of this collection call this module; other playbooks rarely need it.
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_controller
options:
  command:
    description:
      - The command. V(prepared) is the command that an earlier task with O(prepare) read, V(continue) its next round.
    type: str
    choices:
      - up
      - confirm_upgrade
      - rollback
      - upgrade
      - scale
      - reconcile
      - stop
      - start
      - restart
      - volume_move
      - down
      - status
      - prepared
      - continue
    default: reconcile
  stack:
    description:
      - The stack. Without it V(reconcile) and V(status) apply to all stacks.
    type: str
  service:
    description:
      - A service, written STACK/SERVICE, for O(command=scale), O(command=stop), O(command=start),
        O(command=confirm_upgrade) and O(command=rollback).
    type: str
  scale:
    description:
      - With O(command=scale) the number of members, 0 to 1000.
      - With O(command=up) SERVICE=N, several separated by commas; or a map.
      - With O(command=upgrade) the scale of O(to) in the end. The default is that of O(from) when it began.
    type: raw
  prune:
    description:
      - With O(command=up), remove services that are no longer in the stack files.
    type: bool
    default: false
  upgrade:
    description:
      - With O(command=up), whether services whose definition changed are upgraded. Otherwise they are reported and left
        as they run, and the command fails.
    type: bool
    default: true
  services:
    description:
      - With O(command=up), the services to upgrade, by name. The default is all that changed.
    type: list
    elements: str
  force:
    description:
      - With O(command=up), replace the members of unchanged services, too.
      - With O(command=volume_move), overwrite volumes that the other host has already.
    type: bool
    default: false
  pull:
    description:
      - With O(command=up), pull the images of running members anew, and replace members whose image's name means
        another image since then.
    type: bool
    default: false
  strategy:
    description:
      - With O(command=up), the order of upgrades, in place of what the stack files say.
    type: str
    choices: [start-first, stop-first]
  batch_size:
    description:
      - With O(command=up), the number of members of a service that are upgraded at a time, 1 or more. The default is
        what the stack files say, else 1.
      - With O(command=upgrade), the members that come or go in one step. The default is 2.
    type: int
  interval:
    description:
      - With O(command=up), the pause after a member is done, in seconds. The default is what the stack files say,
        else 2.
      - With O(command=upgrade), the pause before each step but the first. The default is 2.
    type: int
  from:
    description:
      - With O(command=upgrade), the service that goes, written STACK/SERVICE. It stays, with the scale 0.
    type: str
  to:
    description:
      - With O(command=upgrade), the service that takes over from it. It is in the same stack.
      - With O(command=volume_move), the host that the member is to be on.
    type: str
  update_links:
    description:
      - With O(command=upgrade), whether it is refused as long as anything names O(from), and does not name O(to).
    type: bool
    default: true
  revision:
    description:
      - With O(command=rollback), the number of the revision to go back to. Without it what was last confirmed.
    type: int
  wait:
    description:
      - With O(command=up), O(command=rollback), O(command=scale) and O(command=start), wait until all wanted members
        run and, where they are checked, are healthy, and no upgrade is under way. Not for a member that is held for a
        reason that waiting does not change, such as no host that fits; the command fails at once then.
      - The default is V(true) for these four commands, and V(false) for others.
    type: bool
  wait_timeout:
    description:
      - How long to wait, in seconds, 1 to 86400. The command fails if its services are not ready by then. Each member
        that an upgrade has done begins it anew.
    type: int
    default: 300
  take:
    description:
      - With O(command=up) and O(command=reconcile), the host with the right record, if hosts hold different records of
        the same number, or if only a minority has the record.
    type: str
  take_over:
    description:
      - With O(command=reconcile), let this release and the settings of this inventory decide about the checkers and the
        configs of load balancers, although another control node made them.
    type: bool
    default: false
  sign_records:
    description:
      - With O(command=reconcile), V(true) accepts records that the key C(drover_record_key) did not sign, and signs
        them. For the first time with a key, and for a new key.
      - V(false) drops the signatures, where no control node is to have a key any more. Without the option they stay.
    type: bool
  step:
    description:
      - With O(command=volume_move), what to do. V(leave) stops the member, V(arrive) makes it on the other host,
        V(finish) starts it there, V(back) takes it back to where its data still are.
    type: str
    choices: [leave, arrive, finish, back]
  index:
    description: With O(command=volume_move), the index of the member.
    type: int
  prepare:
    description:
      - Only read and check the other options for a later V(prepared), before any host is contacted.
    type: bool
    default: false
  rename_host:
    description:
      - Hosts whose name in the inventory differs from that in the records, as OLD=NEW, with O(command=reconcile).
    type: list
    elements: str
  retry:
    description:
      - Stacks or STACK/SERVICE whose failed or given up members to retry at once.
    type: list
    elements: str
  forget:
    description:
      - With O(command=down), forget a stack that is down. Its definitions and secrets are removed from all hosts.
    type: bool
    default: false
  new_volumes:
    description:
      - Members, as STACK/SERVICE/INDEX, whose volumes are lost and that begin with new, empty ones, with
        O(command=reconcile). Nothing else ever replaces a lost volume.
    type: list
    elements: str
  remove_volumes:
    description:
      - Volumes to remove, by name, with O(command=down) and O(command=scale). Nothing else ever removes a volume.
    type: list
    elements: str
  system:
    description: With O(command=status), also show system services (the checkers).
    type: bool
    default: false
  check:
    description:
      - With O(command=status), judge instead of show, in one line for monitoring. It fails unless all wanted members
        run and, where they are checked, are healthy, and all hosts were seen.
    type: bool
    default: false
  format:
    description: With O(check), the form of the line.
    type: str
    choices: [text, json]
    default: text
attributes:
  check_mode:
    description: Returns the operations that a run would perform. M(drover.docker.internal_act) does not run them.
    support: full
  diff_mode:
    description:
      - In check mode returns the operations as a diff, one a line, and the diff of each load balancer's config, without
        passwords and certificates.
    support: full
seealso:
  - module: drover.docker.internal_observe
  - module: drover.docker.internal_act
"""

EXAMPLES = r"""
- name: Look
  drover.docker.internal_observe:
    host: "{{ inventory_hostname }}"
  no_log: true

- name: Say what a reconcile would do
  drover.docker.internal_plan:
    command: reconcile
  run_once: true
  check_mode: true
"""

RETURN = r"""
work:
  description: Whether M(drover.docker.internal_act) has something to do in this round.
  returned: always
  type: bool
nests:
  description: Whether the next step may be included in the present one. Ansible limits how deep includes may nest.
  returned: when RV(work) is true
  type: bool
planned:
  description: The operations of this round as texts.
  returned: except with O(command=status) and O(prepare)
  type: list
  elements: str
  sample: ["h1  create  shop-web-2  no container", "h1  start  shop-web-2  new container"]
messages:
  description: What happened in this step, for people.
  returned: except with O(prepare)
  type: list
  elements: dict
  contains:
    kind:
      description: The first word of the line, such as V(done), V(held), V(note) or V(error); V(plain) for none.
      type: str
      sample: done
    text:
      description: The line.
      type: str
      sample: h1  start  shop-web-1  stopped (exit code 1)  (0.4 s)
operations:
  description: What was done in the whole command. Records that were stored have the kind V(record).
  returned: at the end of a command
  type: list
  elements: dict
  contains:
    host:
      description: The Docker host.
      type: str
      sample: h1
    kind:
      description: Kind of the operation.
      type: str
      sample: start
    target:
      description: What it acted on, such as a container, an image or a volume.
      type: str
      sample: shop-web-1
    stack:
      description: The stack; empty for none.
      type: str
      sample: shop
    service:
      description: The service; empty for none.
      type: str
      sample: web
    index:
      description: Index of the member; 0 for none.
      type: int
      sample: 1
    cause:
      description: Why it was done.
      type: dict
      contains:
        code:
          description: The kind of cause.
          type: str
          sample: stopped
        parameters:
          description: The values in the text. Durations end in C(_s) and are in seconds.
          type: dict
          sample: {"exit_code": 1}
        text:
          description: The sentence for people.
          type: str
          sample: stopped (exit code 1)
    status:
      description: V(done), V(failed), V(stale) (the world had changed), V(refused) or V(skipped).
      type: str
      sample: done
    error:
      description: Why it failed; else empty.
      type: str
      sample: ""
    seconds:
      description: Duration in seconds.
      type: float
      sample: 0.4
held:
  description: What is wanted and is not done now.
  returned: at the end of a command
  type: list
  elements: dict
  contains: &fact
    code:
      description: What is the case.
      type: str
      sample: not_reached
    parameters:
      description: The values in the text.
      type: dict
    stack:
      description: The stack; empty for none.
      type: str
      sample: shop
    service:
      description: The service; empty for none.
      type: str
      sample: web
    index:
      description: Index of the member; 0 for none.
      type: int
    host:
      description: The host; empty for none.
      type: str
    text:
      description: The sentence for people, without the place.
      type: str
notes:
  description: What is worth knowing.
  returned: at the end of a command
  type: list
  elements: dict
  contains: *fact
errors:
  description: Why the command fails; empty if it does not.
  returned: at the end of a command
  type: list
  elements: dict
  contains: *fact
outdated:
  description: Services whose containers have an older definition than the stack files.
  returned: at the end of a command
  type: list
  elements: dict
  contains:
    stack:
      description: The stack.
      type: str
      sample: shop
    service:
      description: The service.
      type: str
      sample: web
    changed:
      description: Keys that differ.
      type: list
      elements: str
      sample: [image]
kept_volumes:
  description: Volumes that are used no more and stay.
  returned: at the end of a command
  type: list
  elements: dict
  contains:
    host:
      description: The host.
      type: str
      sample: h1
    name:
      description: The volume.
      type: str
      sample: shop_data
revisions:
  description: The number of the current revision of each stack of the command.
  returned: at the end of a command
  type: dict
  sample: {"shop": 3}
services:
  description: The services with wanted and running members, and why members do not run.
  returned: at the end of a command
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
          V(by module) for containers of M(drover.docker.stack_service).
      type: str
      sample: active
    wanted:
      description: Number of wanted members.
      type: int
      sample: 2
    running:
      description: Number of running members, including C(start_once) members that have finished.
      type: int
      sample: 1
    healthy:
      description: Number of members that checkers report as good; none for a service without a health check.
      type: int
      sample: 1
    where:
      description: Index and host of each member, with its state if it does not run.
      type: list
      elements: str
      sample: ["1@h1", "2@h2 (exited)"]
    since_s:
      description: Seconds since the newest running member started; none if no member runs.
      type: float
      sample: 86400.0
    why_not:
      description: Why members do not run, or are not healthy.
      type: list
      elements: str
      sample: []
    facts:
      description: The same as data, without the lines of load balancers.
      type: list
      elements: dict
      contains:
        code:
          description: What is the case.
          type: str
          sample: crash_loop
        parameters:
          description:
            - What the text is made of. Durations end in C(_s) and are in seconds.
            - A parameter that says why has C(code) and C(parameters) itself.
          type: dict
        index:
          description: Index of the member; 0 for the service as a whole.
          type: int
        host:
          description: Host of the member, where it is about one.
          type: str
        text:
          description: The sentence for people.
          type: str
"""
