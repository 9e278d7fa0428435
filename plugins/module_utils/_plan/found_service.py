# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service as its containers show it, for a plan that makes none. Private to the collection; pure.

It has what the planner asks of containers that exist. It must not be used to make one: the rest is not known.
"""

from __future__ import annotations

import typing as t

from .._common.labels import number
from .._compose.service import canonical_service
from .._model.in_place import limits_set
from .._model.observation import Endpoint
from .._record.fold import split_service
from .world.world import Container

Json = t.Dict[str, t.Any]


def found_service(stack: str, name: str, members: t.Sequence[Container], facts: Json) -> Json:
    """A canonical stack of one service.

    Args:
        stack: Name of the stack.
        name: Name of the service.
        members: Its containers, at least one.
        facts: What the engine's C(inspect) says of the newest one.
    """
    newest = newest_of(members)
    service = canonical_service(
        name, {"image": newest["image"]}, stack=stack, file="", volumes=set(), warnings=[]
    )
    host_config = facts.get("HostConfig") or {}
    network = _network(host_config.get("NetworkMode") or "")
    policy = (host_config.get("RestartPolicy") or {}).get("Name") or ""
    shown = {"network": network, "start_once": policy == "no", "links": _links(newest)}
    grace_s = (facts.get("Config") or {}).get("StopTimeout")
    container = {} if grace_s is None else {"stop_grace_period_s": float(grace_s)}
    service = {**service, **shown, "container": container, "scale": len(members)}
    return {"format": 1, "stack": stack, "services": {name: service}, "volumes": {}}


def found_launch(container: Container, facts: Json) -> Json:
    """The launch of a container, with what the order of its replacement depends on: its ports, mounts and limits."""
    found = found_service(container["stack"], container["service"], [container], facts)
    service = found["services"][container["service"]]
    host_config = facts.get("HostConfig") or {}
    shown = {"ports": _ports(host_config), "mounts": _mounts(facts), **limits_set(host_config)}
    service = {**service, "container": {**service["container"], **shown}}
    launch, _in_place = split_service(service, {})
    return launch


def _ports(host_config: Json) -> list[Json]:
    """The ports that it publishes. Those that the engine chooses have no public one."""
    return [
        {
            "ip": place.get("HostIp") or "",
            "public": number(place.get("HostPort")) or None,
            "private": number(name.partition("/")[0]),
            "protocol": name.partition("/")[2] or "tcp",
        }
        for name, places in sorted((host_config.get("PortBindings") or {}).items())
        for place in places or []
    ]


def _mounts(facts: Json) -> list[Json]:
    return [
        {
            "kind": item["Type"],
            "source": item.get("Name") or item.get("Source") or "",
            "target": item["Destination"],
            "options": [] if item.get("RW", True) else ["ro"],
        }
        for item in facts.get("Mounts") or []
        if item.get("Type") in ("bind", "volume")
    ]


def newest_of(members: t.Sequence[Container]) -> Container:
    """The container that was made last."""
    return max(members, key=lambda item: item["create_index"])


def _network(mode: str) -> str:
    """The network of a canonical service, from the mode of the container: a name is that of a managed one."""
    if mode in ("host", "none"):
        return mode
    return "bridge" if mode in ("", "default", "bridge") else "managed"


def _links(container: Container) -> list[Json]:
    """The links of its connections, which name C(SERVICE.STACK:ALIAS)."""
    texts = {text for item in container["networks"].values() for text in _links_of(item)}
    found = []
    for text in sorted(texts):
        target, _colon, alias = text.partition(":")
        # The name of a stack has no dot, that of a service may.
        service, _dot, stack = target.rpartition(".")
        found.append({"stack": stack, "service": service, "alias": alias})
    return found


def _links_of(endpoint: Endpoint) -> list[str]:
    return endpoint["links"]
