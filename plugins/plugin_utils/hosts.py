# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory says of the Docker hosts. Private to the collection."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils.constants import DOCKER_HOST, STATE_DIR
from ansible_collections.drover.docker.plugins.module_utils.world import Settings, settings_for

GROUP = "docker_hosts"
NETWORK_VARIABLES = {
    "overlay_network": "drover_network_name",
    "overlay_subnet": "drover_network_subnet",
    "bridge_subnet": "drover_bridge_subnet",
}


def docker_hosts(task_vars: dict[str, t.Any]) -> list[str]:
    """All hosts of the group docker_hosts, also those that --limit leaves out."""
    hosts = sorted(task_vars["groups"].get(GROUP, []))
    if not hosts:
        raise AnsibleError(f"the inventory has no group {GROUP}: put the Docker hosts into it")
    return hosts


def network_settings(task_vars: dict[str, t.Any]) -> Settings:
    """The managed network that this inventory asks for."""
    variables = task_vars["hostvars"][task_vars["inventory_hostname"]]
    found = {field: variables.get(name) for field, name in NETWORK_VARIABLES.items()}
    chosen = {field: str(value) for field, value in found.items() if value}
    return settings_for(docker_hosts(task_vars), **chosen)


def host_labels(task_vars: dict[str, t.Any]) -> dict[str, dict[str, str]]:
    """Labels that the inventory gives to hosts (variable drover_host_labels), beside those of their engines."""
    found = {}
    for host in docker_hosts(task_vars):
        labels = task_vars["hostvars"][host].get("drover_host_labels") or {}
        if not isinstance(labels, dict):
            raise AnsibleError(f"host {host}: drover_host_labels must be a map of label to value")
        found[host] = {str(key): str(value) for key, value in labels.items()}
    return found


def module_arguments(
    task_vars: dict[str, t.Any], template: t.Callable[[t.Any], t.Any]
) -> dict[str, str]:
    """What observe and act need to know of this host. Variables may be templates."""
    return {
        "host": str(task_vars["inventory_hostname"]),
        "docker_host": str(template(task_vars.get("drover_docker_host", DOCKER_HOST))),
        "state_dir": str(template(task_vars.get("drover_state_dir", STATE_DIR))),
    }
