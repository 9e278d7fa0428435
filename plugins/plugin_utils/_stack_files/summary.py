# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stack will be, a line for each service: how many of which image, what is published, checked and kept.

Private to the collection; pure. The lines are comments of YAML, as they stand above the canonical stack.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.cause_texts import plural

Json = dict[str, t.Any]

_NAMES = {"external": "a name for hosts elsewhere", "alias": "a name for other services"}
_OURS = "@state_dir/"
"""Mounts of load balancers, which hold no data."""


def summary(definition: Json) -> list[str]:
    """Return the lines."""
    services = definition["services"]
    width = max(map(len, services), default=0)
    lines = [f"# stack {definition['stack']}: {plural(len(services), 'service')}"]
    for name, service in services.items():
        lines.append(f"#   {name:<{width}}  {'; '.join(_parts(service))}")
    return lines


def _parts(service: Json) -> t.Iterator[str]:
    if service["kind"] != "container":
        yield _NAMES[service["kind"]]
        return
    yield f"{_number(service)} {service['image']}"
    if service["balancer"]:
        yield f"balances {_listed(_targets(service['balancer']))}"
    container = service["container"]
    if ports := [_port(item) for item in container.get("ports", [])]:
        yield f"publishes {_listed(ports)}"
    if check := service["health_check"]:
        acted = ", shown only" if check["strategy"] == "none" else ""
        yield f"checked on port {check['port']}{acted}"
    if order := service.get("upgrade_strategy", {}).get("order"):
        yield f"upgraded {order}"
    if data := [_mount(item) for item in container.get("mounts", []) if _is_data(item)]:
        yield f"data in {_listed(data)}"


def _number(service: Json) -> str:
    if service["global"]:
        return "on each host that fits:"
    return "once:" if service["start_once"] else f"{service['scale']} x"


def _targets(balancer: Json) -> list[str]:
    """Return what a load balancer's rules name."""
    found = [str(rule["service"] or rule["selector"] or "") for rule in balancer["rules"]]
    return sorted({name for name in found if name})


def _port(port: Json) -> str:
    public = port["public"] or "any port"
    place = f"{port['ip']}:{public}" if port["ip"] else str(public)
    return f"{place}/udp" if port["protocol"] == "udp" else place


def _is_data(mount: Json) -> bool:
    """Whether a container may keep something there. A socket of the host, or what is mounted read-only, is no place."""
    source = str(mount.get("source") or "")
    written = "ro" not in mount.get("options", []) and not source.endswith(".sock")
    return mount["kind"] != "tmpfs" and written and not source.startswith(_OURS)


def _mount(mount: Json) -> str:
    """Return where data lies: a named volume, a folder of the host, or a volume that has no name."""
    source = mount.get("source")
    if mount["kind"] == "bind":
        return f"{source} of the host"
    return f"volume {source}" if source else f"a volume at {mount['target']}"


def _listed(parts: t.Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(parts)) or "nothing"
