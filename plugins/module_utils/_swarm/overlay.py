# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The overlay network: its wanted form, differences of an existing one, and collisions of its subnet.

Private to the collection. Everything here is pure.
"""

from __future__ import annotations

import ipaddress
import typing as t

from .._common.addresses import engine_range
from .._common.constants import LABEL_NETWORK
from .._engine.networks import MANAGED

Network = t.Dict[str, t.Any]

MTU_OPTION = "com.docker.network.driver.mtu"
ENCRYPTED_OPTION = "encrypted"


def create_body(wanted: Network) -> dict[str, t.Any]:
    """The engine's request that creates the network."""
    options = {ENCRYPTED_OPTION: ""} if wanted["encrypted"] else {}
    if wanted["mtu"]:
        options[MTU_OPTION] = str(wanted["mtu"])
    pool = {"Subnet": wanted["subnet"], "IPRange": engine_range(wanted["subnet"])}
    return {
        "Name": wanted["name"],
        "CheckDuplicate": True,
        "Driver": "overlay",
        "Attachable": True,
        "IPAM": {"Driver": "default", "Config": [pool]},
        "Options": options,
        "Labels": {LABEL_NETWORK: MANAGED},
    }


def describe(wanted: Network) -> str:
    """The network in one line, for plans."""
    parts = [wanted["subnet"]]
    parts += ["encrypted"] if wanted["encrypted"] else []
    parts += [f"MTU {wanted['mtu']}"] if wanted["mtu"] else []
    return f"{wanted['name']} ({', '.join(parts)})"


def find(networks: t.Iterable[Network], name: str) -> Network | None:
    """The reported network of this name."""
    return next((item for item in networks if item["name"] == name), None)


def differences(wanted: Network, found: Network) -> list[str]:
    """The differences of an existing network; an engine cannot change them."""
    pairs = [
        ("driver", "overlay", found["driver"]),
        ("attachable", True, found["attachable"]),
        ("subnet", [wanted["subnet"]], found["subnets"]),
        ("ip_range", [engine_range(wanted["subnet"])], found["ip_ranges"]),
        ("encrypted", wanted["encrypted"], found["encrypted"]),
        ("mtu", wanted["mtu"], found["mtu"]),
        (f"label {LABEL_NETWORK}", True, found["ours"]),
    ]
    return [
        f"{what} is {_plain(has)}, not {_plain(want)}" for what, want, has in pairs if want != has
    ]


def difference_text(name: str, other: list[str]) -> str:
    """Why an existing network cannot be used, and what to do."""
    return (
        f"network {name} exists but {'; '.join(other)}. An existing network cannot be changed: "
        f"remove it (docker network rm {name}) or choose another drover_network_name"
    )


def _plain(value: t.Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "unset"
    return str(value).lower() if isinstance(value, bool) else str(value)


def clashes(subnet: str, report: dict[str, t.Any], *, own: str) -> list[str]:
    """Networks and routes of a host that overlap with a subnet, except the subnet's own network."""
    ours = ipaddress.ip_network(subnet)
    found = [
        f"network {item['name']} ({part})"
        for item in report["networks"]
        if item["name"] != own
        for part in item["subnets"]
        if _overlap(ours, part)
    ]
    routes = [item for item in report["routes"] if _overlap(ours, item["subnet"])]
    return found + [f"route {item['subnet']} on {item['interface']}" for item in routes]


def _overlap(ours: ipaddress.IPv4Network | ipaddress.IPv6Network, other: str) -> bool:
    theirs = ipaddress.ip_network(other, strict=False)
    return theirs.version == ours.version and ours.overlaps(theirs)
