# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's entries, made from the answers of the Docker hosts. Controller only; private to the collection."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import re
import typing as t

from ansible.constants import LOCALHOST
from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    LABEL_INDEX,
    LABEL_MANAGED,
    LABEL_SERVICE,
    LABEL_SLOT,
    LABEL_STACK,
    MANAGED_BY_MODULE,
    SYSTEM_STACK,
)
from ansible_collections.drover.docker.plugins.module_utils._common.labels import is_ours, number
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId

from .._run.hosts import GROUP
from .connection import SERVER, container_connection, host_connection
from .records import Records
from .source import TCP, DockerHost
from .ssh_servers import USUAL, SshServers, server_connection

Json = dict[str, t.Any]

CONTAINERS_GROUP = "drover_containers"
TCP_GROUP = "docker_hosts_by_tcp"
UNSEEN_GROUP = "docker_hosts_not_seen"
RESERVED = ("all", "ungrouped", *LOCALHOST)
"""Names with a meaning of Ansible's own."""
_SOUND_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclasses.dataclass
class Entry:
    """One host of the inventory.

    Attributes:
        groups: Names of groups, each with the name of its parent (empty: none); not yet made safe.
    """

    name: str
    variables: Json
    groups: list[tuple[str, str]]


def container_facts(
    hosts: t.Sequence[DockerHost], answers: t.Mapping[str, Json], *, now: float
) -> list[Json]:
    """Return the variables of all containers, ours and foreign, on the hosts that answered, sorted by name and host."""
    seen = {name: answer for name, answer in answers.items() if not answer["error"]}
    records = Records(seen)
    found = [
        _facts(host, item, seen[host.name], records, now)
        for host in hosts
        if host.name in seen
        for item in seen[host.name]["containers"]
    ]
    return sorted(found, key=lambda item: (_sort_key(item), item["drover_host"]))


def _sort_key(facts: Json) -> tuple[str, str, int, str]:
    return (
        facts["drover_stack"] or "~",
        facts["drover_service"] or "",
        facts["drover_index"] or 0,
        facts["drover_name"],
    )


def _facts(host: DockerHost, item: Json, answer: Json, records: Records, now: float) -> Json:
    place = _place(item["labels"])
    known = records.facts(host.name, item, place, now=now)
    facts = {
        **place,
        "kind": "container",
        "id": item["id"],
        "name": item["name"],
        "host": host.name,
        "member": records.is_member(host.name, item, place),
        "system": is_system(item, place),
        "image": item["image"],
        "image_id": item["image_id"],
        "state": item["state"],
        "status": item["status"],
        "created": _moment(item["created"]),
        "labels": item["labels"],
        "networks": item["networks"],
        "address": next((address for address in item["networks"].values() if address), ""),
        "ports": item["ports"],
        "volumes": item["volumes"],
        "seen_at": _moment(answer["taken_at"]),
        **known,
    }
    return {f"drover_{key}": value for key, value in facts.items()}


def _place(labels: Json) -> Json:
    """Return the stack, service and index from the labels of our container; empty values for a foreign container."""
    if not is_ours(labels):
        return dict.fromkeys(("managed", "stack", "service", "index", "slot"))
    return {
        "managed": labels[LABEL_MANAGED],
        "stack": labels[LABEL_STACK],
        "service": labels[LABEL_SERVICE],
        "index": number(labels[LABEL_INDEX]),
        "slot": number(labels.get(LABEL_SLOT)),
    }


def is_system(container: Json, place: Json) -> bool:
    """Whether it is a checker or a load balancer. Only a load balancer has the folders of load balancers."""
    if place["stack"] == SYSTEM_STACK:
        return True
    folder = f"/balancers/{MemberId.of(place).dotted}/"
    return bool(place["managed"]) and any(folder in source for source in container["binds"])


