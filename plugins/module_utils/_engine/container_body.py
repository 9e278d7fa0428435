# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of C(POST /containers/create) for one member of a service. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.constants import (
    LABEL_CONFIG_HASH,
    LABEL_CREATE_INDEX,
    LABEL_FIXED,
    LABEL_HOOK,
    LABEL_INDEX,
    LABEL_MANAGED,
    LABEL_REVISION,
    LABEL_SERVICE,
    LABEL_SLOT,
    LABEL_STACK,
    MAX_DNS_LABEL,
    PRE_DEPLOY,
    RANCHER_CONTAINER,
    RANCHER_STACK,
    RANCHER_STACK_SERVICE,
)
from .._common.names import endpoint_links, search_domains
from .._model.member import MemberId, member_aliases
from .._model.volumes import named_volume, normal_path
from .container_options import config_options, host_options, restart_policy
from .networks import MANAGED, endpoint_body

Json = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class _Marks:
    """The contents of a container's labels, besides its member."""

    create_index: int
    revision: int
    config_hash: str
    managed: str
    fixed: str


def create_body(
    service: Json,
    *,
    member: MemberId,
    create_index: int,
    revision: int,
    config_hash: str,
    managed: str,
    network: str,
    address: str | None,
    volumes: dict[str, str],
    declared: Json,
    fixed: str = "",
) -> Json:
    """The engine's definition of a member's container.

    Args:
        service: Canonical service (docs/schema.md section 5).
        member: The member that the container belongs to.
        create_index: Ever-increasing number of the service's members.
        revision: Number of the revision that creates the container.
        config_hash: See docs/schema.md section 6.
        managed: C(stack) or C(module).
        network: Docker's name of the managed network; used if the service is on it.
        address: Fixed address on the managed network; None lets the engine choose.
        volumes: Container path to volume name, as mounts.member_volumes gives it.
        declared: The C(volumes) of the canonical stack.
        fixed: What of the launch Docker cannot change; empty if a record tells it.
    """
    marks = _Marks(create_index, revision, config_hash, managed, fixed)
    container = service["container"]
    body = config_options(container)
    body["Image"] = service["image"]
    body["Labels"] = {**container.get("labels", {}), **_labels(member, marks)}
    if _hostname(service, member):
        body["Hostname"] = _hostname(service, member)
    body["HostConfig"] = {
        **host_options(container),
        **_dns(service, member.stack),
        "Binds": _binds(container, volumes=volumes, declared=declared, index=member.index),
        "RestartPolicy": restart_policy(service),
        "NetworkMode": network if service["network"] == MANAGED else service["network"],
    }
    if service["network"] == MANAGED:
        endpoint = endpoint_config(service, member=member, address=address)
        body["NetworkingConfig"] = {"EndpointsConfig": {network: endpoint}}
    return body


def endpoint_config(service: Json, *, member: MemberId, address: str | None) -> Json:
    """How a member's container is attached to the managed network: address, aliases, links."""
    return endpoint_body(
        address=address,
        aliases=[] if member.is_hook else member_aliases(member, service),
        links=endpoint_links(service["links"]),
        mac_address=service["container"].get("mac_address"),
    )


def container_hostname(name: str) -> str:
    """A host name from a container's name: at most 63 characters, with the index."""
    if len(name) <= MAX_DNS_LABEL:
        return name
    head, dash, index = name.rpartition("-")
    return head[: MAX_DNS_LABEL - len(dash + index)].rstrip("-") + dash + index


def _hostname(service: Json, member: MemberId) -> str:
    if service["hostname_override"]:
        return container_hostname(member.home.container)
    return str(service["container"].get("hostname", ""))


def _labels(member: MemberId, marks: _Marks) -> dict[str, str]:
    """Our labels, and Rancher's. What reads Rancher's would take a hook for a member, so it has none of them."""
    return {
        **({LABEL_SLOT: str(member.slot)} if member.slot else {}),
        LABEL_MANAGED: marks.managed,
        LABEL_STACK: member.stack,
        LABEL_SERVICE: member.service,
        LABEL_INDEX: str(member.index),
        LABEL_CREATE_INDEX: str(marks.create_index),
        LABEL_REVISION: str(marks.revision),
        LABEL_CONFIG_HASH: marks.config_hash,
        **({LABEL_FIXED: marks.fixed} if marks.fixed else {}),
        **({LABEL_HOOK: PRE_DEPLOY} if member.is_hook else _rancher_labels(member)),
    }


def _rancher_labels(member: MemberId) -> dict[str, str]:
    return {
        RANCHER_STACK: member.stack,
        RANCHER_STACK_SERVICE: f"{member.stack}/{member.service}",
        RANCHER_CONTAINER: member.home.container,
    }


def _dns(service: Json, stack: str) -> Json:
    """DNS options. Short names resolve in the own stack; with C(ndots:1) names with a dot are not tried there first."""
    container = service["container"]
    search = list(container.get("dns_search", []))
    options = list(container.get("dns_opt", []))
    if service["network"] == MANAGED:
        search = search_domains(stack) + search
        if not any(option.startswith("ndots:") for option in options):
            options = ["ndots:1", *options]
    found = {"DnsSearch": search, "DnsOptions": options}
    return {field: value for field, value in found.items() if value}


def _binds(container: Json, *, volumes: dict[str, str], declared: Json, index: int) -> list[str]:
    """Mounts in the order of the file, then further volumes of the image or the record."""
    binds = []
    listed = set()
    for mount in container.get("mounts", []):
        path = normal_path(mount["target"])
        source = mount["source"]
        if mount["kind"] != "bind":
            source = volumes.get(path) or named_volume(source, declared=declared, index=index)
        listed.add(path)
        binds.append(
            ":".join(
                [
                    source,
                    mount["target"],
                    *([",".join(mount["options"])] if mount["options"] else []),
                ]
            )
        )
    binds.extend(f"{name}:{path}" for path, name in sorted(volumes.items()) if path not in listed)
    return binds
