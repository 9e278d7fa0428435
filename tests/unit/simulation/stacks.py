# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stacks of the simulated world: few, and each with features that decisions depend on."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._common.names import stack_volume_name

from .fabric import Image

Json = dict[str, Any]

FIRST_IMAGES = [
    Image("web:1", volumes=("/cache",)),
    Image("db:1", volumes=("/var/lib/db", "/var/log/")),
    Image("app:1"),
    Image("job:1", ends=True, volumes=("/out",)),
]
UPGRADES = {3: "2", 4: "bad"}
"""Variant of a definition -> tag of the image of its first service; the program of a bad one fails at once."""

LIMITS = {5: 64 << 20, 6: 32 << 20}
"""Variant of a definition -> limit of memory of its first service, in bytes: it is changed in place."""

POLICIES: dict[str, Json] = {
    "": {},
    "stop-first": {"order": "stop-first"},
    "pairs": {"batch_size": 2, "interval_ms": 0},
    "pause": {"failure_action": "pause"},
    "continue": {"failure_action": "continue", "deadline_ms": 30_000},
    "confirms itself": {"confirm_after_ms": 60_000},
}
"""How an upgrade may proceed, by the name of the policy."""


def images() -> list[Image]:
    """All images, as their makers have them."""
    first = [dataclasses.replace(item) for item in FIRST_IMAGES]
    return [*first, *(_tagged(item, tag) for tag in UPGRADES.values() for item in first)]


def _tagged(item: Image, tag: str) -> Image:
    reference = f"{item.reference.partition(':')[0]}:{tag}"
    return dataclasses.replace(item, reference=reference, fails=tag == "bad")


IMAGES = images()
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


def _roll() -> tuple[Json, Json]:
    """Its members are upgraded in both orders."""
    own = {"mounts": [mount("volume", "own", "/own")]}
    services = {"front": service("app:1", 3), "back": service("app:1", 2, container=own)}
    return services, {"own": volume("roll", "own", per_container=True)}


def _moved() -> tuple[Json, Json]:
    """Its data are migrated before members are touched, in both orders."""
    hook = {"command": ["migrate"], "timeout_ms": 600_000}
    own = {"mounts": [mount("volume", "own", "/own")]}
    front = service("app:1", 3, pre_deploy=hook)
    back = service("app:1", 2, pre_deploy=hook, container=own)
    return {"front": front, "back": back}, {"own": volume("moved", "own", per_container=True)}


_MAKERS = {
    "shop": _shop,
    "edge": _edge,
    "fleet": _fleet,
    "jobs": _jobs,
    "a": _a,
    "a-b": _a_b,
    "roll": _roll,
    "moved": _moved,
}
STACKS = list(_MAKERS)


def definition(stack: str, variant: int) -> Json:
    """The canonical stack: 0 as first written, 1 with one service changed and one new, 2 with one taken away.

    3 and 4 have another image for one service; that of 4 does not work. 5 and 6 limit its memory.
    """
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
    elif variant in UPGRADES:
        base = services[first]["image"].partition(":")[0]
        services[first]["image"] = f"{base}:{UPGRADES[variant]}"
    elif variant in LIMITS:
        changed = services[first]
        changed["container"] = {**changed["container"], "mem_limit": LIMITS[variant]}
    return {"format": 1, "stack": stack, "services": services, "volumes": volumes}
