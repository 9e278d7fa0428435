# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Supported and unsupported keys, labels and images of a service. Private to the collection.

If a later release supports one, its line leaves the tables below; nothing else refuses by name.
"""

from __future__ import annotations

import typing as t

from .._model.problems import Place, did_you_mean, quoted
from .values import is_empty

NOT_RUN = "is not run by this release"
NEEDS_SERVER = "it needs a Rancher server"
X_DROVER = "x-drover"
"""Our own key of a service: Compose leaves keys that begin so to others."""

# Keys of today's Compose file, of Rancher's docker-compose.yml and of rancher-compose.yml, with what to do instead.
NOT_RUN_KEYS: dict[str, str] = {
    "build": "build the image, push it to a registry, and name it with image",
    "configs": "",
    "cpu_percent": "",
    "credential_spec": "",
    "disks": "virtual machines are not managed",
    "dockerfile": "build the image, push it to a registry, and name it with image",
    "memory": "virtual machines are not managed; the limit of a container is mem_limit",
    "milli_cpu_reservation": "",
    "models": "",
    "network_driver": NEEDS_SERVER,
    "platform": "each host runs the images of its own platform; name an image that is built for it",
    "post_start": "let the entrypoint of the image do it; what runs once for each upgrade is x-drover: pre_deploy",
    "pre_start": "what runs once for each upgrade is x-drover: pre_deploy; what runs at each start is the entrypoint's",
    "pre_stop": "let the program do it when it gets stop_signal; stop_grace_period is the time that it has",
    "provider": "",
    "scale_policy": "write scale",
    "secrets": "",
    "service_schemas": NEEDS_SERVER,
    "sidekicks": "",
    "storage_driver": NEEDS_SERVER,
    "type": NEEDS_SERVER,
    "use_api_socket": "",
    "userdata": "virtual machines are not managed",
    "vcpu": "virtual machines are not managed",
    "volumes_from": "name a volume and mount it in both services",
}

# Labels by the beginning of their name.
NOT_RUN_LABELS: dict[str, str] = {
    "io.rancher.container.agent": NEEDS_SERVER,
    "io.rancher.container.create_agent": NEEDS_SERVER,
    "io.rancher.container.dns.priority": "",
    "io.rancher.container.requested_ip": "every member keeps its own address",
    "io.rancher.container.system": NEEDS_SERVER,
    "io.rancher.loadbalancer.": "only the image rancher/load-balancer-service reads it",
    "io.rancher.service.selector.": "",
    "io.rancher.sidekicks": "",
}

# Image names with a special meaning in Rancher, by their beginning.
NOT_RUN_IMAGES: dict[str, str] = {
    "rancher/external-service": "write external_ips, or hostname in rancher-compose.yml",
    "rancher/lb-service-": "write lb_config with a port rule that has a source_port",
    "rancher/none": "",
}

# Kinds of namespaces (network_mode, ipc, pid) that belong to another container.
NOT_RUN_NAMESPACES: dict[str, str] = {"container:": "", "service:": ""}

RANCHER_KEYS = frozenset(
    [
        "certs",
        "default_cert",
        "drain_timeout_ms",
        "external_ips",
        "health_check",
        "lb_config",
        "load_balancer_config",
        "metadata",
        "retain_ip",
        "scale",
        "start_on_create",
        "upgrade_strategy",
    ]
)

# Keys of a service other than the container options (see options.py).
SERVICE_KEYS = RANCHER_KEYS | frozenset(
    [
        "attach",
        "blkio_config",
        "container_name",
        "depends_on",
        "deploy",
        "develop",
        "external_links",
        "image",
        "links",
        "net",
        "network_mode",
        "networks",
        "pull_policy",
        "restart",
        X_DROVER,
    ]
)


def not_run(advice: str) -> str:
    """The message for a feature that a later release may support."""
    return f"{NOT_RUN}; {advice}" if advice else NOT_RUN


def refused_by_prefix(name: str, table: t.Mapping[str, str]) -> str | None:
    """The message for a name with a prefix in the table, else None."""
    return next((not_run(table[start]) for start in table if name.startswith(start)), None)


def check_keys(keys: t.Mapping[str, t.Any], known: t.AbstractSet[str], place: Place) -> None:
    """Note unknown keys, with the nearest known one, and keys that this release does not support.

    Unsupported keys without a value (none, empty, 0, false) are accepted: Rancher's own exports contain many of them.
    """
    for key, value in keys.items():
        if key in NOT_RUN_KEYS:
            if not is_empty(value):
                place.at(key).problem(not_run(NOT_RUN_KEYS[key]))
        elif key not in known and not key.startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(key, {*known, *NOT_RUN_KEYS}))


def check_image(image: str, place: Place) -> None:
    """Note an image that stands for something other than a container."""
    bare = image.split("/", 1)[1] if image.startswith("docker.io/") else image
    refusal = refused_by_prefix(bare, NOT_RUN_IMAGES)
    if refusal:
        place.problem(f"{quoted(image)} {refusal}")
