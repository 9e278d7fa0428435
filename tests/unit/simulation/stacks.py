# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stacks of the simulated world: few, and each with features that decisions depend on."""

from __future__ import annotations

from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._common.names import stack_volume_name

from .fabric import Image

Json = dict[str, Any]

IMAGES = [
    Image("web:1", volumes=("/cache",)),
    Image("db:1", volumes=("/var/lib/db", "/var/log/")),
    Image("app:1"),
    Image("job:1", ends=True, volumes=("/out",)),
]
HOST_LABELS = [
    {"ssd": "true", "zone": "a"},
    {"zone": "b"},
    {"ssd": "true", "zone": "b"},
    {"zone": "a"},
]


def service(image: str, scale: int = 1, **fields: Any) -> Json:
    """A canonical service; host rules are given as host_label=[...] and so on."""
    rules = ("host_label", "host_label_ne", "host_label_soft", "host_label_soft_ne")
    placement = {rule: fields.pop(rule, []) for rule in rules}
    return {
        "image": image,
        "scale": scale,
        "global": False,
        "start_once": False,
        "start_on_create": True,
        "pull": "missing",
        "network": "managed",
        "retain_ip": False,
        "hostname_override": False,
        "links": [],
        "depends_on": [],
        "placement": placement,
        "metadata": {},
        "container": {},
        **fields,
    }


def volume(stack: str, key: str, *, per_container: bool = False) -> Json:
    name = stack_volume_name(stack, key)
    return {
        "driver": "local",
        "driver_opts": {},
        "external": False,
        "name": name,
        "per_container": per_container,
    }


def mount(kind: str, source: str | None, target: str) -> Json:
    return {"kind": kind, "source": source, "target": target, "options": []}


def port(public: int | None) -> Json:
    return {"ip": "", "public": public, "private": 80, "protocol": "tcp"}


def _shop() -> tuple[Json, Json]:
    link = {"stack": "shop", "service": "db", "alias": "mysql"}
    return {"web": service("web:1", 2, links=[link], depends_on=["db"]), "db": service("db:1")}, {}


def _edge() -> tuple[Json, Json]:
    own = [mount("volume", "own", "/own"), mount("anonymous", None, "/anon")]
    proxy = service("app:1", 2, container={"ports": [port(80)], "mounts": own})
    store = service("app:1", 2, container={"mounts": [mount("volume", "data", "/data")]})
    volumes = {"data": volume("edge", "data"), "own": volume("edge", "own", per_container=True)}
    return {"proxy": proxy, "store": store}, volumes


def _fleet() -> tuple[Json, Json]:
    fast = [["ssd", "true"]]
    agent = service("app:1", container={"ports": [port(9100)]})
    return {
        "agent": {**agent, "global": True},
        "fast": {**service("db:1", host_label=fast), "global": True},
        "slow": service("app:1", 2, host_label_ne=fast, host_label_soft=[["zone", "b"]]),
    }, {}


def _jobs() -> tuple[Json, Json]:
    plain = {"mounts": [mount("volume", "plain-volume", "/plain")]}
    return {
        "once": service("job:1", start_once=True),
        "late": service("web:1", 2, start_on_create=False),
        "host": service("app:1", network="host", container=plain),
        "fresh": service("app:1", pull="always"),
    }, {}


def _a() -> tuple[Json, Json]:
    return {"b-c": service("app:1")}, {}


def _a_b() -> tuple[Json, Json]:
    """Its container and that of stack a would have the same name."""
    return {"c": service("web:1")}, {}


_MAKERS = {"shop": _shop, "edge": _edge, "fleet": _fleet, "jobs": _jobs, "a": _a, "a-b": _a_b}
STACKS = list(_MAKERS)


def definition(stack: str, variant: int) -> Json:
    """The canonical stack: 0 as first written, 1 with one service changed and one new, 2 with one taken away."""
    services, volumes = _MAKERS[stack]()
    first = next(iter(services))
    if variant == 1:
        changed = services[first]
        changed["container"] = {**changed["container"], "environment": {"MODE": "new"}}
        services["extra"] = service("web:1", 1)
    elif variant == 2 and len(services) > 1:
        gone = list(services)[-1]
        del services[gone]
        for left in services.values():
            left["links"] = [link for link in left["links"] if link["service"] != gone]
            left["depends_on"] = [name for name in left["depends_on"] if name != gone]
    return {"format": 1, "stack": stack, "services": services, "volumes": volumes}
