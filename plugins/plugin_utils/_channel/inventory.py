# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker hosts of an inventory and their connection variables, for drivers outside of a playbook.

Private to the collection.
"""

from __future__ import annotations

import typing as t

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

Json = dict[str, t.Any]

GROUP = "docker_hosts"
_OURS = ("ansible_", "drover_", "inventory_")


def host_variables(sources: list[str], group: str = GROUP) -> dict[str, Json]:
    """Return by host the templated variables that say how to reach and treat the hosts of the group.

    Other variables stay untouched, because their templates may need values that only a playbook has.
    """
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=sources)
    variables = VariableManager(loader=loader, inventory=inventory)
    found = HostVars(inventory=inventory, variable_manager=variables, loader=loader)
    return {host.name: _own(found[host.name]) for host in inventory.get_hosts(group)}


def _own(variables: t.Mapping[str, t.Any]) -> Json:
    return {key: variables[key] for key in variables if key.startswith(_OURS)}
