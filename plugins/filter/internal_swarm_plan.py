# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans each Docker host's steps for the overlay network, from the reports of all hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: internal_swarm_plan
short_description: (internal) Decide what Docker hosts do for their common overlay network
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Takes the reports of M(drover.docker.swarm_info), by host, and says which host starts a Swarm, which join it and as
    what, and what stands in the way. It contacts nothing. The role P(drover.docker.network#role) does what it says.
notes:
  - This is an internal step of the role P(drover.docker.network#role). There is no promise of stability. Its options,
    its result and its name may change in any release, without a deprecation.
positional: _input
options:
  _input:
    description:
      - The RV(drover.docker.swarm_info#module:swarm) of each host that answered, by inventory name.
    type: dict
    required: true
  hosts:
    description:
      - All hosts, also those that did not answer, each with the address that Ansible uses for it, or an empty text.
    type: dict
    required: true
  settings:
    description:
      - What is wanted, with the keys C(name), C(subnet), C(encrypted), C(mtu), C(managers), C(default_addr_pool),
        C(adopt_swarm), C(force_new_cluster) and C(rejoin). They mean what the variables of the role mean.
    type: dict
    required: true
  state:
    description:
      - Whether the network is wanted.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Decide
  ansible.builtin.set_fact:
    plan: "{{ {'h1': look.swarm} | drover.docker.internal_swarm_plan(hosts={'h1': '192.0.2.1'}, settings=wanted) }}"
  vars:
    wanted:
      name: drover
      subnet: 10.42.0.0/16
      encrypted: false
      mtu: 0
      managers: 3
      default_addr_pool: []
      adopt_swarm: false
      force_new_cluster: ''
      rejoin: []
"""

RETURN = r"""
_value:
  description:
    - The plan, with the keys C(needed), C(errors), C(faults), C(notes), C(missing), C(changes), C(seed), C(start),
      C(force_new_cluster), C(leave), C(joins), C(promote), C(demote), C(remove), C(create_network),
      C(remove_network) and C(settle).
  type: dict
"""

import dataclasses
import re
import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.drover.docker.plugins.module_utils._common.addresses import parse_subnet
from ansible_collections.drover.docker.plugins.module_utils._model.problems import escaped
from ansible_collections.drover.docker.plugins.module_utils._swarm.absent import decide_absent
from ansible_collections.drover.docker.plugins.module_utils._swarm.decide import decide
from ansible_collections.drover.docker.plugins.module_utils._swarm.fleet import SwarmSettings

_DECISIONS = {"present": decide, "absent": decide_absent}


def swarm_plan(
    reports: dict[str, t.Any],
    *,
    hosts: dict[str, str],
    settings: dict[str, t.Any],
    state: str = "present",
) -> dict[str, t.Any]:
    """Return the plan as a plain dict.

    Raises:
        AnsibleFilterError: A setting is invalid. The text names its variable.
    """
    chosen = _DECISIONS.get(state)
    if chosen is None:
        raise AnsibleFilterError(f"drover_network_state must be present or absent, not {state!r}")
    plan = chosen(reports, hosts=hosts, settings=_settings(settings))
    found: dict[str, t.Any] = _plain({**dataclasses.asdict(plan), "settle": plan.settle()})
    return found


def _plain(value: t.Any) -> t.Any:
    """Return the plan with the texts of hosts made harmless: the role prints them and hands them on.

    Before ansible-core 2.19 a fact that looks like a template is one, whoever wrote it.
    """
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _TEMPLATE.sub(r"\\x7b", escaped(value)) if isinstance(value, str) else value


def _settings(given: dict[str, t.Any]) -> SwarmSettings:
    """Convert settings. Before ansible-core 2.19, templates turn numbers and booleans into text."""
    pools = given["default_addr_pool"]
    network = {
        "name": given["name"],
        "subnet": _subnet("drover_network_subnet", given["subnet"]),
        "encrypted": boolean(given["encrypted"]),
        "mtu": int(given["mtu"]),
    }
    return SwarmSettings(
        network=network,
        managers=int(given["managers"]),
        default_addr_pool=[_subnet("drover_network_default_addr_pool", item) for item in pools],
        adopt_swarm=boolean(given["adopt_swarm"]),
        force_new_cluster=given["force_new_cluster"],
        rejoin=given["rejoin"],
    )


def _subnet(variable: str, text: str) -> str:
    try:
        return parse_subnet(text)
    except ValueError as error:
        raise AnsibleFilterError(f"{variable}: {error}") from error


_TEMPLATE = re.compile(r"\{(?=[{%#])")


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return {"internal_swarm_plan": swarm_plan}
