# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container of a load balancer: HAProxy with minimal privileges. Private to the collection."""

from __future__ import annotations

import typing as t

from ..._common.constants import (
    CONFIG_IN_CONTAINER,
    HAPROXY_COMMAND,
    HAPROXY_USER,
    MEMBER_MARK,
    RUN_IN_CONTAINER,
    STATE_DIR_MARK,
)
from ..._model.problems import Place
from .. import ports as published
from ..values import is_empty

# Keys that the load balancer itself reads; they are not container options.
READ_KEYS = ("ports", "expose", "links", "external_links")
# Keys from Rancher's exports that mean nothing to HAProxy.
DROPPED = ("tty", "stdin_open")
REPLACED = (
    "cap_add",
    "cap_drop",
    "command",
    "entrypoint",
    "privileged",
    "read_only",
    "security_opt",
    "stop_signal",
    "user",
    "working_dir",
)
DIRECTORIES = {
    "certificate_dir": "io.rancher.lb_service.cert_dir",
    "default_certificate_dir": "io.rancher.lb_service.default_cert_dir",
}
# Rancher's injected one.
HEALTH_CHECK = {
    "port": 42,
    "interval": 2000,
    "healthy_threshold": 2,
    "unhealthy_threshold": 3,
    "response_timeout": 2000,
    "initializing_timeout": 60000,
    "reinitializing_timeout": 60000,
}

Json = t.Dict[str, t.Any]


def own_options() -> Json:
    """The options of every load balancer; on SIGUSR1, HAProxy finishes open requests before it exits."""
    return {
        "entrypoint": ["haproxy"],
        "command": list(HAPROXY_COMMAND[1:]),
        "user": HAPROXY_USER,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "stop_signal": "SIGUSR1",
        "mounts": [
            _bind("config", CONFIG_IN_CONTAINER, ["ro"]),
            _bind("run", RUN_IN_CONTAINER, []),
        ],
    }


def _bind(folder: str, target: str, options: list[str]) -> Json:
    source = f"{STATE_DIR_MARK}/balancers/{MEMBER_MARK}/{folder}"
    return {"kind": "bind", "source": source, "target": target, "options": options}


def balancer_container(container: t.Mapping[str, t.Any], ports: list[Json], place: Place) -> Json:
    """The options of a load balancer's container: ours, and those of the file that do not conflict."""
    own = own_options()
    for key in REPLACED:
        if key in container and container[key] != own.get(key):
            place.at(key).warn(
                "has no effect on a load balancer, which runs with as little as it can"
            )
    found = {key: item for key, item in container.items() if key not in (*REPLACED, *DROPPED)}
    mounts = list(found.get("mounts", []))
    taken = [mount["target"] for mount in mounts] + list(found.get("tmpfs", {}))
    for path in taken:
        if path.startswith((CONFIG_IN_CONTAINER, RUN_IN_CONTAINER)):
            place.at("volumes").problem(f"{path} is the load balancer's own; choose another path")
    found.update({**own, "mounts": own["mounts"] + mounts})
    found["ports"] = ports
    return {key: found[key] for key in sorted(found) if found[key] not in ([], {})}


def check_directories(
    balancer: t.Mapping[str, t.Any], container: t.Mapping[str, t.Any], place: Place
) -> None:
    """Note a certificate directory that is not in any volume of the container."""
    mounted = [mount["target"] for mount in container["mounts"]]
    for key, label in DIRECTORIES.items():
        path = balancer[key]
        if path and not any(f"{path}/".startswith(f"{target}/") for target in mounted):
            place.at(label).problem(f"no volume is mounted at {path}; mount the one that has it")


def legacy_ports(entries: t.Iterable[tuple[Json, Place]], place: Place) -> list[Json]:
    """The published ports: the source port of each C(source:target); C(expose) publishes nothing."""
    found: list[Json] = []
    for entry, _here in entries:
        if entry["published"]:
            port = _port(entry["ip"], entry["source_port"], entry["source_port"])
            found += [port] if port not in found else []
    published.check_twice(found, place.at("ports"))
    return found


def balancer_ports(
    keys: t.Mapping[str, t.Any], known: t.Collection[int], others: bool, place: Place
) -> list[Json]:
    """Published ports; a single number is published as itself, as in Rancher's load balancers.

    Args:
        keys: all keys of the service.
        known: the source ports of the rules.
        others: whether a custom config has listeners of its own.
        place: the place of the service.
    """
    if is_empty(keys.get("ports")):
        return []
    here = place.at("ports")
    written = published.ports(keys["ports"], here)
    found: list[Json] = []
    for port in written:
        if port["protocol"] != "tcp":
            here.problem(f"{port['private']}/{port['protocol']}: HAProxy balances TCP only")
        elif port["private"] not in known and not others:
            here.problem(no_rule(port, known))
        public = port["private"] if port["public"] is None else port["public"]
        found += [] if {**port, "public": public} in found else [{**port, "public": public}]
    if found != written:
        published.check_twice(found, here)
    return found


def no_rule(port: Json, known: t.Collection[int]) -> str:
    """The message for a port without a listener."""
    inside, outside = port["private"], port["public"]
    hint = f"; write {outside}:{outside}" if outside in known else ""
    return f"no rule has the source_port {inside}, to which {outside or 'a port'} leads{hint}"


def _port(ip: str, public: int, private: int) -> Json:
    return {"ip": ip, "public": public, "private": private, "protocol": "tcp"}