def _moment(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def variable_names() -> set[str]:
    """Return the names of the variables that every container has."""
    item = {
        "id": "",
        "name": "",
        "image": "",
        "image_id": "",
        "state": "",
        "status": "",
        "created": 0,
        "labels": {},
        "networks": {},
        "ports": [],
        "volumes": {},
        "binds": [],
    }
    answer = {
        "error": "",
        "unread": "",
        "taken_at": 0.0,
        "now": 0.0,
        "records": {},
        "containers": [item],
    }
    host = DockerHost(name="x", transport=TCP, address="x")
    return set(container_facts([host], {"x": answer}, now=0.0)[0])


def container_entries(
    facts: t.Sequence[Json],
    hosts: t.Sequence[DockerHost],
    *,
    connection: str,
    standard_groups: bool,
    taken: t.Collection[str] = (),
    servers: SshServers = USUAL,
) -> list[Entry]:
    """Return inventory hosts for the containers that are shown. C(taken): names of hosts and groups in use."""
    ways = {host.name: host for host in hosts}
    names = _names(facts, taken)
    entries = []
    for item, name in zip(facts, names, strict=True):
        host = ways[item["drover_host"]]
        if connection == SERVER:
            way = server_connection(servers, host, item["drover_ports"])
        else:
            way = container_connection(connection, host, item["drover_name"])
        groups = [(CONTAINERS_GROUP, "")]
        if standard_groups:
            groups += container_groups(item)
        entries.append(Entry(name, {**item, **way}, groups))
    return entries


def _names(facts: t.Sequence[Json], taken: t.Collection[str]) -> list[str]:
    """Return the inventory names. Only a member, as the record proves it, has its container's name.

    Anything else could take the name of another host, and with it the variables and the trust of that host. So it has
    its Docker host in its name, as has a member whose name is in use.
    """
    plain = [_plain_name(item) for item in facts]
    count = collections.Counter([*taken, *RESERVED])
    count.update(name for name, item in zip(plain, facts, strict=True) if item["drover_member"])
    found: list[str] = []
    for name, item in zip(plain, facts, strict=True):
        if item["drover_member"] and count[name] == 1:
            found.append(name)
            continue
        longer = f"{name}@{item['drover_host']}"
        found.append(
            f"{item['drover_id'][:12]}@{item['drover_host']}" if longer in taken else longer
        )
    return found


def _plain_name(item: Json) -> str:
    """Return the container's name, or its short id if Ansible could read the name as a pattern or a variable."""
    name = str(item["drover_name"])
    return name if _SOUND_NAME.fullmatch(name) else str(item["drover_id"])[:12]


def container_groups(item: Json) -> list[tuple[str, str]]:
    """Return groups by stack, service, host, state, verdict and revision.

    Two underscores separate stack and service, so that stack a-b with service c and stack a with service b-c have
    different groups.
    """
    groups = [
        (f"host_{item['drover_host']}", ""),
        (f"state_{item['drover_state']}", ""),
        (f"verdict_{item['drover_verdict']}", ""),
    ]
    stack = item["drover_stack"]
    if stack and (item["drover_member"] or item["drover_managed"] == MANAGED_BY_MODULE):
        groups += [
            (f"service_{stack}__{item['drover_service']}", f"stack_{stack}"),
            (f"revision_{stack}__{item['drover_revision']}", ""),
        ]
    return groups


def host_entries(hosts: t.Sequence[DockerHost], answers: t.Mapping[str, Json]) -> list[Entry]:
    """Return the Docker hosts themselves, including hosts that did not answer: a playbook must know all its hosts."""
    return [_host_entry(host, answers[host.name]) for host in hosts]


def _host_entry(host: DockerHost, answer: Json) -> Entry:
    variables = {
        "drover_kind": "docker_host",
        "drover_engine_url": host.url,
        "drover_seen": not answer["error"],
        "drover_seen_at": _moment(answer["taken_at"]),
        "drover_not_seen_why": answer["error"],
        "drover_engine": answer.get("engine") or {},
        **host_connection(host),
    }
    groups = [(TCP_GROUP if host.transport == TCP else GROUP, "")]
    if answer["error"]:
        groups.append((UNSEEN_GROUP, ""))
    return Entry(host.name, variables, groups)
