# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's settings of the Docker hosts. Private to the collection."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._common.addresses import parse_subnet
from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    DOCKER_HOST,
    STATE_DIR,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.pull import PULL_LIMIT_S
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    Settings,
    settings_for,
)

from .registries import credentials, read_registries

GROUP = "docker_hosts"
ACT_S = 900.0
"""Seconds for a call that acts, which lasts as long as its stops do."""
_LIMITS_S = (10, 86400)
OBSERVE_TIMEOUT_S = 6.0
"""Seconds for a look at a host, unless C(drover_observe_timeout_s) says otherwise."""
TEXT_VARIABLES = {
    "overlay_network": "drover_network_name",
    "checker_image": "drover_checker_image",
}
SUBNET_VARIABLES = {
    "overlay_subnet": "drover_network_subnet",
    "bridge_subnet": "drover_bridge_subnet",
}
PERCENT_VARIABLES = {
    "repair_percent": "drover_repair_percent",
    "mass_failure_percent": "drover_mass_failure_percent",
}
FLAGS = {"check_own_host": "drover_health_check_own_host"}


def docker_hosts(task_vars: dict[str, t.Any]) -> list[str]:
    """Return all Docker hosts, including hosts that --limit excludes: the group drover_hosts, or docker_hosts."""
    group = str(task_vars.get("drover_hosts") or GROUP)
    hosts = sorted(task_vars["groups"].get(group, []))
    if not hosts:
        raise AnsibleError(f"the inventory has no group {group}: put the Docker hosts into it")
    return hosts


def settings(task_vars: dict[str, t.Any]) -> Settings:
    """Read the settings of this inventory."""
    variables = task_vars["hostvars"][task_vars["inventory_hostname"]]
    chosen: dict[str, t.Any] = {}
    readers = (
        (_text, TEXT_VARIABLES),
        (_subnet, SUBNET_VARIABLES),
        (_percent, PERCENT_VARIABLES),
        (_flag, FLAGS),
    )
    for read, names in readers:
        for field, name in names.items():
            value = variables.get(name)
            if value not in (None, ""):
                chosen[field] = read(name, value)
    hosts = docker_hosts(task_vars)
    read_registries(variables)  # what is wrong with them is told before anything is begun
    return settings_for(hosts, **chosen)


def _text(_name: str, value: t.Any) -> str:
    return str(value)


def _subnet(name: str, value: t.Any) -> str:
    try:
        return parse_subnet(value)
    except ValueError as error:
        raise AnsibleError(f"{name}: {error}") from None


def _percent(name: str, value: t.Any) -> int:
    text = str(value).strip()
    if not text.isdigit() or not 1 <= int(text) <= 100:
        raise AnsibleError(f"{name} must be a whole number from 1 to 100 (percent), not {value!r}")
    return int(text)


def _flag(name: str, value: t.Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "yes", "1", "false", "no", "0"):
        raise AnsibleError(f"{name} must be true or false, not {value!r}")
    return text in ("true", "yes", "1")


def host_labels(task_vars: dict[str, t.Any]) -> dict[str, dict[str, str]]:
    """Return host labels from the inventory (variable drover_host_labels), in addition to those of the engines."""
    found = {}
    for host in docker_hosts(task_vars):
        labels = task_vars["hostvars"][host].get("drover_host_labels") or {}
        if not isinstance(labels, dict):
            raise AnsibleError(f"host {host}: drover_host_labels must be a map of label to value")
        found[host] = {str(key): str(value) for key, value in labels.items()}
    return found


def pull_timeout_s(task_vars: t.Mapping[str, t.Any], template: t.Callable[[t.Any], t.Any]) -> float:
    """Return the seconds for one pull on this host: drover_pull_timeout_s."""
    given = template(task_vars.get("drover_pull_timeout_s"))
    text = str(int(PULL_LIMIT_S) if given in (None, "") else given).strip()
    low, high = _LIMITS_S
    if not text.isdigit() or not low <= int(text) <= high:
        raise AnsibleError(
            f"drover_pull_timeout_s must be a whole number of seconds from {low} to {high}, not {given!r}"
        )
    return float(text)


def pull_arguments(
    images: t.Collection[str],
    task_vars: t.Mapping[str, t.Any],
    template: t.Callable[[t.Any], t.Any],
) -> dict[str, t.Any]:
    """Return what a call that pulls needs: the limit in seconds, and the credentials of these images' registries."""
    known = read_registries(task_vars, template) if images else {}
    return {
        "pull_timeout_s": pull_timeout_s(task_vars, template),
        "registries": credentials(known, images),
    }


def module_arguments(
    task_vars: dict[str, t.Any], template: t.Callable[[t.Any], t.Any]
) -> dict[str, str]:
    """Return the arguments of observe and act for this host. Variables may be templates."""
    return {
        "host": str(task_vars["inventory_hostname"]),
        "docker_host": str(template(task_vars.get("drover_docker_host", DOCKER_HOST))),
        "state_dir": str(template(task_vars.get("drover_state_dir", STATE_DIR))),
    }
