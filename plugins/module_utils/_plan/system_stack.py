# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack of our own services: the checkers. Private to the collection; pure.

It is recorded, placed and repaired like any other stack; the other stacks' needs decide whether it exists.
"""

from __future__ import annotations

import typing as t

from .._common.constants import (
    CHECKER_IMAGE,
    CHECKER_SERVICE,
    CONFIG_IN_CONTAINER,
    HAPROXY_COMMAND,
    HAPROXY_USER,
    RUN_IN_CONTAINER,
    STATE_ACTIVE,
    STATE_DIR_MARK,
    SYSTEM_STACK,
)
from .._record.revisions import Request, apply_down, current, empty_body, is_live, with_revision
from .health.targets import checked_services
from .world.world import Settings

CHECKER_CPUS = 0.5
"""HAProxy 3.0 spins while it waits for more of a binary answer to an HTTP check (docs/decisions/0009)."""

Json = t.Dict[str, t.Any]
Body = Json

_NOTES = {True: "a service has a health check", False: "no service has a health check any more"}


def is_needed(bodies: t.Iterable[Body]) -> bool:
    """Whether any live service of these stacks has a health check."""
    return any(checked_services(body) for body in bodies)


def settings_of(inventory: Settings) -> Json:
    """The settings of an inventory that shape the checkers and their configs."""
    return {
        "checker_image": inventory.checker_image,
        "check_own_host": inventory.check_own_host,
    }


def recorded_settings(body: Body | None) -> Json:
    """The settings that the checkers were made with; empty if none are recorded."""
    return dict((current(body) or {"definition": {}})["definition"].get("settings", {}))


def other_settings(body: Body | None, own: Json) -> Json:
    """The recorded settings that differ from those of this inventory. An empty image agrees with any."""
    recorded = recorded_settings(body) if is_live(body) else {}
    return {key: value for key, value in recorded.items() if own[key] not in ("", value)}


def desired_system(
    body: Body | None, request: Request, *, needed: bool, settings: Json, hosts: list[str]
) -> Body | None:
    """The desired body of the system stack; None if it does not exist and is not needed.

    Args:
        body: The recorded body.
        request: Who asks, and when.
        needed: Whether any service has a health check.
        settings: Those of this inventory. They count for new checkers, and if a person says so: two inventories would
            change the checkers in turns.
        hosts: Hosts of the inventory, for the first record.
    """
    if not needed:
        return apply_down(body, request) if body and is_live(body) else body
    recorded = recorded_settings(body) if is_live(body) and not request.take_over else {}
    image = settings["checker_image"] or _recorded_image(body) or CHECKER_IMAGE
    definition = system_definition(recorded or {**settings, "checker_image": image})
    return with_revision(
        body or empty_body(hosts),
        request,
        _NOTES[True],
        definition=definition,
        services={CHECKER_SERVICE: {"scale": 1, "state": STATE_ACTIVE}},
        tombstone=False,
    )


def _recorded_image(body: Body | None) -> str:
    services = (current(body) or {"definition": {}})["definition"].get("services", {})
    return str(services.get(CHECKER_SERVICE, {}).get("image", ""))


def system_definition(settings: Json) -> dict[str, t.Any]:
    """The definition of the checkers: one on each host, with minimal privileges, and the settings that they follow."""
    return {
        "format": 1,
        "stack": SYSTEM_STACK,
        "settings": settings,
        "services": {CHECKER_SERVICE: _checker(settings["checker_image"])},
        "volumes": {},
    }


def _checker(image: str) -> dict[str, t.Any]:
    placement: dict[str, list[str]] = {
        key: [] for key in ("host_label", "host_label_ne", "host_label_soft", "host_label_soft_ne")
    }
    return {
        "image": image,
        "scale": 1,
        "global": True,
        "start_once": False,
        "start_on_create": True,
        "pull": "missing",
        "network": "managed",
        "retain_ip": False,
        "hostname_override": False,
        "health_check": None,
        "links": [],
        "depends_on": [],
        "placement": placement,
        "metadata": {},
        "container": _container(),
    }


def _container() -> dict[str, t.Any]:
    return {
        "entrypoint": ["haproxy"],
        "command": list(HAPROXY_COMMAND[1:]),
        "user": HAPROXY_USER,
        "read_only": True,
        "cpus": CHECKER_CPUS,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "stop_signal": "SIGTERM",
        "stop_grace_period_s": 2.0,
        "mounts": [
            _bind("config", CONFIG_IN_CONTAINER, ["ro"]),
            _bind("run", RUN_IN_CONTAINER, []),
        ],
    }


def _bind(folder: str, target: str, options: list[str]) -> dict[str, t.Any]:
    source = f"{STATE_DIR_MARK}/checker/{folder}"
    return {"kind": "bind", "source": source, "target": target, "options": options}
