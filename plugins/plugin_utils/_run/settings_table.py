# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable of the inventory that this collection reads. Private to the collection.

docs/variables.md shows the same; a unit test compares both with what the code reads.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    BRIDGE_SUBNET,
    DOCKER_HOST,
    OVERLAY_SUBNET,
    STATE_DIR,
)

from .command_line import COMMANDS
from .short_options import OPTIONS


class Setting(t.NamedTuple):
    """One variable. C(kind) is its type, with the unit of numbers; an empty C(default) means: none."""

    name: str
    kind: str
    default: str


SETTINGS = (
    Setting("drover_hosts", "group", "docker_hosts"),
    Setting("drover_host_labels", "map", ""),
    Setting("drover_docker_host", "address", DOCKER_HOST),
    Setting("drover_state_dir", "folder", STATE_DIR),
    Setting("drover_connect_timeout_s", "s", "4"),
    Setting("drover_observe_timeout_s", "s", "6"),
    Setting("drover_pull_timeout_s", "s", "1800"),
    Setting("drover_registries", "map", ""),
    Setting("drover_registries_file", "file", ""),
    Setting("drover_lease_s", "s", "30"),
    Setting("drover_lease_wait_s", "s", "120"),
    Setting("drover_unattended", "true or false", "false"),
    Setting("drover_record_key", "text", ""),
    Setting("drover_record_key_file", "file", ""),
    Setting("drover_balancer_image", "image", "haproxy:3.0"),
    Setting("drover_checker_image", "image", "haproxy:3.0"),
    Setting("drover_certificates", "map", ""),
    Setting("drover_certificates_dir", "folder", ""),
    Setting("drover_health_check_own_host", "true or false", "false"),
    Setting("drover_repair_percent", "percent", "25"),
    Setting("drover_mass_failure_percent", "percent", "50"),
    Setting("drover_bridge_subnet", "subnet", BRIDGE_SUBNET),
    Setting("drover_network_state", "present or absent", "present"),
    Setting("drover_network_name", "text", "drover"),
    Setting("drover_network_subnet", "subnet", OVERLAY_SUBNET),
    Setting("drover_network_encrypted", "true or false", "false"),
    Setting("drover_network_mtu", "bytes", "0"),
    Setting("drover_network_managers", "number", "3"),
    Setting("drover_network_advertise_addr", "address", ""),
    Setting("drover_network_data_path_port", "port", "0"),
    Setting("drover_network_default_addr_pool", "list", "[10.44.0.0/16]"),
    Setting("drover_network_adopt_swarm", "true or false", "false"),
    Setting("drover_network_rejoin", "list", "[]"),
    Setting("drover_network_force_new_cluster", "host", ""),
)

_OWN = {"stack_dir": "src", "stack": "name", "stack_variables": "variables"}
"""Options of the role stack whose variables have another name: drover_stack_stack would say it twice."""
_OF_STACK = {
    _OWN.get(name, name)
    for command in COMMANDS
    if command not in ("status", "volume_move")  # the roles status and volume have these
    for name in OPTIONS[command]
}
_OF_VOLUMES = ("volume_backup", "volume_restore", "volume_move")
ROLE_VARIABLES = frozenset(
    f"drover_{role}_{name}"
    for role, names in (
        ("stack", {"state", *_OF_STACK}),
        ("status", {"check", *OPTIONS["status"], *OPTIONS["check"]}),
        ("audit", OPTIONS["audit"]),
        ("host", OPTIONS["preflight"]),
        ("volume", {"state", *(name for command in _OF_VOLUMES for name in OPTIONS[command])}),
    )
    for name in names
)
"""The variables of the roles stack, status, audit, host and volume."""
VARIABLES = ROLE_VARIABLES | {setting.name for setting in SETTINGS}
